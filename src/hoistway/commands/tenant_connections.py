"""hoistway tenant connect, waiting, disconnect: passwords that could not be exported (docs/adr/0041-carried-passwords.md)."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from hoistway import clock
from hoistway.commands.context import (
    USAGE,
    AsJson,
    fail,
    in_transaction,
    note,
    read_settings,
    show_one,
    with_database,
)
from hoistway.commands.nouns import Most, verb
from hoistway.commands.tables import show
from hoistway.store.carried_accounts import count_carried_of, list_left
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.tenant_connections import Connection, find_connection
from hoistway.store.tenants import Tenant, find_tenant
from hoistway.things.connecting import ENTRIES, check_connection, connect, disconnect, facts_of
from hoistway.things.making import Unfit

OPTIONS = {
    "endpoint": "--old-token-endpoint", "client_id": "--old-client-id", "scope": "--old-scope", "ends_at": "--until",
    "wrong_per_account": "--wrong-per-account",
}  # fmt: skip
Name = Annotated[str, typer.Argument(metavar="TENANT", help="One of its names, or its id.")]


async def found_tenant(tx: Reader, name: str) -> Tenant:
    tenant = await find_tenant(tx, name)
    if tenant is None:
        fail(f"there is no tenant {name}: `hoistway tenant list` shows them")
    return tenant


def described(row: Connection | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "old_token_endpoint": row.endpoint, "old_client_id": row.client_id, "old_scope": row.scope, "ends_at": row.ends_at,
        "wrong_per_account": row.wrong_per_account, "stopped_at": row.stopped_at,
    }  # fmt: skip


async def describe_connection(db: Reader, tenant_id: str) -> dict[str, Any]:
    """Where passwords are proven, and how many accounts are carried, wait (`failing` after a wrong password), or got another
    password here first (`reset`)."""
    accounts = await count_carried_of(db, tenant_id)
    shown = described(await find_connection(db, tenant_id))
    return {"connection": shown, "accounts": accounts if shown or any(accounts.values()) else None}


def _checked(typed: Mapping[str, str]) -> dict[str, Any]:
    """The values by the rules that the console has, too."""
    values: dict[str, Any] = {}
    for entry in ENTRIES:
        try:
            values[entry.name] = entry.check(typed[entry.name])
        except ValueError as error:
            fail(f"{OPTIONS[entry.name]}: {error}", USAGE)
    try:
        check_connection(values, clock.now(), read_settings())
    except Unfit as unfit:
        fail(f"{OPTIONS[unfit.entry]}: {unfit}", USAGE)
    return values


def add_connecting(app: typer.Typer) -> None:
    @verb(app, "connect", "Prove passwords that could not be exported at an older system's token endpoint, once each.")
    def connect_tenant(
        tenant: Name,
        old_token_endpoint: Annotated[str, typer.Option(metavar="URL", help="It takes the password grant.")],
        old_client_id: Annotated[str, typer.Option(metavar="ID", help="A public client there that may use it.")],
        old_scope: Annotated[
            str, typer.Option(metavar="SCOPE", help="Such as 'openid ID': its token must name the account.")
        ],
        until: Annotated[str, typer.Option(metavar="DATE", help="From this day or moment (UTC) on nothing is asked.")],
        wrong_per_account: Annotated[
            str,
            typer.Option(
                metavar="N", help="Different wrong passwords of an account that may arrive: fewer than lock it there."
            ),
        ],
        as_json: AsJson = False,
    ) -> None:
        given = (old_token_endpoint, old_client_id, old_scope, until, wrong_per_account)
        values = _checked(dict(zip(OPTIONS, given, strict=True)))

        async def work(tx: Writer) -> dict[str, Any]:
            found = await found_tenant(tx, tenant)
            await connect(tx, found.id, values, clock.now())
            await note(tx, "tenant.connected", id=found.id, **facts_of(values))
            return {"id": found.id} | await describe_connection(tx, found.id)

        show_one(in_transaction(work), as_json)


def add_waiting(app: typer.Typer) -> None:
    @verb(
        app,
        "waiting",
        "List accounts whose password was not proven yet, technical ones first: whom to tell before the connection ends.",
    )
    def waiting(
        tenant: Name,
        after: Annotated[str, typer.Option(help="Begin behind this id.")] = "",
        most: Most = 100,
        as_json: AsJson = False,
    ) -> None:
        async def work(db: Database) -> list[dict[str, Any]]:
            found = await list_left(db, (await found_tenant(db, tenant)).id, after, most)
            return [
                {
                    "id": one.account_id,
                    "kind": one.kind,
                    "old_name": one.sent_name,
                    "state": one.state,
                    "last_asked_at": one.last_asked_at,
                }
                for one in found
            ]

        show(with_database(work), as_json, ("id", "kind", "old_name", "state", "last_asked_at"))


def add_disconnecting(app: typer.Typer) -> None:
    @verb(app, "disconnect", "Ask the older system no more: whoever was not carried over chooses a new password.")
    def disconnect_tenant(tenant: Name, as_json: AsJson = False) -> None:
        async def work(tx: Writer) -> dict[str, Any]:
            found = await found_tenant(tx, tenant)
            if not await disconnect(tx, found.id, clock.now()):
                fail(f"the tenant {tenant} is not connected")
            await note(tx, "tenant.disconnected", id=found.id)
            return {"id": found.id} | await describe_connection(tx, found.id)

        show_one(in_transaction(work), as_json)
