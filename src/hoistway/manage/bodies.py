"""The bodies of the management API: one definition is both encoded and described (docs/adr/0017-answers-and-document.md)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.store.customers import Customer as CustomerRow
from hoistway.store.floors import Floor
from hoistway.store.proposals import Proposal
from hoistway.store.sites import Site as SiteRow
from hoistway.store.units import Unit as UnitRow
from hoistway.things.access import Access as AccessRow

NextCursor = Annotated[str | None, said("For the next page; null on the last one.", "WyJjLTEiLCJ4eHh4eHh4eCJd")]
CreatedAt = Annotated[datetime, said("When it was made, UTC.", "2026-01-30T13:35:09Z", tz=True)]
Instant = Annotated[datetime, Meta(tz=True)]
DisabledAt = Annotated[Instant | None, said("Since when it is disabled; null while it works.", None)]


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def optional_moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


class Waiting(Struct):
    """A change that gives more than one operator may give alone: it is written once people have approved it, at the console."""

    id: Annotated[str, said("Of the proposal.", "01994c9a-52a1-7b86-8f3e-3d3f6f0a7c11")]
    kind: Annotated[str, said("What it is about.", "application")]
    subject_id: Annotated[str, said("The thing's id.", "5a1d9c1e-52a1-4b86-8f3e-3d3f6f0a7c11")]
    state: Annotated[
        Literal["waiting", "approved", "refused", "withdrawn", "overtaken"], said("What became of it.", "waiting")
    ]
    before: Annotated[dict[str, str], Meta(description="The values before, by name.", examples=[{"scopes": ""}])]
    after: Annotated[dict[str, str], Meta(description="The values wanted.", examples=[{"scopes": "units.read"}])]
    created_at: CreatedAt


class WaitingList(Struct):
    """The oldest first; never more than 500 wait."""

    items: list[Waiting]


def waiting_body(row: Proposal) -> Waiting:
    state: Any = row.state
    return Waiting(row.id, row.kind, row.subject_id, state, row.before, row.after, moment(row.created_at))


_NAME = said("As people know it, 1 to 200 characters.", "Harbour Estates")
_SECOND_FACTOR = said("Of whom a second factor is demanded.", "administrators")
Demand = Literal["nobody", "administrators", "all"]


class Customer(Struct):
    id: Annotated[str, said("Chosen at its creation, never changed.", "c-1")]
    name: Annotated[str, _NAME]
    second_factor: Annotated[Demand, _SECOND_FACTOR]
    created_at: CreatedAt
    disabled_at: DisabledAt


class CustomerPage(Struct):
    items: list[Customer]
    next_cursor: NextCursor


class NewCustomer(Struct, forbid_unknown_fields=True):
    id: Annotated[str, said("1 to 100 characters without blanks.", "c-1")]
    name: Annotated[str, _NAME]


class CustomerChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is."""

    name: Annotated[str, _NAME] | UnsetType = UNSET
    second_factor: Annotated[Demand, _SECOND_FACTOR] | UnsetType = UNSET


def customer_body(row: CustomerRow) -> Customer:
    demand: Any = row.second_factor or "nobody"
    return Customer(row.id, row.name, demand, moment(row.created_at), optional_moment(row.disabled_at))


_STREET = said("Street and number.", "1 Quay")
_POSTAL_CODE = said("Postal code.", "20457")
_CITY = said("City.", "Hamburg")
_COUNTRY = said("ISO 3166-1 alpha-2; empty where it is not known.", "DE")


class Site(Struct):
    id: Annotated[str, said("Chosen at its creation, never changed.", "s-1")]
    name: Annotated[str, _NAME]
    street: Annotated[str, _STREET]
    postal_code: Annotated[str, _POSTAL_CODE]
    city: Annotated[str, _CITY]
    country: Annotated[str, _COUNTRY]
    created_at: CreatedAt
    disabled_at: DisabledAt


class SitePage(Struct):
    items: list[Site]
    next_cursor: NextCursor


class NewSite(Struct, forbid_unknown_fields=True):
    id: Annotated[str, said("1 to 100 characters without blanks.", "s-1")]
    name: Annotated[str, _NAME]
    street: Annotated[str, _STREET] | UnsetType = UNSET
    postal_code: Annotated[str, _POSTAL_CODE] | UnsetType = UNSET
    city: Annotated[str, _CITY] | UnsetType = UNSET
    country: Annotated[str, _COUNTRY] | UnsetType = UNSET


class SiteChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is."""

    name: Annotated[str, _NAME] | UnsetType = UNSET
    street: Annotated[str, _STREET] | UnsetType = UNSET
    postal_code: Annotated[str, _POSTAL_CODE] | UnsetType = UNSET
    city: Annotated[str, _CITY] | UnsetType = UNSET
    country: Annotated[str, _COUNTRY] | UnsetType = UNSET


def site_body(row: SiteRow) -> Site:
    return Site(
        row.id, row.name, row.street, row.postal_code, row.city, row.country, moment(row.created_at),
        optional_moment(row.disabled_at),
    )  # fmt: skip


Equipment = Literal["elevator", "escalator"]
Role = Literal["owner", "manager"]
_SITE_ID = said("Id of the site where it stands.", "s-1")
_EQUIPMENT = said("What it is.", "elevator")
_CONTROLLER_NUMBER = said("ERP or job number.", "C-20417")
_CONTROLLER_TYPE = said("For example TAC20, TAC32, E.COR.", "TAC32")
_CONTROLLER_TEXT = said("In words.", None)
_CAR_TYPE = said("single, double or twin.", "single")
_CAPACITY = said("kg", 1000)
_SPEED = said("m/s", 1.6)
_SERIAL = said("The maker's.", "S-1")
_OWN_NUMBER = said("The customer's own number.", "A-1")
_FLOORS: Any = Meta(
    extra_json_schema=msgspec.json.schema_components([list[Floor]], ref_template="#/components/schemas/{name}")[0][0],
    examples=[[{"id": "1", "marking": "G", "level": 0}]],
)


class Unit(Struct):
    id: Annotated[str, said("Country and number.", "US-1377515")]
    site_id: Annotated[str, _SITE_ID]
    equipment_type: Annotated[Equipment, _EQUIPMENT]
    controller_number: Annotated[str | None, _CONTROLLER_NUMBER]
    controller_type: Annotated[str | None, _CONTROLLER_TYPE]
    controller_description: Annotated[str | None, _CONTROLLER_TEXT]
    car_type: Annotated[str | None, _CAR_TYPE]
    capacity_kg: Annotated[int | None, _CAPACITY]
    contract_speed_mps: Annotated[float | None, _SPEED]
    serial_number: Annotated[str | None, _SERIAL]
    floors: Annotated[msgspec.Raw, _FLOORS]
    updated_at: Annotated[datetime, said("When this data last changed, UTC.", "2026-01-30T13:35:09Z", tz=True)]
    disabled_at: DisabledAt


class UnitPage(Struct):
    items: list[Unit]
    next_cursor: NextCursor


class NewUnit(Struct, forbid_unknown_fields=True):
    """With the first customer that sees it."""

    id: Annotated[str, said("1 to 100 characters without blanks.", "US-1377515")]
    site_id: Annotated[str, _SITE_ID]
    customer_id: Annotated[str, said("Id of the customer that sees it; further ones by its access.", "c-1")]
    role: Annotated[Role, said("What the customer is to it; owner where it is left out.", "owner")] | UnsetType = UNSET
    equipment_type: Annotated[Equipment, _EQUIPMENT] | UnsetType = UNSET
    customer_equipment_number: Annotated[str, _OWN_NUMBER] | UnsetType = UNSET
    controller_type: Annotated[str, _CONTROLLER_TYPE] | UnsetType = UNSET
    controller_number: Annotated[str, _CONTROLLER_NUMBER] | UnsetType = UNSET
    capacity_kg: Annotated[int, _CAPACITY] | UnsetType = UNSET
    contract_speed_mps: Annotated[float, _SPEED] | UnsetType = UNSET
    serial_number: Annotated[str, _SERIAL] | UnsetType = UNSET


class UnitChange(Struct, forbid_unknown_fields=True):
    """A member that is left out stays as it is; null takes a value away."""

    site_id: Annotated[str, _SITE_ID] | UnsetType = UNSET
    equipment_type: Annotated[Equipment, _EQUIPMENT] | UnsetType = UNSET
    controller_type: Annotated[str | None, _CONTROLLER_TYPE] | UnsetType = UNSET
    controller_number: Annotated[str | None, _CONTROLLER_NUMBER] | UnsetType = UNSET
    controller_description: Annotated[str | None, _CONTROLLER_TEXT] | UnsetType = UNSET
    car_type: Annotated[str | None, _CAR_TYPE] | UnsetType = UNSET
    capacity_kg: Annotated[int | None, _CAPACITY] | UnsetType = UNSET
    contract_speed_mps: Annotated[float | None, _SPEED] | UnsetType = UNSET
    serial_number: Annotated[str | None, _SERIAL] | UnsetType = UNSET


def unit_body(row: UnitRow) -> Unit:
    kind: Any = row.equipment_type
    return Unit(
        row.id, row.site_id, kind, row.controller_number, row.controller_type, row.controller_description, row.car_type,
        row.capacity_kg, row.contract_speed_mps, row.serial_number, msgspec.Raw(row.floors.encode()), moment(row.updated_at),
        optional_moment(row.disabled_at),
    )  # fmt: skip


class Access(Struct):
    customer_id: Annotated[str, said("Who sees the unit.", "c-1")]
    role: Annotated[Role, said("What the customer is to it.", "owner")]
    customer_equipment_number: Annotated[str | None, _OWN_NUMBER]


class AccessList(Struct):
    """By customer."""

    items: list[Access]


class AccessChange(Struct, forbid_unknown_fields=True):
    """The whole of it: what is left out is as at the beginning."""

    role: Annotated[Role, said("What the customer is to it; owner where it is left out.", "owner")] | UnsetType = UNSET
    customer_equipment_number: Annotated[str | None, _OWN_NUMBER] | UnsetType = UNSET


def access_body(customer_id: str, row: AccessRow) -> Access:
    role: Any = row.role
    return Access(customer_id, role, row.number or None)
