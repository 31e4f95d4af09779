"""Where a Keycloak client gets its answers: addresses that may be relative, and hold stars, and which of them may be registered here."""

from collections.abc import Sequence

from hoistway.applications.addresses import MOST
from hoistway.imports.keycloak_realm import KeycloakClient
from hoistway.imports.naming import Unread
from hoistway.protocol.redirect_uri import NotRegistrable, check_registrable, origin_of
from hoistway.store.clients import Client

_SEPARATOR = "##"


def type_of(client: KeycloakClient, uris: Sequence[str]) -> str | None:
    """None where nobody signs in to it, and it signs in nowhere."""
    signs_in = client.standard_flow_enabled is not False and bool(uris)
    if client.service_accounts_enabled and not client.public_client and not signs_in:
        return "daemon"
    if not signs_in and not client.direct_access_grants_enabled:
        return None
    if not client.public_client:
        return "web"
    own = any(not uri.startswith(("https://", "http://")) or uri.startswith("http://") for uri in uris)
    return "desktop" if own or not uris else "single-page"


def _whole(uri: str, root: str) -> str:
    """Those that begin with a slash hang under the client's root."""
    return root.rstrip("/") + uri if uri.startswith("/") and root else uri


def _good(uris: Sequence[str], root: str, told: list[str], *, native: bool) -> tuple[str, ...]:
    good: dict[str, None] = {}
    for uri in dict.fromkeys(_whole(one, root) for one in uris):
        try:
            good[check_registrable(uri, native=native)] = None
        except NotRegistrable as error:
            told.append(f"the address {uri[:200]} is left out: {error.public}")
    if len(good) > MOST:
        raise Unread(f"has more than {MOST} addresses that may be registered: take some away at the old system")
    return tuple(good)


def addresses(client: KeycloakClient, kind: str, told: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of answers, and behind signing out. Those that may not be registered are told. Raises Unread."""
    if kind == "daemon":
        return (), ()
    root, native = client.root_url or "", kind in {"desktop", "mobile"}
    signs_in = client.standard_flow_enabled is not False
    uris = _good(client.redirect_uris or (), root, told, native=native) if signs_in else ()
    said = [one for one in client.attribute("post.logout.redirect.uris").split(_SEPARATOR) if one]
    outs = uris if said == ["+"] else _good([one for one in said if one not in {"+", "-"}], root, told, native=native)
    if signs_in and (client.redirect_uris or ()) and not uris and not client.direct_access_grants_enabled:
        raise Unread(f"none of its addresses may be registered here: {'; '.join(told)[:1000]}")
    return uris, outs


def leavings(said: KeycloakClient, client: Client) -> list[str]:
    """What of it stays behind, a sentence each."""
    told = []
    if said.implicit_flow_enabled:
        told.append(
            f"used the implicit flow: it needs code and PKCE, or `hoistway app allow {client.id} implicit` until a day"
        )
    if said.service_accounts_enabled and client.type != "daemon":
        told.append("had a service account besides: make an application of the type daemon for that")
    known = {origin_of(uri) for uri in client.redirect_uris}
    strange = [one for one in said.web_origins or () if one not in {"+", *known}]
    if strange:
        told.append(
            f"the origins {', '.join(strange)[:200]} are left out: pages of the addresses' own origins read answers here"
        )
    return told
