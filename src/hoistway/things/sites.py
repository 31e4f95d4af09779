"""Sites and units: what they are made of."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from hoistway.protocol.ids import SiteId
from hoistway.protocol.numbers import read_decimal
from hoistway.store.db import Writer
from hoistway.store.sites import Site, find_site, put_sites
from hoistway.store.unit_access import put_access
from hoistway.store.unit_revisions import next_revision
from hoistway.store.units import Unit, find_unit, put_units
from hoistway.things.accounts import lock_named_customer
from hoistway.things.making import Entry, Made, Making, Misfit, Unfit, check_id, whole, words
from hoistway.things.organisations import NAME
from hoistway.things.unit_rows import COLUMNS, KINDS, ROLES, BadRow, read_row, values_of


def check_country(value: str) -> str:
    """Two letters (ISO 3166-1), or nothing. Raises Misfit."""
    if value and (len(value) != len("DE") or not (value.isascii() and value.isalpha())):
        raise Misfit("make_country")
    return value.upper()


ADDRESS: Final = (
    Entry("street", "thing_street", lambda row: row.street, words(least=0), required=False),
    Entry("postal_code", "thing_postal_code", lambda row: row.postal_code, words(20, least=0), required=False),
    Entry("city", "thing_city", lambda row: row.city, words(least=0), required=False),
    Entry("country", "thing_country", lambda row: row.country, check_country, required=False),
)


async def make_site(tx: Writer, values: Mapping[str, Any], now: int, _digest: str) -> Made:
    """Raises Unfit."""
    # From here on nobody else can add it until this transaction ends.
    await next_revision(tx)
    if await find_site(tx, SiteId(values["id"])) is not None:
        raise Unfit("id", "make_taken")
    street, postal_code, city, country = (values[entry.name] for entry in ADDRESS)
    row = Site(SiteId(values["id"]), values["name"], street, postal_code, city, country, now)
    await put_sites(tx, [row])
    return Made(row)


SITE: Final = Making(
    "site.changed", (Entry("id", "thing_id", check=check_id, hint="make_id_hint"), NAME, *ADDRESS), make_site
)


async def make_unit(tx: Writer, values: Mapping[str, Any], now: int, _digest: str) -> Made:
    """A unit in a site, and the customer that sees it. Raises Unfit."""
    given = {**values, "unit_id": values["id"]}
    try:
        row = read_row(1, values_of(given), None, now, frozenset(COLUMNS))
    except BadRow as error:
        entry = str(error).split()[0]
        raise Unfit(entry if entry in given else "id", "make_said", words=error) from error
    await lock_named_customer(tx, row.access.customer_id, "customer_id")
    await next_revision(tx)
    if await find_unit(tx, row.unit.id) is not None:
        raise Unfit("id", "make_taken")
    if await find_site(tx, row.unit.site_id) is None:
        raise Unfit("site_id", "make_no_site", id=row.unit.site_id)
    await put_units(tx, [row.unit])
    await put_access(tx, [row.access])
    return Made(row.unit, about={"customer": row.access.customer_id, "role": row.access.role})


def _optional(name: str, label: str) -> Entry:
    return Entry(name, label, check=words(least=0), required=False)


_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
"""Without an exponent."""
_KIND_OPTIONS: Final = tuple((kind, kind) for kind in KINDS)
_ROLE_OPTIONS: Final = tuple((role, role) for role in ROLES)


def _kilograms(value: str) -> int | None:
    return whole(0, 999_999)(value) if value else None


def check_speed(value: str) -> float | None:
    """Digits with a point. Raises Misfit."""
    number = read_decimal(value, 0, 1_000_000)
    if value and (number is None or not _PLAIN.fullmatch(value)):
        raise Misfit("make_decimal")
    return number


UNIT: Final = Making(
    "unit.changed",
    (
        Entry("id", "list_number", check=check_id, hint="make_id_hint"),
        Entry("site_id", "make_site", check=words(100)),
        Entry("customer_id", "make_seen_by", check=words()),
        Entry("role", "make_role", kind="choose", options=_ROLE_OPTIONS, begins=ROLES[0]),
        Entry("equipment_type", "thing_type", kind="choose", options=_KIND_OPTIONS, begins=KINDS[0]),
        _optional("customer_equipment_number", "make_own_number"),
        _optional("controller_type", "thing_controller"),
        _optional("controller_number", "make_controller_number"),
        Entry("capacity_kg", "make_capacity", check=_kilograms, required=False),
        Entry("contract_speed_mps", "make_speed", check=check_speed, required=False),
        _optional("serial_number", "thing_serial"),
    ),
    make_unit,
)


def _text(value: str) -> str | None:
    return words(least=0)(value) or None


def _read(name: str) -> Callable[[Unit], str]:
    def read(row: Unit) -> str:
        value = getattr(row, name)
        return "" if value is None else str(value)

    return read


def check_kind(value: str) -> str:
    """Raises Misfit."""
    if value not in KINDS:
        raise Misfit("make_choose")
    return value


UNIT_CHANGES: Final = (
    Entry("site_id", "make_site", _read("site_id"), words(100), hint="make_moves"),
    Entry("equipment_type", "thing_type", _read("equipment_type"), check_kind, "choose", _KIND_OPTIONS),
    Entry("controller_type", "thing_controller", _read("controller_type"), _text, required=False),
    Entry("controller_number", "make_controller_number", _read("controller_number"), _text, required=False),
    Entry("controller_description", "make_controller_text", _read("controller_description"), _text, required=False),
    Entry("car_type", "make_car", _read("car_type"), _text, required=False),
    Entry("capacity_kg", "make_capacity", _read("capacity_kg"), _kilograms, required=False),
    Entry("contract_speed_mps", "make_speed", _read("contract_speed_mps"), check_speed, required=False),
    Entry("serial_number", "thing_serial", _read("serial_number"), _text, required=False),
)


async def change_unit(tx: Writer, row: Unit, values: Mapping[str, Any], now: int) -> None:
    """Everybody who sees it finds the change in their feed. Raises Unfit."""
    if "site_id" in values and await find_site(tx, SiteId(values["site_id"])) is None:
        raise Unfit("site_id", "make_no_site", id=values["site_id"])
    await put_units(tx, [replace(row, **values, updated_at=now)])
