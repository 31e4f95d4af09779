"""The values of the documentation's placeholders: this installation's, and the reader's own."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from markupsafe import Markup, escape
from msgspec import Struct

from hoistway.api.guard import CUSTOMER_API
from hoistway.engine import Engine
from hoistway.portal.visit import Reader
from hoistway.store.clients import Client, clients_of_customer, operators_clients
from hoistway.store.seen import Reach
from hoistway.store.service_accounts import service_accounts_of
from hoistway.store.tenants import policies_of, tenant_names
from hoistway.store.unit_access import seen_units
from hoistway.web.segments import segment

PLACEHOLDER: Final = re.compile(r"\{\{(\w+)\}\}")
BLANKS: Final[Mapping[str, str]] = {
    "client_id": "YOUR_CLIENT_ID",
    "public_client_id": "YOUR_CLIENT_ID",
    "daemon_client_id": "YOUR_CLIENT_ID",
    "redirect_uri": "https://app.example.com/callback",
    "username": "YOUR_TECHNICAL_ACCOUNT",
    "user_id": "YOUR_USER_ID",
    "unit_id": "US-1377515",
    "customer_id": "YOUR_CUSTOMER_ID",
    "scope": "YOUR_API_SCOPE",
    "b2c_token_endpoint": "https://id.example.com/TENANT/POLICY/oauth2/v2.0/token",
}
"""What stands where nothing is known; the reader replaces it."""

# Values are pasted into shells and programs. One that could end a string there is not used; a blank to fill in is shown
# instead.
_HARMLESS: Final = re.compile(r"(?:[A-Za-z0-9._~:/@+-]|%2F){1,200}")


class Value(Struct, frozen=True):
    """`kind` says whose value it is: this installation's, the reader's own, or nobody's yet."""

    text: str
    kind: Literal["server", "own", "blank"]


Values = Mapping[str, Value]


def fill(html: str, values: Values) -> Markup:
    """Markup with every placeholder replaced by its value, which is highlighted."""

    def value(found: re.Match[str]) -> str:
        known = values[found[1]]
        return f'<mark class="{known.kind}">{escape(known.text)}</mark>'

    return Markup(PLACEHOLDER.sub(value, html))  # noqa: S704  made of our own guides; values are escaped


def fill_text(text: str, values: Values) -> str:
    """The same for Markdown and programs."""
    return PLACEHOLDER.sub(lambda found: values[found[1]].text, text)


def _first(clients: Iterable[Client], grant: str, *, now: int) -> Client | None:
    legacy = grant == "password"
    for client in clients:
        living = client.disabled_at is None and grant in client.grants
        if living and (not legacy or client.allowed("password", now) is not None):
            return client
    return None


class _Found:
    """Collects values; for each name the first harmless one is kept."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {name: Value(text, "blank") for name, text in BLANKS.items()}

    def add(self, name: str, text: str | None, kind: Literal["server", "own"]) -> None:
        if text is not None and self.values[name].kind == "blank" and _HARMLESS.fullmatch(text):
            self.values[name] = Value(text, kind)

    def add_clients(self, clients: list[Client], kind: Literal["server", "own"], now: int) -> None:
        for name, grant in (("client_id", "password"), ("daemon_client_id", "client_credentials")):
            client = _first(clients, grant, now=now)
            self.add(name, None if client is None else client.id, kind)
        public = _first([c for c in clients if not c.is_confidential_type], "authorization_code", now=now)
        if public is not None and kind == "own":
            self.add("public_client_id", public.id, kind)
            self.add("redirect_uri", next(iter(public.redirect_uris), None), kind)


async def _b2c_token_endpoint(engine: Engine) -> str | None:
    """That of the first tenant that has a policy for the password grant, with one of its names rather than its GUID."""
    for name in sorted(await tenant_names(engine.db), key=lambda name: ("." not in name, name)):
        tenant = await engine.directory.tenant(name, engine.now())
        policies = [] if tenant is None else await policies_of(engine.db, tenant.id)
        policy = next((policy.name for policy in policies if policy.kind == "ropc"), None)
        if policy is not None:
            return f"{engine.settings.base_url}/{name}/{policy}/oauth2/v2.0/token"
    return None


async def _seen_unit_id(engine: Engine, reader: Reader) -> str | None:
    """The id of a unit that this person may see, because some see only part of their customer's units."""
    subject = await engine.directory.subject("user", reader.user.id, reader.customer_id, engine.now(), "production")
    if subject is None:
        return None
    reach = Reach(subject.customer_id, reader.user.id if subject.limited else None)
    return next((unit.id for unit in await seen_units(engine.db, reach, after="", most=1)), None)


async def values_for(engine: Engine, reader: Reader | None) -> dict[str, Value]:
    """Every placeholder that a page of the documentation may use."""
    base, found, now = engine.settings.base_url, _Found(), engine.now()
    if reader is not None:
        found.add_clients(await clients_of_customer(engine.db, reader.customer_id), "own", now)
        accounts = await service_accounts_of(engine.db, reader.customer_id)
        living = [account.username for account in accounts if account.disabled_at is None]
        found.add("username", next(iter(living), None), "own")
        found.add("user_id", reader.user.id, "own")
        found.add("customer_id", reader.customer_id, "own")
        unit_id = await _seen_unit_id(engine, reader)
        # It occurs in addresses only.
        found.add("unit_id", None if unit_id is None else segment(unit_id), "own")
    found.add_clients(await operators_clients(engine.db), "server", now)
    found.add("b2c_token_endpoint", await _b2c_token_endpoint(engine), "server")
    api = (await engine.directory.apis(now)).by_id.get(CUSTOMER_API)
    found.add("scope", None if api is None else api.uri, "server")
    own = {"base_url": base, "token_endpoint": f"{base}/oauth2/token", "authorize_endpoint": f"{base}/oauth2/authorize"}
    return {**found.values, **{name: Value(text, "server") for name, text in own.items()}}
