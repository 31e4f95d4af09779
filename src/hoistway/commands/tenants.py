"""hoistway tenant: the names that the B2C-shaped paths answer to."""

import uuid
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from hoistway.commands.context import USAGE, AsJson, fail, in_transaction, note, show_one, with_database
from hoistway.commands.nouns import Most, add_switching, noun, verb
from hoistway.commands.tables import show
from hoistway.commands.tenant_connections import add_connecting, add_disconnecting, add_waiting, describe_connection
from hoistway.store.db import Database, Reader, Writer
from hoistway.store.tenants import (
    Tenant,
    find_tenant,
    list_tenants,
    names_of_tenant,
    policies_of,
    put_tenant,
    set_subject_text,
    set_tenant_disabled,
)
from hoistway.things.tenants import LONGEST_SUBJECT

TENANT = noun("Tenants: names in B2C-shaped URLs.")
KINDS = {"sign_in", "ropc"}


def kept_id(given: str | None, option: str) -> str | None:
    """The GUID in the form in which B2C writes it."""
    try:
        return None if given is None else str(uuid.UUID(given))
    except ValueError:
        fail(f"{option} must be a GUID, such as 775527ff-9a37-4307-8b3d-cc311f58d925", USAGE)


def other_tenant(name: str, tenant_id: str) -> str:
    """Why a name can't be given, and the way out."""
    return (
        f"the name {name} belongs to the tenant {tenant_id}, and a tenant keeps its id: take the name away from that one"
        f" at /console/tenants/{tenant_id} first"
    )


async def _describe(db: Reader, tenant: Tenant) -> dict[str, Any]:
    policies = {row.name: row.kind for row in await policies_of(db, tenant.id)}
    names = [name for name in await names_of_tenant(db, tenant.id) if name != tenant.id.lower()]
    described = {
        "id": tenant.id, "names": names, "policies": policies, "subject_text": tenant.subject_text,
        "disabled_at": tenant.disabled_at,
    }  # fmt: skip
    return described | await describe_connection(db, tenant.id)


async def _switch(tx: Writer, name: str, at: int | None) -> bool:
    tenant = await find_tenant(tx, name)
    return tenant is not None and await set_tenant_disabled(tx, tenant.id, at)


add_switching(TENANT, "tenant", _switch, "its B2C-shaped paths answer as those of an unknown one within 5 seconds")


add_connecting(TENANT)
add_waiting(TENANT)
add_disconnecting(TENANT)


@verb(TENANT, "add", "Add a tenant, or names and policies to one; it also answers to its id.")
def add(
    name: Annotated[list[str], typer.Argument(help="Such as example.onmicrosoft.com.")],
    policy: Annotated[list[str], typer.Option(help="NAME=sign_in or NAME=ropc.")],
    tenant_id: Annotated[
        str | None,
        typer.Option("--id", metavar="GUID", help="Keep the GUID of an older system; at the first add only."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    policies = [(word.partition("=")[0], word.partition("=")[2]) for word in policy]
    if any(not first or kind not in KINDS for first, kind in policies):
        fail("--policy must be NAME=sign_in or NAME=ropc", USAGE)

    kept = kept_id(tenant_id, "--id")

    async def work(tx: Writer) -> dict[str, Any]:
        known = await find_tenant(tx, name[0])
        chosen = kept or (known.id if known is not None else str(uuid.uuid4()))
        for one in name:
            owner = await find_tenant(tx, one)
            if owner is not None and owner.id != chosen:
                fail(other_tenant(one, owner.id))
        await put_tenant(tx, chosen, name, policies)
        await note(tx, "tenant.changed", id=chosen, names=name)
        return await _describe(tx, known or Tenant(chosen))

    show_one(in_transaction(work), as_json)


@verb(
    TENANT,
    "subject",
    "Set the sentence that stands in `sub` of tokens at a tenant's paths, for programs that expect one.",
)
def subject(
    name: Annotated[str, typer.Argument(help="One of its names, or its id.")],
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The sentence; the account's id is in oid.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="The account's id again.")] = False,
    as_json: AsJson = False,
) -> None:
    if (text is None) != none or (text is not None and not 1 <= len(text) <= LONGEST_SUBJECT):
        fail(f"give a sentence of 1 to {LONGEST_SUBJECT} characters, or --none", USAGE)

    async def work(tx: Writer) -> dict[str, Any]:
        tenant = await find_tenant(tx, name)
        if tenant is None:
            fail(f"there is no tenant {name}")
        await set_subject_text(tx, tenant.id, text)
        await note(tx, "tenant.changed", id=tenant.id, subject_text=text)
        return await _describe(tx, replace(tenant, subject_text=text))

    show_one(in_transaction(work), as_json)


@verb(TENANT, "list", "List tenants by id.")
def list_all(
    after: Annotated[str, typer.Option(help="Begin behind this id.")] = "",
    most: Most = 100,
    as_json: AsJson = False,
) -> None:
    async def work(db: Database) -> list[dict[str, Any]]:
        return [await _describe(db, tenant) for tenant in await list_tenants(db, after, most)]

    show(with_database(work), as_json, ("id", "names", "policies", "connection", "accounts", "disabled_at"))


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
