"""Customers, sites and units, as operators see them."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from msgspec.structs import replace

from hoistway import clock
from hoistway.console.things.base import Fact, Page, Related, lines_of, units_below
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import Customer
from hoistway.store.db import Database
from hoistway.store.seen import Reach
from hoistway.store.sites import Site, find_site
from hoistway.store.unit_counts import count_units
from hoistway.store.units import Unit
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_shape import Asked
from hoistway.web.segments import segment

USED_DAYS: Final = 30
DAY: Final = 86_400


async def _customer_facts(db: Database, row: Customer) -> Sequence[Fact]:
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("thing_unit_count", await count_units(db, Reach(row.id))),
        *await _use_facts(db, row.id),
        Fact("thing_second_factor", row.second_factor or "nobody", kind="value"),
        Fact("thing_created", row.created_at, kind="instant"),
    )


async def _use_facts(db: Database, customer_id: CustomerId) -> Sequence[Fact]:
    """How often the customer called the APIs lately."""
    now = clock.now()
    days = await DAYS.moments(db, Asked(customer_id, now - USED_DAYS * DAY, now + 1))
    refused = sum(day.refused + day.failed for day in days)
    return (
        Fact("thing_calls", sum(day.answered for day in days) + refused, kind="count"),
        Fact("thing_calls_refused", refused, kind="count"),
    )


async def _customer_related(db: Database, row: Customer) -> Sequence[Related]:
    owned = urlencode({"customer": row.id})
    seen = urlencode({"customer_id": row.id})
    return [
        replace(await lines_of(db, "members_of_customer", row.id, "users"), rest=f"/console/users?{owned}"),
        await lines_of(db, "accounts_of_customer", row.id, "accounts", f"/console/accounts/new?{owned}"),
        await lines_of(db, "applications_of_customer", row.id, "applications", f"/console/applications/new?{owned}"),
        await lines_of(
            db,
            "subscriptions_of_customer",
            row.id,
            "subscriptions",
            None if row.id == SANDBOX else f"/console/customers/{segment(row.id)}/subscriptions/new",
        ),
        replace(await units_below(db, "customer", row.id), new=f"/console/units/new?{seen}"),
    ]


def address_line(row: Site) -> str:
    """The known parts of the address, without commas for missing ones."""
    return ", ".join(part for part in (row.street, f"{row.postal_code} {row.city}".strip(), row.country) if part)


async def _site_facts(_db: Database, row: Site) -> Sequence[Fact]:
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("thing_address", address_line(row)),
        Fact("thing_created", row.created_at, kind="instant"),
    )


async def _site_related(db: Database, row: Site) -> Sequence[Related]:
    return [replace(await units_below(db, "site", row.id), new=f"/console/units/new?{urlencode({'site_id': row.id})}")]


async def _unit_facts(db: Database, row: Unit) -> Sequence[Fact]:
    site = await find_site(db, row.site_id)
    return (
        Fact("thing_id", row.id, kind="code"),
        Fact("thing_type", row.equipment_type),
        Fact("thing_site", row.site_id if site is None else site.name, f"/console/sites/{segment(row.site_id)}"),
        Fact("thing_controller", " ".join(filter(None, (row.controller_type, row.controller_number)))),
        Fact("thing_capacity", "" if row.capacity_kg is None else f"{row.capacity_kg} kg"),
        Fact("thing_speed", "" if row.contract_speed_mps is None else f"{row.contract_speed_mps} m/s"),
        Fact("thing_serial", row.serial_number or "", kind="code"),
        Fact("thing_updated", row.updated_at, kind="instant"),
    )


async def _unit_related(db: Database, row: Unit) -> Sequence[Related]:
    return [await lines_of(db, "customers_of_unit", row.id, "customers")]


CUSTOMERS: Final = Page(_customer_facts, _customer_related)
SITES: Final = Page(_site_facts, _site_related)
UNITS: Final = Page(_unit_facts, _unit_related)
