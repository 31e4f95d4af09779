"""The demo world: written once into an empty database, and described in DIR/demo.json for people and programs that try it."""

import asyncio
import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from hoistway import clock
from hoistway.applications.granting import CUSTOMER_SCOPES
from hoistway.applications.managing import keep_management_api
from hoistway.authn.client import secret_digest
from hoistway.authn.factors import secret_name
from hoistway.demo.applications import write_requests
from hoistway.demo.described import Described, describe
from hoistway.demo.directory import keep_directory, write_company_sign_in
from hoistway.demo.managing import keep_manager
from hoistway.demo.products import Sales, make_sales, write_sales
from hoistway.demo.usage import BEFORE, write_past
from hoistway.demo.world import (
    API_URI,
    FIRST,
    ROPC_PROXY,
    TENANT_NAME,
    WITH_CODES,
    Rows,
    dated_exception,
    generate_secret,
    make_clients,
    make_rows,
)
from hoistway.environment import open_vault
from hoistway.on_disk import keep
from hoistway.portal.own_application import keep_own_application
from hoistway.protocol.ids import ApiId, ClientId
from hoistway.protocol.redirect_uri import origin_of
from hoistway.settings import Settings
from hoistway.store.apis import Api, ApiScope, add_api
from hoistway.store.client_secrets import ClientSecret, add_secret, mark_secrets_used
from hoistway.store.clients import Client, add_client, find_client
from hoistway.store.customers import add_customer
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import put_membership
from hoistway.store.one_time_codes import OneTimeCodes, put_one_time_codes
from hoistway.store.open import open_database
from hoistway.store.service_accounts import add_service_account
from hoistway.store.sites import put_sites
from hoistway.store.subscription_keys import mark_keys_used
from hoistway.store.tenants import put_tenant
from hoistway.store.unit_access import put_access
from hoistway.store.units import put_units
from hoistway.store.users import add_user
from hoistway.tokens.vault import Vault


class NotOurWorld(ValueError):
    """The database contains another demo world than DIR/demo.json describes."""


async def _write(
    tx: Writer,
    vault: Vault,
    rows: Rows,
    clients: dict[str, Client],
    secrets: dict[str, str],
    sales: Sales,
    tenant_id: str,
) -> None:
    now = clock.now()
    for customer in rows.customers:
        await add_customer(tx, customer)
    await put_sites(tx, rows.sites)
    await put_units(tx, rows.units)
    await put_access(tx, rows.access)
    for user in rows.users:
        await add_user(tx, user)
        if user.username == WITH_CODES:
            sealed = vault.seal(secret_name(user.id), rows.code_secret.encode())
            await put_one_time_codes(tx, OneTimeCodes(user.id, sealed, 0, now))
    for membership, sites in rows.memberships:
        await put_membership(tx, membership, sites=sites)
    for account in rows.accounts:
        await add_service_account(tx, account)
    scopes = tuple(ApiScope(name, text) for name, text in CUSTOMER_SCOPES.items())
    introspector = clients["introspector"].id
    await add_api(
        tx, Api(ApiId("customer-api"), "Customer API", API_URI, API_URI, scopes, 3600, "ES256", introspector, now)
    )
    made: dict[ClientId, str] = {}
    for word, client in clients.items():
        origins = frozenset(origin for uri in client.redirect_uris if (origin := origin_of(uri)))
        await add_client(tx, replace(client, created_at=now - BEFORE), origins)
        if word in secrets:
            value = secrets[word]
            secret = ClientSecret(str(uuid.uuid4()), client.id, secret_digest(value), value[:8], now - BEFORE)
            await add_secret(tx, secret)
            made[client.id] = secret.id
    await write_company_sign_in(tx, vault, now)
    people = {user.username.partition("@")[0]: user.id for user in rows.users}
    await write_requests(tx, people, now)
    await write_sales(tx, sales)
    calling = {"daemon": sales.shown["subscription"]["id"]}
    used = await write_past(tx, FIRST, {word: client.id for word, client in clients.items()}, calling, now)
    await mark_secrets_used(tx, {made[client_id]: at for client_id, at in used.items() if client_id in made})
    await mark_keys_used(tx, {sales.keys[0].id: used[clients["daemon"].id]})
    await put_tenant(tx, tenant_id, [TENANT_NAME], [("B2C_1_ROPC", "ropc"), ("B2C_1_SignIn", "sign_in")])


