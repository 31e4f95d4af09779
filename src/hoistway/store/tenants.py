"""Tenants and policies: the names in B2C-shaped URLs that this installation answers to."""

from dataclasses import dataclass

from sqlalchemy import Table, bindparam, select

from hoistway.store.columns import insert_all, key, reference, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

TENANTS = Table("tenants", METADATA, key())
TENANT_NAMES = Table("tenant_names", METADATA, key("name"), reference("tenant_id", "tenants.id"))
POLICIES = Table(
    "policies",
    METADATA,
    reference("tenant_id", "tenants.id", primary_key=True),
    key("policy_key"),
    text("name"),
    text("kind"),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """`policy_key` is the name in lower case; `kind` is "sign_in" or "ropc"."""

    tenant_id: str
    policy_key: str
    name: str
    kind: str


_ADD = Statement(insert_all(TENANTS, ignore=True), nothing)
_ADD_NAME = Statement(upsert(TENANT_NAMES), nothing)
_ADD_POLICY = Statement(upsert(POLICIES), nothing)
_BY_NAME = Statement(select(TENANT_NAMES.c.tenant_id).where(TENANT_NAMES.c.name == bindparam("name")), str)
_NAMES = Statement(select(TENANT_NAMES.c.name).order_by(TENANT_NAMES.c.name), str)
_POLICIES = Statement(
    select(POLICIES).where(POLICIES.c.tenant_id == bindparam("tenant_id")).order_by(POLICIES.c.policy_key), Policy
)


async def put_tenant(tx: Writer, tenant_id: str, names: list[str], policies: list[tuple[str, str]]) -> None:
    """`policies`: (name, kind). The tenant answers to its id and to each name, in any case."""
    await tx.run(_ADD, {"id": tenant_id})
    for name in [tenant_id, *names]:
        await tx.run(_ADD_NAME, {"name": name.lower(), "tenant_id": tenant_id})
    for name, kind in policies:
        await tx.run(_ADD_POLICY, {"tenant_id": tenant_id, "policy_key": name.lower(), "name": name, "kind": kind})


async def find_tenant(db: Reader, name: str) -> str | None:
    """The tenant's id (a GUID) for one of its names or the id itself."""
    return await db.one(_BY_NAME, {"name": name.lower()})


async def tenant_names(db: Reader) -> list[str]:
    return await db.all(_NAMES, {})


async def policies_of(db: Reader, tenant_id: str) -> list[Policy]:
    return await db.all(_POLICIES, {"tenant_id": tenant_id})
