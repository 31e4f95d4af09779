"""Units: the master data of lifts and escalators; which customer may see one stands in store/unit_access."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Column, Float, Table, bindparam, select

from hoistway.protocol.ids import SiteId, UnitId
from hoistway.store.columns import at, key, optional_number, optional_text, reference, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

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
)


@dataclass(frozen=True, slots=True)
class Unit:
    """`capacity_kg` in kilograms, `contract_speed_mps` in metres a second; `floors` is a JSON text:
    [{"id": …, "marking": …, "level": millimetres}]. `equipment_type` is "elevator" or "escalator"."""

    id: UnitId
    site_id: SiteId
    equipment_type: str
    controller_number: str | None
    controller_type: str | None
    controller_description: str | None
    car_type: str | None
    capacity_kg: int | None
    contract_speed_mps: float | None
    serial_number: str | None
    floors: str
    updated_at: int


_UPSERT = Statement(upsert(UNITS), nothing)
_FIND = Statement(select(UNITS).where(UNITS.c.id == bindparam("id")), Unit)
_LIST = Statement(
    select(UNITS).where(UNITS.c.id > bindparam("after")).order_by(UNITS.c.id).limit(bindparam("most")), Unit
)


async def put_units(tx: Writer, units: Sequence[Unit]) -> None:
    """Writes new units and overwrites known ones. Raises Conflict where a site does not exist."""
    await tx.run_many(_UPSERT, [asdict(unit) for unit in units])


async def find_unit(db: Reader, unit_id: UnitId) -> Unit | None:
    """For operators: no customer is asked. Programs' requests go through store/unit_access."""
    return await db.one(_FIND, {"id": unit_id})


async def list_units(db: Reader, after: str = "", most: int = 100) -> list[Unit]:
    """For operators."""
    return await db.all(_LIST, {"after": after, "most": most})
