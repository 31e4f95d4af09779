"""What an application of an Azure AD B2C tenant becomes here: its type, its name, its addresses, and what stays behind."""

from typing import Final

from hoistway.applications.addresses import MOST as MOST_URIS
from hoistway.imports.carrying import Outcome
from hoistway.imports.graph_application import NATIVE_CLIENT, GraphApplication, NoApplication
from hoistway.imports.mapping import OneApplication
from hoistway.imports.programs import technical_account
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.redirect_uri import NotRegistrable, check_registrable
from hoistway.protocol.text import one_line, read_name
from hoistway.store.clients import Client
from hoistway.store.db import Reader

LONGEST_NAME: Final = 200


def name_of(app: GraphApplication) -> str:
    name, good = read_name(app.name, 1, LONGEST_NAME)
    if not good:
        raise NoApplication(f"its name must have 1 to {LONGEST_NAME} visible characters")
    return name


def words_of(text: str) -> str:
    words, good = read_name(text, 1, LONGEST_NAME)
    return words if good else one_line(text[: 4 * LONGEST_NAME])[:LONGEST_NAME].strip()


def type_of(app: GraphApplication) -> str | None:
    """What most of its addresses are for; a program of the password grant without any is one that stands somewhere by itself."""
    if app.web and (app.secrets or app.certificates or not app.spa):
        return "web"
    if app.spa:
        return "single-page"
    if app.native:
        return "desktop"
    return "desktop" if app.by_password else None


def addresses_of(app: GraphApplication, kind: str, told: list[str]) -> tuple[str, ...]:
    """Those that may be registered; the others are told."""
    native = kind in {"desktop", "mobile"}
    good: dict[str, None] = {}
    for uri in dict.fromkeys((*app.web, *app.spa, *app.native)) if kind != "daemon" else ():
        try:
            if uri.startswith(NATIVE_CLIENT):
                told.append(
                    f"the address {uri} is Microsoft's, and nothing is sent there: register one of the program's own"
                )
                continue
            good[check_registrable(uri, native=native)] = None
        except NotRegistrable as error:
            told.append(f"the address {uri[:200]} is left out: {error.public}")
    if len(good) > MOST_URIS:
        raise NoApplication(
            f"has more than {MOST_URIS} addresses that may be registered: take some away at the old system"
        )
    return tuple(good)


async def account_for(db: Reader, one: OneApplication, kind: str, outcome: Outcome) -> ServiceAccountId | None:
    """One that is here, or comes in this batch. Raises NoProgram."""
    if kind != "daemon":
        return None
    account_id, _ = await technical_account(db, one, outcome)
    return account_id


def tell_rest(app: GraphApplication, client: Client, told: list[str]) -> None:
    """What of it stays behind."""
    told += [
        f"the secret {hint}… (until {ends[:10]}) can't be exported: make one with `hoistway app secret add {client.id}`"
        for hint, ends in app.secrets
    ]
    if app.certificates:
        told.append(
            "proves itself by a certificate, which is not offered here (private_key_jwt): make a secret, and set it in the program"
        )
    if app.implicit:
        told.append(
            f"used the implicit flow: it needs code and PKCE, or `hoistway app allow {client.id} implicit` until a day"
        )
    if len([one for one in (app.web, app.spa, app.native) if one]) > 1:
        told.append(f"had addresses of several kinds: it is of the type {client.type} here (applications.each, type)")
