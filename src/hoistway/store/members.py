"""The people of a customer, as its administrators see them: ordered by name, with role, reach and last sign-in."""

from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, bindparam, exists, literal_column, or_, select, tuple_, union_all, update
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import CustomerId, SiteId, UnitId, UserId
from hoistway.store.audit import last_sign_in
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer
from hoistway.store.memberships import MEMBERSHIP_SITES, MEMBERSHIP_UNITS, MEMBERSHIPS
from hoistway.store.one_time_codes import ONE_TIME_CODES
from hoistway.store.passkeys import PASSKEYS
from hoistway.store.users import USERS


class Member(Struct, frozen=True):
    """`role` and `reach` are explained in store/memberships; `disabled_at` is that of the account. `has_factor` where the person has a second
    factor."""

    user_id: UserId
    name: str
    username: str
    role: str
    reach: str
    joined_at: int
    disabled_at: int | None
    last_sign_in_at: int | None
    has_factor: bool


_M, _U = MEMBERSHIPS.c, USERS.c
_THEIRS = _M.customer_id == bindparam("customer_id")
HAS_FACTOR: ColumnElement[bool] = or_(
    exists().where(ONE_TIME_CODES.c.user_id == _U.id), exists().where(PASSKEYS.c.user_id == _U.id)
)
_EVERYBODY = select(
    _U.id.label("user_id"),
    _U.name,
    _U.username,
    _M.role,
    _M.reach,
    _M.created_at.label("joined_at"),
    _U.disabled_at,
    last_sign_in(_U.id).label("last_sign_in_at"),
    HAS_FACTOR.label("has_factor"),
).select_from(MEMBERSHIPS.join(USERS, _U.id == _M.user_id))
MEMBERS = _EVERYBODY.where(_THEIRS)
MOST: Final = 61
"""As a constant in what is joined: otherwise PostgreSQL takes a tenth of a large customer's people for what a page has, and joins all
people that there are."""


def _page() -> Executable:
    """By the name beside the place, as the index has it. Places that have none, because the program of the version before wrote
    them or housekeeping has not come to them, are few, and are joined with the people before they are sorted.

    The expression in place of the customer makes PostgreSQL look up the rows of the page by their people; it would read all of the
    customer's."""
    after = tuple_(bindparam("name"), bindparam("id"))
    named = (
        select(_M.user_id, _M.person_name.label("place"))
        .where(_THEIRS, tuple_(_M.person_name, _M.user_id) > after)
        .order_by(_M.person_name, _M.user_id)
        .limit(literal_column(str(MOST)))
    )
    unnamed = (
        select(_M.user_id, _U.name.label("place"))
        .select_from(MEMBERSHIPS.join(USERS, _U.id == _M.user_id))
        .where(_THEIRS, _M.person_name.is_(None), tuple_(_U.name, _M.user_id) > after)
        .order_by(_U.name, _M.user_id)
        .limit(literal_column(str(MOST)))
    )
    both = union_all(*(select(one.subquery()) for one in (named, unnamed))).subquery("both")
    near = select(both).order_by(both.c.place, both.c.user_id).limit(bindparam("most")).subquery("near")
    return (
        _EVERYBODY.add_columns(near.c.place)
        .join(near, near.c.user_id == _M.user_id)
        .where(_M.customer_id + "" == bindparam("customer_id"))
        .order_by(near.c.place, near.c.user_id)
    )


class _Placed(Member, frozen=True):
    """`place` is the name by which the person stands in the list."""

    place: str


