"""Units: the master data of lifts and escalators; which customer may see one stands in store/unit_access."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Column, Float, Index, Table, bindparam, column, func, literal_column, select

from hoistway.protocol.ids import SiteId, UnitId
from hoistway.store.columns import (
    at,
    disabled_index,
    given_index,
    key,
    number,
    optional_at,
    optional_number,
    optional_text,
    reference,
    switch_of,
    text,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.floors import NO_FLOORS, FloorList
from hoistway.store.overwriting import Overwriting
from hoistway.store.schema import METADATA
from hoistway.store.unit_marks import mark_units
from hoistway.store.unit_revisions import CURRENT, next_revision

_CHANGED = column("revision") > 0
UNITS = Table(
    "units",
    METADATA,
    key(),
    reference("site_id", "sites.id"),
    text("equipment_type"),
    optional_text("controller_number"),
    optional_text("controller_type"),
    optional_text("controller_description"),
    optional_text("car_type"),
    optional_number("capacity_kg"),
    Column("contract_speed_mps", Float, nullable=True),
    optional_text("serial_number"),
    text("floors"),
    at("updated_at"),
    optional_at("disabled_at"),
    # The version before reads `floors`; answers come from this column.
    optional_text("floor_list"),
    disabled_index("units"),
    # The revision of its last change; 0 for a row that was only added.
    number("revision"),
    Index("ix_units_site", "site_id", "id"),
    given_index("units", "serial_number"),
    Index("ix_units_revision", "revision", sqlite_where=_CHANGED, postgresql_where=_CHANGED),
)


class Unit(Struct, frozen=True):
    """`capacity_kg` in kilograms, `contract_speed_mps` in metres a second. `equipment_type` is "elevator" or "escalator".
    Customers do not see a disabled one."""

    id: UnitId
    site_id: SiteId
    equipment_type: str
    updated_at: int
    controller_number: str | None = None
    controller_type: str | None = None
    controller_description: str | None = None
    car_type: str | None = None
    capacity_kg: int | None = None
    contract_speed_mps: float | None = None
    serial_number: str | None = None
    floors: FloorList = NO_FLOORS
    disabled_at: int | None = None

    @property
    def floor_list(self) -> FloorList:
        """Written beside `floors` until no older version reads those."""
        return self.floors


# What an older version wrote is in `floors` alone.
FLOORS = func.coalesce(UNITS.c.floor_list, UNITS.c.floors).label("floors")
_READ = select(*(FLOORS if name == "floors" else UNITS.c[name] for name in Unit.__struct_fields__))


_OVERWRITING = Overwriting(
    UNITS, literal_column("0"), always=("site_id",), never=("disabled_at",), unheeded=("updated_at",)
)
_FIND = Statement(lambda: _READ.where(UNITS.c.id == bindparam("id")), Unit)
_LIST = Statement(
    lambda: _READ.where(UNITS.c.id > bindparam("after")).order_by(UNITS.c.id).limit(bindparam("most")), Unit
)
_DISABLE = Statement(lambda: switch_of(UNITS).values(revision=CURRENT), nothing)


async def put_units(tx: Writer, units: Sequence[Unit], columns: frozenset[str] | None = None) -> None:
    """Adds new units and overwrites known ones; of several with one id the last counts. Where `columns` are given, only
    these and the site are overwritten. A disabled unit stays disabled. All customers who see a changed unit get its
    current site and type, and find the change in their feeds. Raises Conflict where a site does not exist."""
    if columns is not None and "floors" in columns:
        columns |= {"floor_list"}
    await next_revision(tx)
    await tx.put_rows(_OVERWRITING.of(columns), list({unit.id: unit for unit in units}.values()))
    await mark_units(tx)


async def find_unit(db: Reader, unit_id: UnitId) -> Unit | None:
    """For operators: no customer is checked. Requests of programs go through store/unit_access."""
    return await db.one(_FIND, {"id": unit_id})


async def list_units(db: Reader, after: str = "", most: int = 100) -> list[Unit]:
    """For operators."""
    return await db.all(_LIST, {"after": after, "most": most})


async def set_unit_disabled(tx: Writer, unit_id: UnitId, at: int | None) -> bool:
    await next_revision(tx)
    done = await tx.run(_DISABLE, {"b_id": unit_id, "at": at}) == 1
    await mark_units(tx)
    return done
