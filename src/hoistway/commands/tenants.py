"""hoistway tenant: the names that the B2C-shaped paths answer to."""

import uuid
from typing import Annotated, Any

import typer

from hoistway.commands.context import REFUSED, USAGE, AsJson, fail, note, show, show_one, with_database
from hoistway.store.db import Database, Reader
from hoistway.store.tenants import find_tenant, policies_of, put_tenant, tenant_names

TENANT = typer.Typer(help="Tenants: names in B2C-shaped URLs.", no_args_is_help=True)


async def _describe(db: Reader, name: str) -> dict[str, Any] | None:
    tenant_id = await find_tenant(db, name)
    if tenant_id is None:
        return None
    return {"id": tenant_id, "policies": {row.name: row.kind for row in await policies_of(db, tenant_id)}}


@TENANT.command("add", help="Add a tenant, or names and policies to one; it also answers to its id.")
def add(
    name: Annotated[list[str], typer.Argument(help="Such as example.onmicrosoft.com.")],
    policy: Annotated[list[str], typer.Option(help="NAME=sign_in or NAME=ropc.")],
    tenant_id: Annotated[str | None, typer.Option("--id", help="Keep the GUID of an older system.")] = None,
    as_json: AsJson = False,
) -> None:
    policies = [(word.partition("=")[0], word.partition("=")[2]) for word in policy]
    if any(not first or kind not in {"sign_in", "ropc"} for first, kind in policies):
        fail("--policy must be NAME=sign_in or NAME=ropc", USAGE)

    async def work(db: Database) -> tuple[str, str | None]:
        chosen = tenant_id or await find_tenant(db, name[0]) or str(uuid.uuid4())
        for one in name:
            if await find_tenant(db, one) not in {None, chosen}:
                return chosen, one
        async with db.write() as tx:
            await put_tenant(tx, chosen, name, policies)
            await note(tx, "tenant.changed", id=chosen, names=name)
        return chosen, None

    chosen, taken = with_database(work)
    if taken is not None:
        fail(f"the name {taken} belongs to another tenant", REFUSED)
    show_one({"id": chosen, "names": name, "policies": dict(policies)}, as_json)


@TENANT.command("list", help="List the names, ids included.")
def list_names(as_json: AsJson = False) -> None:
    show([{"name": name} for name in with_database(tenant_names)], as_json)


@TENANT.command("show", help="Show the tenant of a name.")
def show_tenant(name: str, as_json: AsJson = False) -> None:
    found = with_database(lambda db: _describe(db, name))
    if found is None:
        fail(f"there is no tenant {name}")
    show_one(found, as_json)
