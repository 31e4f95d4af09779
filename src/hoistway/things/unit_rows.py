"""Turns a row of an import file into a unit: what each column may contain, whatever the kind of file (commands/unit_files)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.protocol.numbers import read_decimal
from hoistway.protocol.text import BadText, check_seen, cleaned, composed, is_plain, one_line, read_line
from hoistway.store.floors import NO_FLOORS, FloorList, check_floors
from hoistway.store.sites import Site
from hoistway.store.unit_access import UnitAccess
from hoistway.store.units import Unit

KINDS = ("elevator", "escalator")
ROLES = ("owner", "manager")
# The order is used everywhere below. A value that a row does not have is an empty text.
COLUMNS = (
    "unit_id", "site_id", "customer_id", "role", "customer_equipment_number", "equipment_type", "controller_number",
    "controller_type", "controller_description", "car_type", "capacity_kg", "contract_speed_mps", "serial_number",
    "floors", "site_name", "street", "postal_code", "city", "country",
)  # fmt: skip
NEEDED: Final = ("unit_id", "site_id", "customer_id")
OF_SITE: Final = {
    "site_name": "name",
    "street": "street",
    "postal_code": "postal_code",
    "city": "city",
    "country": "country",
}
"""The columns that describe the site, by name, and where they are stored."""
SEVERAL_LINES: Final = frozenset({"street", "controller_description"})
LONGEST_ID, LONGEST_ROW = 100, 64 * 1024
_POINTS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_THOUSANDS = re.compile("[1-9][0-9]{0,2},[0-9]{3}")
Values = Sequence[Any]


class BadRow(Exception):
    """A row that can't be read; the text says why."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """`columns` are those that the file has; of a known unit or site the others stay as they are. `describes_site` is
    True where it says more about its site than the id."""

    line: int
    site: Site
    unit: Unit
    access: UnitAccess
    describes_site: bool
    columns: frozenset[str] = frozenset(COLUMNS)


def values_of(row: Mapping[str, Any]) -> Values:
    """The known columns of a row by name."""
    return [row.get(name) for name in COLUMNS]


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if name == "floors":
        return msgspec.json.encode(value).decode()
    raise BadRow(f"{name} must be a text or a number")


def _texts(values: Values) -> Values:
    """All values as text without surrounding blanks. They are checked together, because a file with a million rows has
    twenty times as many values. Raises BadRow."""
    try:
        values = list(map(str.strip, values))
    except TypeError:
        values = [_text(name, value).strip() for name, value in zip(COLUMNS, values, strict=True)]
    whole = "".join(values)
    if len(whole) > LONGEST_ROW:
        raise BadRow(f"the row has more than {LONGEST_ROW} characters")
    if is_plain(whole) and "  " not in whole and "\ufffd" not in whole:
        return values
    # PostgreSQL can't store NUL; the replacement character stands for bytes of the file that were no UTF-8.
    if "\x00" in whole or "\ufffd" in whole:
        spoiled = next(
            name for name, value in zip(COLUMNS, values, strict=True) if "\x00" in value or "\ufffd" in value
        )
        raise BadRow(f"{spoiled} holds a NUL byte or what is no UTF-8: save the file as UTF-8")
    return [_clean(name, value) for name, value in zip(COLUMNS, values, strict=True)]


def _clean(name: str, value: str) -> str:
    try:
        if name in NEEDED:
            return read_line(value)
        check_seen(value)
    except BadText as error:
        raise BadRow(f"{name} {error}") from error
    if name == "floors":
        return composed(value)
    return cleaned(value) if name in SEVERAL_LINES else one_line(value)


def _id(name: str, value: str) -> str:
    if not value:
        raise BadRow(f"{name} is missing")
    if len(value) > LONGEST_ID:
        raise BadRow(f"{name} has more than {LONGEST_ID} characters")
    if value in {".", ".."}:
        # RFC 3986 section 5.2.4: a client that asks for such an id in an address would ask for another one.
        raise BadRow(f"{name} is {value}, which clients take out of an address: choose another")
    return value


def _number(name: str, value: str) -> float | None:
    if not value:
        return None
    number = read_decimal(value, 0, 1_000_000)
    if number is None:
        point = value.replace(",", ".")
        if value.count(",") == 1 and read_decimal(point, 0, 1_000_000) is not None:
            if _THOUSANDS.fullmatch(value):
                whole = value.replace(",", "")
                raise BadRow(
                    f"{name} has a comma, {value}: write {whole} if it separates thousands, {point} if it is decimal"
                )
            raise BadRow(f"{name} has a decimal comma: write {point} for {value}")
        raise BadRow(
            f"{name} must be a number from 0 to less than 1000000, in digits 0 to 9 with a point: {value[:40]}"
        )
    return number


def _kilograms(value: str) -> int | None:
    number = _number("capacity_kg", value)
    if number is None:
        return None
    if _POINTS.fullmatch(value):
        raise BadRow(
            f"capacity_kg has a point, {value}: write {value.replace('.', '')} if it separates thousands, {number:g} if it is decimal"
        )
    if not number.is_integer():
        raise BadRow(f"capacity_kg must be a whole number of kilograms: {value[:40]}")
    return round(number)


def _floors(value: str) -> FloorList:
    try:
        return check_floors(value)
    except ValueError as error:
        raise BadRow(str(error)) from error


def read_row(
    line: int, values: Values, customer: str | None, now: int, columns: frozenset[str] = frozenset(COLUMNS)
) -> Row:
    """`values` are in the order of COLUMNS; `customer` is the owner where the row names none. Raises BadRow."""
    (
        unit, site, owner, role, number, kind, controller_number, controller_type, controller_description, car_type,
        capacity, speed, serial_number, floors, name, street, postal_code, city, country,
    ) = _texts(values)  # fmt: skip
    site_id, unit_id = SiteId(_id("site_id", site)), UnitId(_id("unit_id", unit))
    kind, role, owner = kind or KINDS[0], role or ROLES[0], owner or customer
    if kind not in KINDS:
        raise BadRow(f"equipment_type must be {' or '.join(KINDS)}")
    if role not in ROLES:
        raise BadRow(f"role must be {' or '.join(ROLES)}")
    if not owner:
        raise BadRow("customer_id is missing, and --customer was not given")
    return Row(
        line,
        Site(site_id, name or site_id, street, postal_code, city, country, now),
        Unit(
            id=unit_id, site_id=site_id, equipment_type=kind, updated_at=now,
            controller_number=controller_number or None, controller_type=controller_type or None,
            controller_description=controller_description or None, car_type=car_type or None,
            capacity_kg=_kilograms(capacity),
            contract_speed_mps=_number("contract_speed_mps", speed), serial_number=serial_number or None,
            floors=_floors(floors) if floors else NO_FLOORS,
        ),
        UnitAccess(
            customer_id=CustomerId(owner), unit_id=unit_id, role=role, site_id=site_id, equipment_type=kind,
            customer_equipment_number=number or None,
        ),
        bool(name or street or postal_code or city or country),
        columns,
    )  # fmt: skip
