"""hoistway app and hoistway api."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.authn.client_secret import MOST_SECRETS, living_secrets, new_secret
from hoistway.commands.context import AsJson, fail, note, show, show_one, with_database
from hoistway.commands.things import add_reading, add_switching, visible
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ServiceAccountId
from hoistway.protocol.redirect_uri import check_registrable, origin_of
from hoistway.store.apis import Api, ApiScope, add_api, find_api, list_apis, set_api_disabled
from hoistway.store.client_secrets import add_secret, remove_secret, secrets_of
from hoistway.store.clients import (
    Client,
    LegacyException,
    add_client,
    find_client,
    list_clients,
    put_client,
    set_client_disabled,
)
from hoistway.store.db import Database, Reader

APP = typer.Typer(help="Applications (OAuth clients).", no_args_is_help=True)
SECRET = typer.Typer(help="Secrets of applications: at most two live at once.", no_args_is_help=True)
API = typer.Typer(help="APIs (resource servers).", no_args_is_help=True)
APP.add_typer(SECRET, name="secret")
add_reading(APP, "application", ("id", "name", "type", "grants", "disabled_at"), find_client, list_clients)
add_switching(APP, "application", set_client_disabled)
TYPES = ("web", "desktop", "mobile", "single-page", "daemon")


async def _page(db: Reader, _after: str, _most: int) -> list[Api]:
    return await list_apis(db)


add_reading(API, "API", ("id", "name", "audience", "uri", "disabled_at"), find_api, _page)
add_switching(API, "API", set_api_disabled)


def _origins(client: Client) -> frozenset[str]:
    return frozenset(origin for uri in client.redirect_uris if (origin := origin_of(uri)) is not None)


@APP.command("add", help="Add an application; a secret, if it has one, is shown once.")
def add(
    name: Annotated[str, typer.Option()],
    kind: Annotated[str, typer.Option("--type", help=", ".join(TYPES))],
    redirect_uri: Annotated[list[str] | None, typer.Option()] = None,
    post_logout_uri: Annotated[list[str] | None, typer.Option()] = None,
    scope: Annotated[list[str] | None, typer.Option(help="Scopes it may ask for.")] = None,
    grant: Annotated[list[str] | None, typer.Option(help="Grants it may use; by default those of its type.")] = None,
    customer: str | None = None,
    service_account: Annotated[str | None, typer.Option(help="Technical account of a daemon.")] = None,
    first_party: Annotated[bool, typer.Option(help="The operator's own: people are not asked for consent.")] = False,
    client_id: Annotated[str | None, typer.Option(help="Keep the id of an older system.")] = None,
    as_json: AsJson = False,
) -> None:
    if kind not in TYPES:
        fail(f"--type must be one of {', '.join(TYPES)}", 2)
    native = kind in {"desktop", "mobile"}
    try:
        uris = tuple(check_registrable(uri, native=native) for uri in redirect_uri or ())
        outs = tuple(check_registrable(uri, native=native) for uri in post_logout_uri or ())
    except InvalidRequest as error:
        fail(error.public, 2)
    default = ["client_credentials"] if kind == "daemon" else ["authorization_code", "refresh_token"]
    client = Client(
        ClientId(client_id or str(uuid.uuid4())), name, kind, uris, outs, tuple(grant or default),
        () if kind == "daemon" else ("code",), tuple(scope or ()), (), "implied" if first_party else "asked",
        customer_id=CustomerId(customer) if customer else None,
        service_account_id=ServiceAccountId(service_account) if service_account else None, created_at=clock.now(),
    )  # fmt: skip
    secret, value = new_secret(client.id, clock.now())

    async def work(db: Database) -> None:
        async with db.write() as tx:
            await add_client(tx, client, _origins(client))
            if client.is_confidential_type:
                await add_secret(tx, secret)
            await note(tx, "application.added", id=client.id, name=name)

    with_database(work)
    show_one(visible(client) | ({"client_secret": value} if client.is_confidential_type else {}), as_json)


@APP.command("allow", help="Allow an application a legacy flow by name, with a reason and an end date.")
def allow(
    client_id: str,
    kind: Annotated[str, typer.Argument(help="implicit, password or no_pkce")],
    reason: Annotated[str, typer.Option()],
    ends: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])],
    as_json: AsJson = False,
) -> None:
    if kind not in {"implicit", "password", "no_pkce"}:
        fail("the flow must be implicit, password or no_pkce", 2)
    until, now = int(ends.replace(tzinfo=UTC).timestamp()), clock.now()
    if until <= now:
        fail("--ends must lie in the future", 2)

    async def work(db: Database) -> Client | None:
        client = await find_client(db, ClientId(client_id))
        if client is None:
            return None
        entry = LegacyException(kind, reason, until, "cli", now)  # type: ignore[arg-type]
        changed = replace(
            client, exceptions=(*(e for e in client.exceptions if e.kind != kind), entry), **_flow_of(client, kind)
        )
        async with db.write() as tx:
            await put_client(tx, changed, _origins(changed))
            await note(tx, "application.exception_granted", id=client_id, kind=kind, reason=reason, ends_at=until)
        return changed

    client = with_database(work)
    if client is None:
        fail(f"there is no application {client_id}")
    show_one(visible(client), as_json)


def _flow_of(client: Client, kind: str) -> dict[str, Any]:
    if kind == "password":
        return {"grants": tuple(dict.fromkeys((*client.grants, "password")))}
    if kind == "implicit":
        return {"response_types": tuple(dict.fromkeys((*client.response_types, "token", "id_token", "id_token token")))}
    return {}


@SECRET.command("add", help="Add a second secret beside the first; it is shown once.")
def secret_add(client_id: str, as_json: AsJson = False) -> None:
    secret, value = new_secret(ClientId(client_id), clock.now())

    async def work(db: Database) -> bool:
        now = clock.now()
        if len(living_secrets(await secrets_of(db, secret.client_id), now)) >= MOST_SECRETS:
            return False
        async with db.write() as tx:
            await add_secret(tx, secret)
            await note(tx, "secret.added", client=client_id, secret=secret.id)
        return True

    if not with_database(work):
        fail("the application has two secrets: remove one first")
    show_one({"id": secret.id, "client_secret": value}, as_json)


@SECRET.command("list", help="List the secrets by id and first characters.")
def secret_list(client_id: str, as_json: AsJson = False) -> None:
    rows = with_database(lambda db: secrets_of(db, ClientId(client_id)))
    names = ("id", "prefix", "created_at", "expires_at", "last_used_at")
    show([{name: getattr(row, name) for name in names} for row in rows], as_json, names)


@SECRET.command("remove", help="Remove a secret.")
def secret_remove(client_id: str, secret_id: str, as_json: AsJson = False) -> None:
    async def work(db: Database) -> bool:
        async with db.write() as tx:
            await note(tx, "secret.removed", client=client_id, secret=secret_id)
            return await remove_secret(tx, ClientId(client_id), secret_id)

    if not with_database(work):
        fail(f"the application has no secret {secret_id}")
    show_one({"removed": secret_id}, as_json)


@API.command("add", help="Add an API.")
def api_add(
    api_id: Annotated[str, typer.Argument(metavar="ID")],
    name: Annotated[str, typer.Option()],
    audience: Annotated[str, typer.Option()],
    scope: Annotated[list[str], typer.Option(help="name=description")],
    uri: Annotated[str | None, typer.Option(help="Prefix of its scopes; the audience without it.")] = None,
    lifetime: Annotated[int, typer.Option(min=300, max=86400)] = 3600,
    alg: str = "ES256",
    as_json: AsJson = False,
) -> None:
    if alg not in {"ES256", "RS256"}:
        fail("--alg must be ES256 or RS256", 2)
    scopes = tuple(ApiScope(word.partition("=")[0], word.partition("=")[2] or word) for word in scope)
    row = Api(ApiId(api_id), name, audience, uri or audience, scopes, lifetime, alg, None, clock.now())

    async def work(db: Database) -> None:
        async with db.write() as tx:
            await add_api(tx, row)
            await note(tx, "api.added", id=api_id)

    with_database(work)
    show_one(visible(row), as_json)
