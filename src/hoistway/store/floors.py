"""The floors of a unit, as JSON text in one column.

They are checked and normalised when they are written, so that answers can pass them on unchanged
(docs/adr/0017-answers-and-document.md).
"""

from collections.abc import Iterable
from typing import Annotated, NewType

import msgspec
from msgspec import Meta

from hoistway.protocol.text import read_line

MOST, LONGEST = 500, 100
_LOWEST, _HIGHEST = -10_000_000, 10_000_000


FloorList = NewType("FloorList", str)
"""JSON that says what `Floor` describes; made here alone."""
NO_FLOORS = FloorList("[]")


class Floor(msgspec.Struct, frozen=True):
    """One floor that a unit serves."""

    id: Annotated[str, Meta(description="Which floor it is, within the unit.")]
    marking: Annotated[str, Meta(description="As written in the car.")]
    level: Annotated[int | None, Meta(description="mm; null where it is not known.")]


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """A floor as files have it: its id and its marking may be numbers."""

    id: str | int
    marking: str | int
    level: Annotated[float, Meta(ge=_LOWEST, le=_HIGHEST, multiple_of=1)] | None = None


_read = msgspec.json.Decoder(list[_Written]).decode
_write = msgspec.json.Encoder().encode


def _line(said: str | int) -> str:
    text = str(said)
    try:
        line = text if text.isascii() and text.isalnum() else read_line(text)
    except ValueError as error:
        raise ValueError(f"id or marking of one of the floors {error}") from error
    if not 1 <= len(line) <= LONGEST:
        raise ValueError(f"id and marking of floors must have 1 to {LONGEST} characters")
    return line


def write_floors(floors: Iterable[Floor]) -> FloorList:
    return FloorList(_write(list(floors)).decode())


def check_floors(text: str) -> FloorList:
    """Returns the floors of a JSON text in the form that is stored. Raises ValueError that says what is wrong."""
    try:
        found = _read(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        because = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
        raise ValueError(
            f'floors must be a list such as [{{"id": "1", "marking": "G", "level": 0}}]: {because}'
        ) from error
    if len(found) > MOST:
        raise ValueError(f"floors must be at most {MOST}")
    floors = [
        Floor(_line(one.id), _line(one.marking), None if one.level is None else round(one.level)) for one in found
    ]
    if len({floor.id for floor in floors}) < len(floors):
        raise ValueError("two floors have the same id")
    return write_floors(floors)