def _put_file(path: Path, described: Described) -> None:
    """Written completely or not at all, and readable by its owner alone."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n")
    keep(fresh)
    fresh.replace(path)
    keep(path.absolute().parent)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / "demo.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def _is_written(db: Database, path: Path) -> Described | None:
    """What the file describes, if the database contains that very world."""
    if not path.exists():
        return None
    described: Described = msgspec.json.decode(path.read_bytes())
    daemon = ClientId(described["clients"]["daemon"]["client_id"])
    return described if await find_client(db, daemon) is not None else None


async def _settle(db: Database, vault: Vault, data: Path, origin: dict[str, str]) -> Described:
    final, pending = data / "demo.json", data / "demo.json.new"
    for path in (pending, final):
        described = await _is_written(db, path)
        if described is not None:
            # After a crash just after the commit, the description still has its temporary name.
            _put_file(final, {**described, **origin})
            pending.unlink(missing_ok=True)
            return {**described, **origin}
    if await find_client(db, ClientId(ROPC_PROXY)) is not None:
        raise NotOurWorld(
            f"the database holds a demo world that {final} does not describe: name another --data or --database"
        )
    rows, tenant_id = make_rows(clock.now()), str(uuid.uuid4())
    clients = make_clients(rows, clock.now())
    secrets = {word: generate_secret() for word, client in clients.items() if client.is_confidential_type}
    sales = make_sales(rows, clients["daemon"].id, clock.now())
    described = {**origin, **describe(rows, clients, secrets, tenant_id), **sales.shown}
    _put_file(pending, described)
    async with db.write() as tx:
        await _write(tx, vault, rows, clients, secrets, sales, tenant_id)
    pending.replace(final)
    return described


def keep_demo(settings: Settings, data: Path) -> Described:
    """Makes the world where it is missing; returns the content of DIR/demo.json. Raises NotOurWorld,
    DatabaseUnavailable."""
    origin = {"base_url": settings.base_url, "issuer": settings.base_url, "file": str((data / "demo.json").resolve())}

    async def work() -> Described:
        db = await open_database(settings.database, connections=1)
        try:
            described = await _settle(db, open_vault(settings), data, origin)
            now = clock.now()
            put = partial(_put_file, data / "demo.json")
            described = await keep_directory(db, described, now, put)
            await keep_management_api(db, settings.base_url, now)
            described = await keep_manager(db, described, now, put)
            await keep_own_application(db, settings.base_url, now, dated_exception("implicit", now))
            return described
        finally:
            await db.close()

    with _alone(data):
        return asyncio.run(work())


def greeting(settings: Settings, described: Described) -> str:
    """What to do next: where to sign in, and two lines for a shell."""
    base, path = settings.base_url, described["file"]
    insecure = "-k " if base.startswith("https") else ""
    read = 'import json,sys; print(json.load(open(sys.argv[1]))["service_account"]["password"])'
    pick = 'import json,sys; print(json.load(sys.stdin)["access_token"])'
    return f"""
Hoistway is ready at {base}

  Sign in:         {base}/
  Demo passwords:  {path}   (people under "users"; for example {described["users"][0]["username"]})
  Mails:           {base}/dev/outbox

Get a token as a program does, then list lifts with it:

TOKEN=$(curl -s {insecure}-X POST '{base}/oauth2/token' --header 'Content-Type: application/x-www-form-urlencoded' --data-urlencode 'client_id={ROPC_PROXY}' --data-urlencode 'username={described["service_account"]["username"]}' --data-urlencode "password=$(python3 -c '{read}' '{path}')" --data-urlencode 'scope={API_URI}' --data-urlencode 'grant_type=password' | python3 -c '{pick}')
curl -s {insecure}'{base}/api/v1/units?limit=3' -H "Authorization: Bearer $TOKEN"

Ctrl-C stops the server.
"""  # noqa: E501