_PAGE = Statement(_page, _Placed)
_ONE = Statement(lambda: MEMBERS.where(_U.id == bindparam("user_id")), Member)
# This update changes nothing but locks the rows: whoever changes another administrator of this customer waits until
# this transaction ends.
_LOCK = Statement(
    lambda: (
        update(MEMBERSHIPS)
        .where(_M.customer_id == bindparam("b_customer"), _M.role == "administrator")
        .values(role=_M.role)
        .returning(_M.user_id)
    ),
    UserId,
)
_ADMINISTRATORS = Statement(
    lambda: (
        select(_U.id)
        .select_from(MEMBERSHIPS.join(USERS, _U.id == _M.user_id))
        .where(_THEIRS, _M.role == "administrator", _U.disabled_at.is_(None))
    ),
    UserId,
)
_FIRST_ADMINISTRATORS = Statement(
    lambda: (
        select(_U.id)
        .select_from(MEMBERSHIPS.join(USERS, _U.id == _M.user_id))
        .where(_THEIRS, _M.role == "administrator", _U.disabled_at.is_(None))
        .order_by(_M.created_at, _U.id)
        .limit(bindparam("most"))
    ),
    UserId,
)
_ADMINISTERED = Statement(
    lambda: (
        select(_M.customer_id)
        .select_from(MEMBERSHIPS.join(CUSTOMERS, CUSTOMERS.c.id == _M.customer_id))
        .where(_M.user_id == bindparam("user_id"), _M.role == "administrator", CUSTOMERS.c.disabled_at.is_(None))
        .order_by(_M.customer_id)
    ),
    CustomerId,
)


def _limits(table: Table, column: str) -> Statement[str]:
    return Statement(
        lambda: (
            select(table.c[column])
            .where(table.c.user_id == bindparam("user_id"), table.c.customer_id == bindparam("customer_id"))
            .order_by(table.c[column])
        ),
        str,
    )


_LIMITS = {
    table.name: _limits(table, column)
    for table, column in ((MEMBERSHIP_SITES, "site_id"), (MEMBERSHIP_UNITS, "unit_id"))
}


async def page_of_members(
    db: Reader, customer_id: CustomerId, *, after: tuple[str, str] = ("", ""), most: int
) -> tuple[list[Member], tuple[str, str] | None]:
    """Up to `most`, less than MOST, ordered by name, after the name and id `after`; and after which the next page begins, None where
    there is none. A person whom the program of the version before renamed stands at the former name until the next change."""
    asked = {"customer_id": customer_id, "name": after[0], "id": after[1], "most": min(most + 1, MOST)}
    rows = await db.all(_PAGE, asked)
    last = rows[most - 1] if len(rows) > most else None
    return list(rows[:most]), None if last is None else (last.place, last.user_id)


async def find_member(db: Reader, customer_id: CustomerId, user_id: UserId) -> Member | None:
    """Returns None for somebody who is a person of another customer only."""
    return await db.one(_ONE, {"customer_id": customer_id, "user_id": user_id})


async def lock_administrators(tx: Writer, customer_id: CustomerId) -> list[UserId]:
    """Locks the administrators whose accounts are enabled: nobody else can change them until this transaction ends."""
    await tx.all(_LOCK, {"b_customer": customer_id})
    return await tx.all(_ADMINISTRATORS, {"customer_id": customer_id})


async def has_administrator(db: Reader, customer_id: CustomerId) -> bool:
    return bool(await db.all(_ADMINISTRATORS, {"customer_id": customer_id}))


async def find_administrators(db: Reader, customer_id: CustomerId, most: int) -> list[UserId]:
    """Those whose accounts are enabled, who have been there longest first."""
    return await db.all(_FIRST_ADMINISTRATORS, {"customer_id": customer_id, "most": most})


async def administered_by(db: Reader, user_id: UserId) -> list[CustomerId]:
    """The enabled customers that the person administers."""
    return await db.all(_ADMINISTERED, {"user_id": user_id})


async def limits_of(db: Reader, customer_id: CustomerId, user_id: UserId) -> tuple[list[SiteId], list[UnitId]]:
    """The sites and units that a limited membership opens."""
    who = {"customer_id": customer_id, "user_id": user_id}
    sites = [SiteId(one) for one in await db.all(_LIMITS["membership_sites"], who)]
    return sites, [UnitId(one) for one in await db.all(_LIMITS["membership_units"], who)]
