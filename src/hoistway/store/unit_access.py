"""Which customer sees which unit, as owner or as manager: the only way from a token's customer to rows of units.

The site and the equipment type of the unit are repeated here so that each filter of the list walks an index of the
customer's own rows, whatever other customers have.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Index,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
)

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.columns import optional_text, reference, text, upsert
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.memberships import MEMBERSHIP_SITES, MEMBERSHIP_UNITS
from hoistway.store.schema import METADATA
from hoistway.store.seen import Reach, SeenSite, SeenUnit
from hoistway.store.sites import SITES
from hoistway.store.units import UNITS

UNIT_ACCESS = Table(
    "unit_access",
    METADATA,
    reference("customer_id", "customers.id", primary_key=True),
    reference("unit_id", "units.id", primary_key=True),
    text("role"),
    text("site_id"),
    text("equipment_type"),
    optional_text("customer_equipment_number"),
    Index("ix_unit_access_site", "customer_id", "site_id", "unit_id"),
    Index("ix_unit_access_type", "customer_id", "equipment_type", "unit_id"),
    # A hash, because it can't be read in order: PostgreSQL would walk all customers' units and filter one customer's.
    Index("ix_unit_access_unit", "unit_id", postgresql_using="hash"),
)


@dataclass(frozen=True, slots=True)
class UnitAccess:
    """`role` is "owner" or "manager"."""

    customer_id: CustomerId
    unit_id: UnitId
    role: str
    site_id: SiteId
    equipment_type: str
    customer_equipment_number: str | None = None


_A, _U, _S = UNIT_ACCESS.c, UNITS.c, SITES.c
_SEEN = (
    _U.id, _U.equipment_type, _U.controller_number, _U.controller_type, _U.controller_description, _U.car_type,
    _U.capacity_kg, _U.contract_speed_mps, _U.serial_number, _U.floors, _U.updated_at, _A.role,
    _A.customer_equipment_number, _S.id, _S.name, _S.street, _S.postal_code, _S.city, _S.country,
)  # fmt: skip


def _within_membership() -> ColumnElement[bool]:
    sites, units = MEMBERSHIP_SITES.c, MEMBERSHIP_UNITS.c
    owner: dict[str, BindParameter[str]] = {"user": bindparam("user_id"), "customer": bindparam("customer_id")}
    return or_(
        select(1)
        .where(sites.user_id == owner["user"], sites.customer_id == owner["customer"], sites.site_id == _A.site_id)
        .exists(),
        select(1)
        .where(units.user_id == owner["user"], units.customer_id == owner["customer"], units.unit_id == _A.unit_id)
        .exists(),
    )


def _seen(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    # The empty text keeps PostgreSQL from a merge join, which reads the table of all units from its beginning: each row of the
    # page looks up its own unit, so that the last page costs what the first did.
    joined = UNIT_ACCESS.join(UNITS, _U.id == _A.unit_id.concat(literal_column("''"))).join(SITES, _S.id == _U.site_id)
    return select(*_SEEN).select_from(joined).where(_A.customer_id == bindparam("customer_id"), *conditions)


def _matches_text() -> ColumnElement[bool]:
    pattern: BindParameter[str] = bindparam("text")
    columns = (
        _U.id, _U.controller_number, _U.serial_number, _A.customer_equipment_number, _S.name, _S.street, _S.city, _S.postal_code,
    )  # fmt: skip
    return or_(*(func.lower(column).like(pattern, escape="\\") for column in columns))


_FILTERS: dict[str, ColumnElement[bool]] = {
    "site": _A.site_id == bindparam("site"),
    "type": _A.equipment_type == bindparam("type"),
    "text": _matches_text(),
}


def _page_statements() -> dict[tuple[bool, frozenset[str]], Statement[SeenUnit]]:
    """One statement for each combination of filters, with and without a limited membership."""
    made: dict[tuple[bool, frozenset[str]], Statement[SeenUnit]] = {}
    names = sorted(_FILTERS)
    for mask in range(2 ** len(names)):
        chosen = frozenset(name for bit, name in enumerate(names) if mask >> bit & 1)
        for limited in (False, True):
            conditions = [_FILTERS[name] for name in sorted(chosen)] + ([_within_membership()] if limited else [])
            clause = _seen(_A.unit_id > bindparam("after"), *conditions).order_by(_A.unit_id).limit(bindparam("most"))
            made[limited, chosen] = Statement(clause, SeenUnit)
    return made


_PAGES = _page_statements()
_ONE = {
    limited: Statement(
        _seen(_A.unit_id == bindparam("unit_id"), *([_within_membership()] if limited else [])), SeenUnit
    )
    for limited in (False, True)
}


def _sites(limited: bool) -> Statement[SeenSite]:
    conditions = [_within_membership()] if limited else []
    counted = (
        select(_A.site_id, func.count().label("unit_count"))
        .where(_A.customer_id == bindparam("customer_id"), _A.site_id > bindparam("after"), *conditions)
        .group_by(_A.site_id)
        .order_by(_A.site_id)
        .limit(bindparam("most"))
        .subquery()
    )
    columns = (_S.id, _S.name, _S.street, _S.postal_code, _S.city, _S.country, counted.c.unit_count)
    clause = select(*columns).select_from(counted.join(SITES, _S.id == counted.c.site_id)).order_by(_S.id)
    return Statement(clause, SeenSite)


def _count(limited: bool) -> Statement[int]:
    conditions = and_(_A.customer_id == bindparam("customer_id"), *([_within_membership()] if limited else []))
    return Statement(select(func.count()).select_from(UNIT_ACCESS).where(conditions), int)


_SITES = {limited: _sites(limited) for limited in (False, True)}
_COUNT = {limited: _count(limited) for limited in (False, True)}
_UPSERT = Statement(upsert(UNIT_ACCESS), nothing)
_REMOVE = Statement(
    delete(UNIT_ACCESS).where(_A.customer_id == bindparam("customer_id"), _A.unit_id == bindparam("unit_id")), nothing
)
_FIRST_IDS = Statement(
    select(_A.unit_id).where(_A.customer_id == bindparam("customer_id")).order_by(_A.unit_id).limit(bindparam("most")),
    UnitId,
)


def _who(reach: Reach) -> dict[str, object]:
    who: dict[str, object] = {"customer_id": reach.customer_id}
    if reach.limited_to is not None:
        who["user_id"] = reach.limited_to
    return who


def _like(text: str) -> str:
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


async def seen_units(
    db: Database,
    reach: Reach,
    *,
    after: str = "",
    most: int,
    site: str | None = None,
    type: str | None = None,
    text: str | None = None,
) -> list[SeenUnit]:
    """The units in reach behind the id `after`, in the order of their ids; each filter narrows them."""
    filters: dict[str, object] = {}
    if site is not None:
        filters["site"] = site
    if type is not None:
        filters["type"] = type
    if text is not None:
        filters["text"] = _like(text)
    statement = _PAGES[reach.limited_to is not None, frozenset(filters)]
    params = {**_who(reach), **filters, "after": after, "most": most}
    scans = text is not None or reach.limited_to is not None
    return await (db.slow(statement, params) if scans else db.all(statement, params))


async def find_seen_unit(db: Reader, reach: Reach, unit_id: UnitId) -> SeenUnit | None:
    return await db.one(_ONE[reach.limited_to is not None], {**_who(reach), "unit_id": unit_id})


async def seen_sites(db: Database, reach: Reach, *, after: str = "", most: int) -> list[SeenSite]:
    statement = _SITES[reach.limited_to is not None]
    return await db.slow(statement, {**_who(reach), "after": after, "most": most})


async def count_units(db: Database, reach: Reach) -> int:
    """Walks the customer's own index entries."""
    return (await db.slow(_COUNT[reach.limited_to is not None], _who(reach)))[0]


async def first_unit_ids(db: Reader, customer_id: CustomerId, most: int = 20) -> list[UnitId]:
    return await db.all(_FIRST_IDS, {"customer_id": customer_id, "most": most})


async def put_access(tx: Writer, rows: Sequence[UnitAccess]) -> None:
    """Raises Conflict where a customer or unit does not exist."""
    await tx.run_many(_UPSERT, [asdict(row) for row in rows])


async def remove_access(tx: Writer, customer_id: CustomerId, unit_id: UnitId) -> bool:
    return await tx.run(_REMOVE, {"customer_id": customer_id, "unit_id": unit_id}) == 1
