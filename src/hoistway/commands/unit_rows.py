"""Rows of an import file as units: CSV with a header line (https://www.rfc-editor.org/rfc/rfc4180), or a JSON object a line."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.protocol.numbers import read_decimal
from hoistway.protocol.text import BadText, read_line
from hoistway.store.floors import NO_FLOORS, FloorList, check_floors
from hoistway.store.sites import Site
from hoistway.store.unit_access import UnitAccess
from hoistway.store.units import Unit

KINDS = ("elevator", "escalator")
ROLES = ("owner", "manager")
# In this order everywhere below. What a file does not have is an empty text.
COLUMNS = (
    "unit_id", "site_id", "customer_id", "role", "customer_equipment_number", "equipment_type", "controller_number",
    "controller_type", "controller_description", "car_type", "capacity_kg", "contract_speed_mps", "serial_number",
    "floors", "site_name", "street", "postal_code", "city", "country",
)  # fmt: skip
LONGEST_ID, LONGEST_ROW = 100, 64 * 1024
MOST_LINES = 10
"""Of one row, where a field holds line breaks."""
_MARK = "\x01"
# A quotation mark amid a text, which is no more than that: the number of them tells nothing then.
_LONE = re.compile(r'"(?<=[^,"]")[^,"\r\n]')
Values = Sequence[Any]


class BadRow(Exception):
    """One row can't be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """`describes_site`: it says more of its site than the id, so a known site is overwritten."""

    line: int
    site: Site
    unit: Unit
    access: UnitAccess
    describes_site: bool


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
    """All of them as texts. They are looked at together, because a million rows have twenty times as many. Raises BadRow."""
    try:
        whole = "".join(values)
    except TypeError:
        values = [_text(name, value) for name, value in zip(COLUMNS, values, strict=True)]
        whole = "".join(values)
    if len(whole) > LONGEST_ROW:
        raise BadRow(f"the row has more than {LONGEST_ROW} characters")
    # PostgreSQL stores no NUL; the replacement character stands where a file's bytes were no UTF-8.
    if "\x00" in whole or "\ufffd" in whole:
        spoiled = next(
            name for name, value in zip(COLUMNS, values, strict=True) if "\x00" in value or "\ufffd" in value
        )
        raise BadRow(f"{spoiled} holds a NUL byte or what is no UTF-8")
    return values


def _id(name: str, value: str) -> str:
    if not value:
        raise BadRow(f"{name} is missing")
    if len(value) > LONGEST_ID:
        raise BadRow(f"{name} has more than {LONGEST_ID} characters")
    try:
        return read_line(value)
    except BadText as error:
        raise BadRow(f"{name} {error}") from error


def _name(value: str) -> str:
    """On one line: a file may break it anywhere."""
    try:
        return read_line(" ".join(value.split()))
    except BadText as error:
        raise BadRow(f"site_name {error}") from error


def _number(name: str, value: str) -> float | None:
    if not value:
        return None
    if (number := read_decimal(value.strip(), 0, 1_000_000)) is None:
        raise BadRow(f"{name} must be a number from 0 to less than 1000000: {value[:40]}")
    return number


def _floors(value: str) -> FloorList:
    try:
        return check_floors(value)
    except ValueError as error:
        raise BadRow(str(error)) from error


def read_row(line: int, values: Values, customer: str | None, now: int) -> Row:
    """`values` in the order of COLUMNS; `customer` is the owner where the row names none. Raises BadRow."""
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
    kilograms = _number("capacity_kg", capacity)
    if kilograms is not None and not kilograms.is_integer():
        raise BadRow(f"capacity_kg must be a whole number: {capacity[:40]}")
    return Row(
        line,
        Site(site_id, _name(name) or site_id, street, postal_code, city, country, now),
        Unit(
            id=unit_id, site_id=site_id, equipment_type=kind, updated_at=now,
            controller_number=controller_number or None, controller_type=controller_type or None,
            controller_description=controller_description or None, car_type=car_type or None,
            capacity_kg=None if kilograms is None else round(kilograms),
            contract_speed_mps=_number("contract_speed_mps", speed), serial_number=serial_number or None,
            floors=_floors(floors) if floors else NO_FLOORS,
        ),
        UnitAccess(
            customer_id=CustomerId(owner), unit_id=unit_id, role=role, site_id=site_id, equipment_type=kind,
            customer_equipment_number=number or None,
        ),
        bool(name or street or postal_code or city or country),
    )  # fmt: skip


class _Lines:
    """The lines of a CSV file, without those that open a quotation and never end it: the reader would take all that follows
    for one field. A field may hold line breaks where its row then has as many columns as the header."""

    def __init__(self, file: Iterable[str]) -> None:
        self._lines = iter(file)
        self._ahead: deque[str] = deque()
        self._line = 0
        self.width = 0
        self.refused: list[int] = []

    def __iter__(self) -> Iterator[str]:
        while (line := self._next()) is not None:
            self._line += 1
            if line.count('"') % 2 == 0 and not _LONE.search(line):
                yield line
                continue
            taken = self._row(line)
            if not taken:
                # The reader counts lines, and takes an empty one for no row.
                self.refused.append(self._line)
                taken = ["\n"]
            self._line += len(taken) - 1
            yield from taken

    def _next(self) -> str | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _row(self, line: str) -> list[str]:
        """The lines of one row, none where it does not end; those that are none of it come again."""
        taken = [line]
        while len(taken) <= MOST_LINES:
            try:
                rows = list(csv.reader([*taken, _MARK], strict=len(taken) > 1))
            except csv.Error:
                break
            ends = rows[-1] == [_MARK]
            if ends and (len(taken) == 1 or len(rows[0]) == self.width):
                return taken
            following = None if ends else self._next()
            if following is None:
                break
            taken.append(following)
        self._ahead.extendleft(reversed(taken[1:]))
        return []


def _read_csv(path: Path) -> Iterator[tuple[int, Values | BadRow]]:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        lines = _Lines(file)
        reader = csv.reader(lines)
        width = 0
        pick: Callable[[list[str]], Values] = list
        while True:
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield reader.line_num, BadRow(str(error))
                continue
            yield from ((line, BadRow("a quotation begins and never ends")) for line in lines.refused)
            lines.refused.clear()
            if values is None:
                return
            if not values:
                continue
            if not width:
                header, width = [name.strip() for name in values], len(values)
                lines.width = width
                # What the header lacks is taken from the empty text behind the row.
                pick = itemgetter(*(header.index(name) if name in header else width for name in COLUMNS))
            elif len(values) > width:
                yield reader.line_num, BadRow("too many columns")
            else:
                values += [""] * (width + 1 - len(values))
                yield reader.line_num, pick(values)


def _read_lines(path: Path) -> Iterator[tuple[int, Values | BadRow]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with path.open("rb") as file:
        for line, text in enumerate(file, 1):
            if text.isspace():
                continue
            try:
                yield line, values_of(decode(text))
            except (msgspec.MsgspecError, ValueError, RecursionError):
                yield line, BadRow("not a JSON object in UTF-8")


def read_rows(path: Path) -> Iterator[tuple[int, Values | BadRow]]:
    """(line, row); a row that spans lines has the number of its last."""
    return _read_csv(path) if path.suffix.lower() == ".csv" else _read_lines(path)
