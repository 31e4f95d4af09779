"""Get a token: for the reader with one click, or for a program, as the exact request that it sends."""

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.chosen import chosen
from hoistway.portal.curl import token_request
from hoistway.portal.try_it import TokenPanel, token_panel, tools
from hoistway.portal.visit import Reader, Visit
from hoistway.store.clients import Client, LegacyException, clients_of_customer, operators_clients
from hoistway.store.service_accounts import ServiceAccount, service_accounts_of

LONGEST = 200
MOST = 200
PROGRAM, ACCOUNT = "program", "account"


class Choice(Struct, frozen=True):
    """What the reader can choose from. `proxies` are the applications that may use the password grant now."""

    programs: tuple[Client, ...] = ()
    accounts: tuple[ServiceAccount, ...] = ()
    proxies: tuple[tuple[Client, LegacyException], ...] = ()


class Sent(Struct, frozen=True):
    """One form as it was filled in, and the request that it describes."""

    client_id: str
    username: str
    scopes: tuple[str, ...]
    curl: str


async def _choice(engine: Engine, reader: Reader | None) -> Choice:
    if reader is None:
        return Choice()
    own = [one for one in await clients_of_customer(engine.db, reader.customer_id, MOST) if one.disabled_at is None]
    shared = [one for one in await operators_clients(engine.db, MOST) if one.disabled_at is None]
    return Choice(
        programs=tuple(one for one in own if "client_credentials" in one.grants),
        accounts=tuple(
            one for one in await service_accounts_of(engine.db, reader.customer_id, MOST) if one.disabled_at is None
        ),
        proxies=tuple(
            (one, exception)
            for one in (*own, *shared)
            if "password" in one.grants and (exception := one.allowed("password", engine.now())) is not None
        ),
    )


def _read(visit: Visit, flow: str, client_id: str, username: str, panel: TokenPanel, url: str) -> Sent:
    """From the query of this flow's form, otherwise with the reader's first application and account."""
    asked = chosen(visit.query, "flow", ("", PROGRAM, ACCOUNT), "") == flow
    names = [scope.name for scope in panel.scopes]
    scopes = tuple(name for name in names if not asked or visit.query.get(f"scope_{name}") == "yes")
    if asked:
        client_id = (visit.query.get("client_id") or "")[:LONGEST]
        username = (visit.query.get("username") or "")[:LONGEST]
    grant = "client_credentials" if flow == PROGRAM else "password"
    fields = [("grant_type", grant), ("client_id", client_id or "CLIENT_ID")]
    if flow == ACCOUNT:
        fields.append(("username", username or "USER_NAME"))
    if scopes:
        fields.append(("scope", " ".join(scopes)))
    secret = ("client_secret", "CLIENT_SECRET") if flow == PROGRAM else ("password", "PASSWORD")
    return Sent(client_id, username, scopes, token_request(url, fields, [secret]))


async def get_token(engine: Engine, visit: Visit) -> Response:
    """GET /portal/token. Its forms are sent back to it without secrets: their fields have no name, so what is typed
    there stays in the page."""
    panel, choice = await token_panel(engine, visit), await _choice(engine, visit.reader)
    url = f"{engine.settings.base_url}/oauth2/token"
    program = _read(visit, PROGRAM, choice.programs[0].id if choice.programs else "", "", panel, url)
    account = _read(
        visit,
        ACCOUNT,
        choice.proxies[0][0].id if choice.proxies else "",
        choice.accounts[0].username if choice.accounts else "",
        panel,
        url,
    )
    return engine.pages.portal(
        "portal/get_token.html",
        visit.frame,
        panel=panel,
        choice=choice,
        program=program,
        account=account,
        base_url=engine.settings.base_url,
        leaves=tools(visit.lang),
    )
