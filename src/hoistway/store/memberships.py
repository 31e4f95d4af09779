"""Memberships: a person's place in a customer, with all of its units or with some sites and units only."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, Index, Table, bindparam, delete, literal_column, select
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import CustomerId, SiteId, UnitId, UserId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.columns import at, insert_all, optional_text, reference, text, upsert
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.unit_revisions import next_revision
from hoistway.store.users import USERS

IS_UNNAMED: ColumnElement[bool] = literal_column("person_name IS NULL")
"""The row is from before the names, or of a program that writes none: housekeeping writes it."""
MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    reference("customer_id", "customers.id", primary_key=True),
    text("role"),
    text("reach"),
    at("created_at"),
    optional_text("person_name"),
    Index("ix_memberships_customer", "customer_id", "user_id"),
    Index("ix_memberships_person_name", "customer_id", "person_name", "user_id"),
    Index("ix_memberships_unnamed", "customer_id", "user_id", sqlite_where=IS_UNNAMED, postgresql_where=IS_UNNAMED),
)
MEMBERSHIP_SITES = Table(
    "membership_sites",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    reference("customer_id", "customers.id", primary_key=True),
    reference("site_id", "sites.id", primary_key=True),
)
MEMBERSHIP_UNITS = Table(
    "membership_units",
    METADATA,
    reference("user_id", "users.id", primary_key=True),
    reference("customer_id", "customers.id", primary_key=True),
    reference("unit_id", "units.id", primary_key=True),
)


class Membership(Struct, frozen=True):
    """`role` is "member" or "administrator"; `reach` is "all", or "some": then only the listed sites and units.
    The person's name stands in the row, too, for lists of a customer's people (store/members)."""

    user_id: UserId
    customer_id: CustomerId
    role: str
    reach: str
    created_at: int


class NamedMembership(Struct, frozen=True):
    """A membership with the names that the page for choosing a customer shows."""

    customer_id: CustomerId
    customer_name: str
    role: str
    reach: str
    customer_disabled_at: int | None


_M = MEMBERSHIPS.c
_ROW = (_M.user_id, _M.customer_id, _M.role, _M.reach, _M.created_at)


def _upsert() -> Executable:
    name = select(USERS.c.name).where(USERS.c.id == bindparam("user_id")).scalar_subquery()
    return upsert(MEMBERSHIPS, keep=("created_at", "person_name"), person_name=name)


_UPSERT = Statement(_upsert, nothing)
_FIND = Statement(
    lambda: select(*_ROW).where(_M.user_id == bindparam("user_id"), _M.customer_id == bindparam("customer_id")),
    Membership,
)
_LOCK = Statement(
    lambda: (
        select(*_ROW)
        .where(_M.user_id == bindparam("user_id"), _M.customer_id == bindparam("customer_id"))
        .with_for_update(key_share=True)
    ),
    Membership,
)
_HOLD = Statement(
    lambda: (
        select(*_ROW)
        .where(_M.user_id == bindparam("user_id"), _M.customer_id == bindparam("customer_id"))
        .with_for_update(read=True)
    ),
    Membership,
)
_OF_USER = Statement(
    lambda: (
        select(
            _M.customer_id,
            CUSTOMERS.c.name.label("customer_name"),
            _M.role,
            _M.reach,
            CUSTOMERS.c.disabled_at.label("customer_disabled_at"),
        )
        .select_from(MEMBERSHIPS.join(CUSTOMERS, CUSTOMERS.c.id == _M.customer_id))
        .where(_M.user_id == bindparam("user_id"), _M.customer_id != SANDBOX)
        .order_by(CUSTOMERS.c.name, _M.customer_id)
        .limit(200)
    ),
    NamedMembership,
)
_BESIDE = Statement(
    lambda: (
        select(_M.customer_id)
        .where(_M.user_id == bindparam("user_id"), _M.customer_id != bindparam("customer_id"))
        .limit(1)
    ),
    CustomerId,
)
_REMOVE = Statement(
    lambda: delete(MEMBERSHIPS).where(_M.user_id == bindparam("user_id"), _M.customer_id == bindparam("customer_id")),
    nothing,
)


def _clear(table: Table) -> Statement[None]:
    return Statement(
        lambda: delete(table).where(
            table.c.user_id == bindparam("user_id"), table.c.customer_id == bindparam("customer_id")
        ),
        nothing,
    )


_CLEAR = [_clear(table) for table in (MEMBERSHIP_SITES, MEMBERSHIP_UNITS)]
_ADD_SITE = Statement(lambda: insert_all(MEMBERSHIP_SITES, ignore=True), nothing)
_ADD_UNIT = Statement(lambda: insert_all(MEMBERSHIP_UNITS, ignore=True), nothing)


async def put_membership(
    tx: Writer, membership: Membership, sites: Sequence[SiteId] = (), units: Sequence[UnitId] = ()
) -> None:
    """Writes the membership and replaces its lists of sites and units. Raises Conflict where one of the ids does not
    exist.

    A new one repeats the name of the person, whose row is locked where others could change it. A limited membership
    decides which units a person sees. So the revision of units moves on, here and in `remove_membership`."""
    await next_revision(tx)
    who = {"user_id": membership.user_id, "customer_id": membership.customer_id}
    await tx.run(
        _UPSERT, {**who, "role": membership.role, "reach": membership.reach, "created_at": membership.created_at}
    )
    for clear in _CLEAR:
        await tx.run(clear, who)
    if sites:
        await tx.run_many(_ADD_SITE, [{**who, "site_id": site} for site in sites])
    if units:
        await tx.run_many(_ADD_UNIT, [{**who, "unit_id": unit} for unit in units])


async def find_membership(db: Reader, user_id: UserId, customer_id: CustomerId) -> Membership | None:
    return await db.one(_FIND, {"user_id": user_id, "customer_id": customer_id})


async def lock_membership(tx: Writer, user_id: UserId, customer_id: CustomerId) -> Membership | None:
    """Like `find_membership`, and locks the row: other changes of it wait until this transaction ends."""
    return await tx.one(_LOCK, {"user_id": user_id, "customer_id": customer_id})


async def hold_membership(tx: Writer, user_id: UserId, customer_id: CustomerId) -> Membership | None:
    """Like `lock_membership`, but others may hold the row at the same time."""
    return await tx.one(_HOLD, {"user_id": user_id, "customer_id": customer_id})


async def memberships_of(db: Reader, user_id: UserId) -> list[NamedMembership]:
    """Ordered by the customers' names; at most 200. The simulated customer never occurs, because it has no members
    (protocol/sandbox)."""
    return await db.all(_OF_USER, {"user_id": user_id})


async def has_place_beside(db: Reader, user_id: UserId, customer_id: CustomerId) -> bool:
    """Whether the person has a place in another customer than this one."""
    return await db.one(_BESIDE, {"user_id": user_id, "customer_id": customer_id}) is not None


async def remove_membership(tx: Writer, user_id: UserId, customer_id: CustomerId) -> bool:
    await next_revision(tx)
    for clear in _CLEAR:
        await tx.run(clear, {"user_id": user_id, "customer_id": customer_id})
    return await tx.run(_REMOVE, {"user_id": user_id, "customer_id": customer_id}) == 1
