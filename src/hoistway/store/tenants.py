"""Tenants and policies: the names in B2C-shaped URLs that this installation answers to."""

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select, update

from hoistway.protocol.text import cleaned
from hoistway.store.columns import (
    insert_all,
    key,
    optional_at,
    optional_text,
    page_of,
    reference,
    switch_of,
    text,
    upsert,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.found import Found, SomeFound
from hoistway.store.schema import METADATA

TENANTS = Table("tenants", METADATA, key(), optional_at("disabled_at"), optional_text("subject_text"))
TENANT_NAMES = Table("tenant_names", METADATA, key("name"), reference("tenant_id", "tenants.id"))
POLICIES = Table(
    "policies",
    METADATA,
    reference("tenant_id", "tenants.id", primary_key=True),
    key("policy_key"),
    text("name"),
    text("kind"),
)


class Tenant(Struct, frozen=True):
    """`id` is a GUID. The paths of a disabled tenant answer like those of an unknown one. `subject_text` is the `sub` of
    tokens at its paths, for programs that expect a sentence there; the account's id stands in `oid`."""

    id: str
    disabled_at: int | None = None
    subject_text: str | None = None


class Policy(Struct, frozen=True):
    """`policy_key` is the name in lower case; `kind` is "sign_in" or "ropc"."""

    tenant_id: str
    policy_key: str
    name: str
    kind: str


_ADD = Statement(lambda: insert_all(TENANTS, ignore=True), nothing)
_ADD_NAME = Statement(lambda: upsert(TENANT_NAMES), nothing)
_ADD_POLICY = Statement(lambda: upsert(POLICIES), nothing)
_BY_NAME = Statement(
    lambda: (
        select(TENANTS)
        .select_from(TENANT_NAMES.join(TENANTS, TENANTS.c.id == TENANT_NAMES.c.tenant_id))
        .where(TENANT_NAMES.c.name == bindparam("name"))
    ),
    Tenant,
)
_LIST = Statement(lambda: page_of(TENANTS), Tenant)
_NAMES = Statement(lambda: select(TENANT_NAMES.c.name).order_by(TENANT_NAMES.c.name), str)
_NAMES_OF = Statement(
    lambda: (
        select(TENANT_NAMES.c.name)
        .where(TENANT_NAMES.c.tenant_id == bindparam("tenant_id"))
        .order_by(TENANT_NAMES.c.name)
    ),
    str,
)
_POLICIES = Statement(
    lambda: select(POLICIES).where(POLICIES.c.tenant_id == bindparam("tenant_id")).order_by(POLICIES.c.policy_key),
    Policy,
)
_DISABLE = Statement(lambda: switch_of(TENANTS), nothing)
_SUBJECT = Statement(
    lambda: update(TENANTS).where(TENANTS.c.id == bindparam("b_id")).values(subject_text=bindparam("words")), nothing
)
_REMOVE_NAME = Statement(
    lambda: delete(TENANT_NAMES).where(
        TENANT_NAMES.c.name == bindparam("name"), TENANT_NAMES.c.tenant_id == bindparam("tenant_id")
    ),
    nothing,
)
_REMOVE_POLICY = Statement(
    lambda: delete(POLICIES).where(
        POLICIES.c.tenant_id == bindparam("tenant_id"), POLICIES.c.policy_key == bindparam("policy_key")
    ),
    nothing,
)
_NAMED: ColumnElement[str] = (
    select(func.min(TENANT_NAMES.c.name))
    .where(TENANT_NAMES.c.tenant_id == TENANTS.c.id, TENANT_NAMES.c.name != func.lower(TENANTS.c.id))
    .scalar_subquery()
)
_COUNTED: ColumnElement[int] = (
    select(func.count()).select_from(POLICIES).where(POLICIES.c.tenant_id == TENANTS.c.id).scalar_subquery()
)
_SEARCH = Statement(
    lambda: (
        select(
            TENANTS.c.id,
            func.coalesce(_NAMED, TENANTS.c.id).label("title"),
            _COUNTED.label("note"),
            TENANTS.c.disabled_at,
        )
        .where(
            TENANTS.c.id > bindparam("after"),
            TENANTS.c.id.in_(
                select(TENANT_NAMES.c.tenant_id).where(TENANT_NAMES.c.name.like(bindparam("part"), escape="\\"))
            ),
        )
        .order_by(TENANTS.c.id)
        .limit(bindparam("most"))
    ),
    Found,
)


async def put_tenant(tx: Writer, tenant_id: str, names: list[str], policies: list[tuple[str, str]]) -> None:
    """`policies` is a list of (name, kind). The tenant answers to its id and to each of its names, in any case."""
    await tx.run(_ADD, {"id": tenant_id, "disabled_at": None, "subject_text": None})
    for name in [tenant_id, *names]:
        await tx.run(_ADD_NAME, {"name": name.lower(), "tenant_id": tenant_id})
    for name, kind in policies:
        await tx.run(_ADD_POLICY, {"tenant_id": tenant_id, "policy_key": name.lower(), "name": name, "kind": kind})


async def find_tenant(db: Reader, name: str) -> Tenant | None:
    """By its id or one of its names; disabled ones included."""
    return await db.one(_BY_NAME, {"name": name.lower()})


async def list_tenants(db: Reader, after: str = "", most: int = 100) -> list[Tenant]:
    return await db.all(_LIST, {"after": after, "most": most})


async def tenant_names(db: Reader) -> list[str]:
    """Names and ids of all tenants, disabled ones included."""
    return await db.all(_NAMES, {})


async def names_of_tenant(db: Reader, tenant_id: str) -> list[str]:
    """The names it answers to, its id included."""
    return await db.all(_NAMES_OF, {"tenant_id": tenant_id})


async def policies_of(db: Reader, tenant_id: str) -> list[Policy]:
    return await db.all(_POLICIES, {"tenant_id": tenant_id})


async def set_tenant_disabled(tx: Writer, tenant_id: str, at: int | None) -> bool:
    return await tx.run(_DISABLE, {"b_id": tenant_id, "at": at}) == 1


async def set_subject_text(tx: Writer, tenant_id: str, words: str | None) -> bool:
    return await tx.run(_SUBJECT, {"b_id": tenant_id, "words": words}) == 1


async def remove_tenant_name(tx: Writer, tenant_id: str, name: str) -> bool:
    return await tx.run(_REMOVE_NAME, {"tenant_id": tenant_id, "name": name}) == 1


async def remove_policy(tx: Writer, tenant_id: str, policy_key: str) -> bool:
    return await tx.run(_REMOVE_POLICY, {"tenant_id": tenant_id, "policy_key": policy_key}) == 1


async def search_tenants(db: Reader, text: str, *, after: str = "", most: int = 50) -> SomeFound:
    """Those with a name that contains the text, by id; titled with their first name."""
    part = cleaned(text).lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return SomeFound(await db.all(_SEARCH, {"part": f"%{part}%", "after": after, "most": most}), cut=False)
