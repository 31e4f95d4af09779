"""Which customer sees which unit, as owner or as manager: the only way from a token's customer to rows of units.

The site and the equipment type of the unit are repeated here so that each filter of the list walks an index of the
customer's own rows, whatever other customers have. A disabled unit, and every unit of a disabled site, is in no answer.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Index,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.protocol.text import composed
from hoistway.store.collation import fold
from hoistway.store.columns import given_index, lists_of, number, optional_text, reference, text
from hoistway.store.db import Reader, Reads, Statement, Writer, nothing
from hoistway.store.memberships import MEMBERSHIP_SITES, MEMBERSHIP_UNITS
from hoistway.store.overwriting import Overwriting
from hoistway.store.schema import METADATA
from hoistway.store.seen import Reach, SeenUnit
from hoistway.store.sites import SITES
from hoistway.store.unit_removals import UNIT_REMOVALS
from hoistway.store.unit_revisions import CURRENT, next_revision
from hoistway.store.units import FLOORS, UNITS

UNIT_ACCESS = Table(
    "unit_access",
    METADATA,
    reference("customer_id", "customers.id", primary_key=True),
    reference("unit_id", "units.id", primary_key=True),
    text("role"),
    text("site_id"),
    text("equipment_type"),
    optional_text("customer_equipment_number"),
    # The revision of the last change of the customer's view of the unit; 0 where it has not changed since revisions
    # exist.
    number("revision"),
    Index("ix_unit_access_revision", "customer_id", "revision", "unit_id"),
    Index("ix_unit_access_site", "customer_id", "site_id", "unit_id"),
    given_index("unit_access", "customer_equipment_number"),
    Index("ix_unit_access_type", "customer_id", "equipment_type", "unit_id"),
    # A hash index, because it can't be read in order: with a B-tree PostgreSQL would walk all customers' units and
    # filter one customer's.
    Index("ix_unit_access_unit", "unit_id", postgresql_using="hash"),
)


class UnitAccess(Struct, frozen=True):
    """`role` is "owner" or "manager"."""

    customer_id: CustomerId
    unit_id: UnitId
    role: str
    site_id: SiteId
    equipment_type: str
    customer_equipment_number: str | None = None


_A, _U, _S = UNIT_ACCESS.c, UNITS.c, SITES.c
# Columns of the unit itself are matched by name.
_ELSEWHERE: dict[str, ColumnElement[Any]] = {
    "floors": FLOORS,
    "role": _A.role,
    "customer_equipment_number": _A.customer_equipment_number,
    "site_id": _S.id.label("site_id"),
    "site_name": _S.name.label("site_name"),
    **{name: _S[name] for name in ("street", "postal_code", "city", "country")},
}
SEEN = tuple(_ELSEWHERE[name] if name in _ELSEWHERE else _U[name] for name in SeenUnit.__struct_fields__)


def within_membership(stands: Any = _A) -> ColumnElement[bool]:
    """The unit, or its site, is one of those that a limited membership lists; `stands` has the columns unit_id and
    site_id."""
    sites, units = MEMBERSHIP_SITES.c, MEMBERSHIP_UNITS.c
    owner: dict[str, BindParameter[str]] = {"user": bindparam("user_id"), "customer": bindparam("customer_id")}
    return or_(
        select(1)
        .where(sites.user_id == owner["user"], sites.customer_id == owner["customer"], sites.site_id == stands.site_id)
        .exists(),
        select(1)
        .where(units.user_id == owner["user"], units.customer_id == owner["customer"], units.unit_id == stands.unit_id)
        .exists(),
    )


def _is_living(disabled_at: ColumnElement[int]) -> ColumnElement[bool]:
    # Written as a comparison, which is true for every time, because PostgreSQL expects only NULL to be rare until it
    # has analysed the table, and would then read all units.
    return or_(disabled_at.is_(None), disabled_at < 0)


def _seen(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    # Appending the empty text keeps PostgreSQL from a merge join, which would read the table of all units from its
    # beginning. Each row of the page looks up its own unit instead, so the last page costs as much as the first.
    joined = UNIT_ACCESS.join(UNITS, _U.id == _A.unit_id.concat(literal_column("''"))).join(SITES, _S.id == _U.site_id)
    living = and_(_is_living(_U.disabled_at), _is_living(_S.disabled_at))
    return select(*SEEN).select_from(joined).where(_A.customer_id == bindparam("customer_id"), living, *conditions)


def _matches_text() -> ColumnElement[bool]:
    pattern: BindParameter[str] = bindparam("text")
    columns = (
        _U.id, _U.controller_number, _U.serial_number, _A.customer_equipment_number, _S.name, _S.street, _S.city, _S.postal_code,
    )  # fmt: skip
    return or_(*(func.lower(column).like(pattern, escape="\\") for column in columns))


_FILTERS: dict[str, Callable[[], ColumnElement[bool]]] = {
    "site": lambda: _A.site_id == bindparam("site"),
    "type": lambda: _A.equipment_type == bindparam("type"),
    "text": _matches_text,
}


def _page(chosen: frozenset[str], limited: bool) -> Executable:
    conditions = [_FILTERS[name]() for name in sorted(chosen)] + ([within_membership()] if limited else [])
    return _seen(_A.unit_id > bindparam("after"), *conditions).order_by(_A.unit_id).limit(bindparam("most"))


def _one(limited: bool) -> Executable:
    return _seen(_A.unit_id == bindparam("unit_id"), *([within_membership()] if limited else []))


def _page_statements() -> dict[tuple[bool, frozenset[str]], Statement[SeenUnit]]:
    """One statement for each combination of filters, with and without a limited membership."""
    made: dict[tuple[bool, frozenset[str]], Statement[SeenUnit]] = {}
    names = sorted(_FILTERS)
    for mask in range(2 ** len(names)):
        chosen = frozenset(name for bit, name in enumerate(names) if mask >> bit & 1)
        for limited in (False, True):
            made[limited, chosen] = Statement(partial(_page, chosen, limited), SeenUnit)
    return made


_PAGES = _page_statements()
_ONE = {limited: Statement(partial(_one, limited), SeenUnit) for limited in (False, True)}
_OVERWRITING = Overwriting(UNIT_ACCESS, CURRENT, always=("site_id", "equipment_type"))


# Site and type are copied from the stored unit, whatever the rows say.
_STORED = {
    name: select(_U[name]).where(_U.id == _A.unit_id).scalar_subquery() for name in ("site_id", "equipment_type")
}


def _taking_stored(given: Any) -> Update:
    differs = or_(*(_A[name] != stored for name, stored in _STORED.items()))
    mine = (_A.customer_id == given["customer_id"], _A.unit_id == given["unit_id"])
    return update(UNIT_ACCESS).where(*mine, differs).values(_STORED)


_KEY = {"customer_id": Text(), "unit_id": Text()}
_TAKE_STORED = Statement(
    lambda: _taking_stored({name: bindparam(name, type_=type_) for name, type_ in _KEY.items()}),
    nothing,
    Statement(lambda: _taking_stored(lists_of(_KEY).c), nothing),
)


def _remember() -> Insert:
    which = (_A.customer_id == bindparam("customer_id"), _A.unit_id == bindparam("unit_id"))
    removed = select(_A.customer_id, _A.unit_id, _A.site_id, CURRENT, bindparam("at", type_=BigInteger())).where(*which)
    left = Insert(UNIT_REMOVALS).from_select(["customer_id", "unit_id", "site_id", "revision", "at"], removed)
    newest = {name: left.excluded[name] for name in ("revision", "at")}
    return left.on_conflict_do_update(index_elements=["customer_id", "unit_id", "site_id"], set_=newest)


_REMEMBER = Statement(_remember, nothing)
_REMOVE = Statement(
    lambda: delete(UNIT_ACCESS).where(_A.customer_id == bindparam("customer_id"), _A.unit_id == bindparam("unit_id")),
    nothing,
)


def who_of(reach: Reach) -> dict[str, object]:
    """The parameters by which every statement here is restricted to its caller."""
    who: dict[str, object] = {"customer_id": reach.customer_id}
    if reach.limited_to is not None:
        who["user_id"] = reach.limited_to
    return who


def pattern_of(text: str) -> str:
    """For LIKE: what contains the text, in any case."""
    escaped = fold(composed(text)).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


async def seen_units(
    db: Reads,
    reach: Reach,
    *,
    after: str = "",
    most: int,
    site: str | None = None,
    type: str | None = None,
    text: str | None = None,
) -> list[SeenUnit]:
    """The units in reach after the id `after`, ordered by id; each filter narrows them."""
    asked = {"site": site, "type": type, "text": None if text is None else pattern_of(text)}
    filters = {name: value for name, value in asked.items() if value is not None}
    statement = _PAGES[reach.limited_to is not None, frozenset(filters)]
    params = {**who_of(reach), **filters, "after": after, "most": most}
    scans = text is not None or reach.limited_to is not None
    return await (db.slow(statement, params, reach.customer_id) if scans else db.all(statement, params))


async def find_seen_unit(db: Reader, reach: Reach, unit_id: UnitId) -> SeenUnit | None:
    return await db.one(_ONE[reach.limited_to is not None], {**who_of(reach), "unit_id": unit_id})


async def put_access(tx: Writer, rows: Sequence[UnitAccess], columns: frozenset[str] | None = None) -> None:
    """Adds new rows and overwrites known ones; of several for one customer and unit the last counts. Where `columns`
    are given, only these are overwritten. Site and type become those of the stored unit, because the access of a person
    who is limited to a site depends on them. Raises Conflict where a customer or unit does not exist."""
    # From here on nobody else can move a unit until this transaction ends.
    await next_revision(tx)
    once = list({(row.customer_id, row.unit_id): row for row in rows}.values())
    await tx.put_rows(_OVERWRITING.of(columns), once)
    await tx.put_rows(_TAKE_STORED, once)


async def remove_access(tx: Writer, customer_id: CustomerId, unit_id: UnitId, at: int) -> bool:
    """The removal appears in the changes feed."""
    await next_revision(tx)
    which = {"customer_id": customer_id, "unit_id": unit_id}
    await tx.run(_REMEMBER, {**which, "at": at})
    return await tx.run(_REMOVE, which) == 1
