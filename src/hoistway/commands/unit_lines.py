"""Which lines of a file are about the same unit: there may be one for each customer, and all must say the same about the unit itself."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from hoistway.commands.first_lines import FirstLines
from hoistway.things.unit_rows import COLUMNS, OF_SITE, BadRow, Row

OF_UNIT: Final = tuple(
    name
    for name in COLUMNS
    if name not in OF_SITE and name not in {"unit_id", "customer_id", "role", "customer_equipment_number"}
)
_BITS, _SHAPES = 28, 255
_MASK: Final = (1 << _BITS) - 1


class UnitLines:
    """Remembers the first line of each unit, and 64 bits of what it says: its site, which columns it has, and their
    values. Rows with different columns are compared by site alone, because so few bits can't tell which values both
    have."""

    __slots__ = ("_pairs", "_shapes", "_units")

    def __init__(self) -> None:
        self._units, self._pairs = FirstLines(with_values=True), FirstLines()
        self._shapes: dict[frozenset[str], tuple[int, Callable[[Any], Any]]] = {}

    @property
    def is_full(self) -> bool:
        """True when later rows are not compared any more."""
        return self._pairs.is_full

    def check(self, row: Row) -> None:
        """Raises BadRow."""
        unit, said = hash(row.unit.id), self._said(row)
        before = self._units.seen(unit, row.line, said)
        if before is not None:
            differs = self._difference(self._units.value(unit), said)
            if differs:
                raise BadRow(
                    f"unit_id {row.unit.id} is on line {before} already, with {differs}: which of the two counts?"
                )
        before = self._pairs.seen(hash((row.access.customer_id, row.unit.id)), row.line)
        if before is not None:
            raise BadRow(
                f"unit_id {row.unit.id} is on line {before} already, for the same customer: which of the two counts?"
            )

    def _said(self, row: Row) -> int:
        shape = self._shapes.get(row.columns)
        if shape is None:
            read: Callable[[Any], Any] = attrgetter("site_id", *(name for name in OF_UNIT if name in row.columns))
            shape = min(len(self._shapes), _SHAPES), read
            if shape[0] < _SHAPES:
                self._shapes[row.columns] = shape
        number, own = shape
        return (hash(row.unit.site_id) & _MASK) << 36 | number << _BITS | hash(own(row.unit)) & _MASK

    @staticmethod
    def _difference(first: int, said: int) -> str:
        if first >> 36 != said >> 36:
            return "another site_id"
        alike = first >> _BITS == said >> _BITS and first >> _BITS & _SHAPES < _SHAPES
        return "other values of the unit itself" if alike and first != said else ""
