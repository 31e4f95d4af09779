"""Groups that customers' directories push and that are no roles: kept with their members, and they give nothing."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ForeignKeyConstraint, Index, Table, and_, bindparam, delete, func, literal, select, update

from hoistway.protocol.ids import CustomerId
from hoistway.store.columns import at, insert_all, key, optional_text, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.scim_people import SCIM_PEOPLE
from hoistway.store.scim_search import Belonging

SCIM_GROUPS = Table(
    "scim_groups",
    METADATA,
    key(),
    reference("customer_id", "customers.id"),
    text("display_name"),
    text("name_key"),
    optional_text("external_id"),
    at("created_at"),
    at("changed_at"),
    Index("ix_scim_groups_name", "customer_id", "name_key", unique=True),
)
SCIM_GROUP_MEMBERS = Table(
    "scim_group_members",
    METADATA,
    reference("group_id", "scim_groups.id", primary_key=True),
    key("person_id"),
    text("customer_id"),
    ForeignKeyConstraint(
        ["customer_id", "person_id"], ["scim_people.customer_id", "scim_people.id"], ondelete="CASCADE"
    ),
    Index("ix_scim_group_members_person", "customer_id", "person_id"),
)
MOST = 200
"""Of a customer."""


class PushedGroup(Struct, frozen=True):
    id: str
    customer_id: CustomerId
    display_name: str
    name_key: str
    external_id: str | None
    created_at: int
    changed_at: int


_G, _GM, _P = SCIM_GROUPS.c, SCIM_GROUP_MEMBERS.c, SCIM_PEOPLE.c
_IN_GROUP = (_GM.customer_id == bindparam("customer_id"), _GM.group_id == bindparam("group_id"))
_IS_MEMBER = and_(_P.customer_id == _GM.customer_id, _P.id == _GM.person_id)
_THIS = (_G.customer_id == bindparam("customer_id"), _G.id == bindparam("id"))
_INSERT = Statement(lambda: insert_all(SCIM_GROUPS), nothing)
_FIND = Statement(lambda: select(SCIM_GROUPS).where(*_THIS), PushedGroup)
_LOCK = Statement(lambda: select(SCIM_GROUPS).where(*_THIS).with_for_update(), PushedGroup)
_OF = Statement(
    lambda: (
        select(SCIM_GROUPS).where(_G.customer_id == bindparam("customer_id")).order_by(_G.created_at, _G.id).limit(MOST)
    ),
    PushedGroup,
)
_COUNT = Statement(
    lambda: select(func.count()).select_from(SCIM_GROUPS).where(_G.customer_id == bindparam("customer_id")), int
)
_CHANGE = Statement(
    lambda: (
        update(SCIM_GROUPS)
        .where(_G.customer_id == bindparam("b_customer"), _G.id == bindparam("b_id"))
        .values(
            display_name=bindparam("name"), name_key=bindparam("key"), external_id=bindparam("external"),
            changed_at=bindparam("at"),
        )
    ),
    nothing,
)  # fmt: skip
_REMOVE = Statement(lambda: delete(SCIM_GROUPS).where(*_THIS), nothing)
_MEMBERS = Statement(
    lambda: (
        select(_P.id, _P.display_name)
        .select_from(SCIM_GROUP_MEMBERS.join(SCIM_PEOPLE, _IS_MEMBER))
        .where(*_IN_GROUP)
        .order_by(_P.created_at, _P.id)
    ),
    Belonging,
)


def _belonging(person: str, id: str, display_name: str) -> tuple[str, Belonging]:
    return person, Belonging(id, display_name)


_ADD_MEMBER = Statement(lambda: insert_all(SCIM_GROUP_MEMBERS, ignore=True), nothing)
_REMOVE_MEMBER = Statement(
    lambda: delete(SCIM_GROUP_MEMBERS).where(*_IN_GROUP, _GM.person_id == bindparam("person_id")), nothing
)


async def add_group(tx: Writer, row: PushedGroup) -> None:
    """Raises Conflict where the customer has a group of that name."""
    await tx.run(_INSERT, asdict(row))


async def find_group(db: Reader, customer_id: CustomerId, id: str) -> PushedGroup | None:
    return await db.one(_FIND, {"customer_id": customer_id, "id": id})


async def lock_group(tx: Writer, customer_id: CustomerId, id: str) -> PushedGroup | None:
    return await tx.one(_LOCK, {"customer_id": customer_id, "id": id})


async def groups_of(db: Reader, customer_id: CustomerId) -> list[PushedGroup]:
    return await db.all(_OF, {"customer_id": customer_id})


async def count_groups(db: Reader, customer_id: CustomerId) -> int:
    return await db.one(_COUNT, {"customer_id": customer_id}) or 0


async def change_group(tx: Writer, row: PushedGroup) -> None:
    """Raises Conflict."""
    values = {"name": row.display_name, "key": row.name_key, "external": row.external_id, "at": row.changed_at}
    await tx.run(_CHANGE, {"b_customer": row.customer_id, "b_id": row.id, **values})


async def remove_group(tx: Writer, customer_id: CustomerId, id: str) -> bool:
    return await tx.run(_REMOVE, {"customer_id": customer_id, "id": id}) == 1


async def members_of_group(db: Reader, customer_id: CustomerId, group_id: str) -> list[Belonging]:
    return await db.all(_MEMBERS, {"customer_id": customer_id, "group_id": group_id})


async def groups_of_people(db: Reader, customer_id: CustomerId, people: Sequence[str]) -> dict[str, list[Belonging]]:
    """By person: the groups that hold them."""
    if not people:
        return {}
    asked = (
        select(_GM.person_id, _G.id, _G.display_name)
        .select_from(SCIM_GROUP_MEMBERS.join(SCIM_GROUPS, _G.id == _GM.group_id))
        .where(_GM.customer_id == customer_id, _GM.person_id.in_([literal(one) for one in people]))
        .order_by(_G.created_at, _G.id)
    )
    found: dict[str, list[Belonging]] = {}
    for person, belonging in await db.all(Statement(lambda: asked, _belonging), {}):
        found.setdefault(person, []).append(belonging)
    return found


def _rows(customer_id: CustomerId, group_id: str, people: Sequence[str]) -> list[dict[str, str]]:
    return [{"group_id": group_id, "person_id": one, "customer_id": customer_id} for one in people]


async def add_group_members(tx: Writer, customer_id: CustomerId, group_id: str, people: Sequence[str]) -> None:
    await tx.run_many(_ADD_MEMBER, _rows(customer_id, group_id, people))


async def remove_group_members(tx: Writer, customer_id: CustomerId, group_id: str, people: Sequence[str]) -> None:
    await tx.run_many(_REMOVE_MEMBER, _rows(customer_id, group_id, people))
