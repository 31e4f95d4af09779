"""hoistway tenant: the names that the B2C-shaped paths answer to."""

import uuid
from typing import Annotated, Any

import typer

from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.nouns import Most, add_switching, noun, verb
from hoistway.commands.tables import show
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.tenants import (
    Tenant,
    find_tenant,
    list_tenants,
    names_of_tenant,
    policies_of,
    put_tenant,
    set_tenant_disabled,
)

TENANT = noun("Tenants: names in B2C-shaped URLs.")
KINDS = {"sign_in", "ropc"}


async def _describe(db: Reader, tenant: Tenant) -> dict[str, Any]:
    policies = {row.name: row.kind for row in await policies_of(db, tenant.id)}
    names = [name for name in await names_of_tenant(db, tenant.id) if name != tenant.id.lower()]
    return {"id": tenant.id, "names": names, "policies": policies, "disabled_at": tenant.disabled_at}


async def _switch(tx: Writer, name: str, at: int | None) -> bool:
    tenant = await find_tenant(tx, name)
    return tenant is not None and await set_tenant_disabled(tx, tenant.id, at)


add_switching(TENANT, "tenant", _switch, "its B2C-shaped paths answer as those of an unknown one within 5 seconds")


@verb(TENANT, "add", "Add a tenant, or names and policies to one; it also answers to its id.")
def add(
    name: Annotated[list[str], typer.Argument(help="Such as example.onmicrosoft.com.")],
    policy: Annotated[list[str], typer.Option(help="NAME=sign_in or NAME=ropc.")],
    tenant_id: Annotated[str | None, typer.Option("--id", help="Keep the GUID of an older system.")] = None,
    as_json: AsJson = False,
) -> None:
    policies = [(word.partition("=")[0], word.partition("=")[2]) for word in policy]
    if any(not first or kind not in KINDS for first, kind in policies):
        fail("--policy must be NAME=sign_in or NAME=ropc", USAGE)

    async def work(tx: Writer) -> dict[str, Any]:
        known = await find_tenant(tx, name[0])
        chosen = tenant_id or (known.id if known is not None else str(uuid.uuid4()))
        for one in name:
            owner = await find_tenant(tx, one)
            if owner is not None and owner.id != chosen:
                fail(f"the name {one} belongs to another tenant")
        await put_tenant(tx, chosen, name, policies)
        await note(tx, "tenant.changed", id=chosen, names=name)
        return await _describe(tx, Tenant(chosen, None if known is None else known.disabled_at))

    show_one(in_transaction(work), as_json)


@verb(TENANT, "list", "List tenants by id.")
def list_all(
    after: Annotated[str, typer.Option(help="Begin behind this id.")] = "",
    most: Most = 100,
    as_json: AsJson = False,
) -> None:
    async def work(db: Database) -> list[dict[str, Any]]:
        return [await _describe(db, tenant) for tenant in await list_tenants(db, after, most)]

    show(with_database(work), as_json, ("id", "names", "policies", "disabled_at"))


@verb(TENANT, "show", "Show the tenant of a name or an id.")
def show_tenant(
    name: Annotated[str, typer.Argument(help="One of its names, or its id.")], as_json: AsJson = False
) -> None:
    async def work(db: Database) -> dict[str, Any] | None:
        tenant = await find_tenant(db, name)
        return None if tenant is None else await _describe(db, tenant)

    found = with_database(work)
    if found is None:
        fail(f"there is no tenant {name}")
    show_one(found, as_json)
