"""What one request may see: its reach, and units and sites as its customer sees them (store/unit_access)."""

import msgspec
from msgspec import Struct

from hoistway.protocol.ids import CustomerId, SiteId, UnitId, UserId
from hoistway.store.floors import FloorList


class Reach(Struct, frozen=True):
    """Which units one request may see: all of a customer, or only those of one limited membership. Only api/guard makes
    one."""

    customer_id: CustomerId
    limited_to: UserId | None = None


class SeenUnit(msgspec.Struct, frozen=True, gc=False):
    """A unit as one customer sees it, with its site's address. It is a Struct because a page makes up to 1,000 of them,
    and a frozen dataclass with as many fields takes eight times as long to make."""

    id: UnitId
    equipment_type: str
    controller_number: str | None
    controller_type: str | None
    controller_description: str | None
    car_type: str | None
    capacity_kg: int | None
    contract_speed_mps: float | None
    serial_number: str | None
    floors: FloorList
    updated_at: int
    role: str
    customer_equipment_number: str | None
    site_id: SiteId
    site_name: str
    street: str
    postal_code: str
    city: str
    country: str


class SeenSite(Struct, frozen=True):
    id: SiteId
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    unit_count: int
