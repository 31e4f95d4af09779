"""Remembers on which line of a file something first occurred, in 24 to 48 bytes for each, or 40 to 80 with a value; a
dict needs three times as much.
"""

from array import array
from typing import Final

MOST: Final = 2_000_000
_BEGIN = 1 << 12


class FirstLines:
    """`is_full` is True once MOST are known; later ones are not compared."""

    __slots__ = ("_known", "_lines", "_marks", "_values")

    def __init__(self, *, with_values: bool = False) -> None:
        self._known = 0
        self._marks = array("Q", bytes(8 * _BEGIN))
        self._lines = array("I", bytes(4 * _BEGIN))
        self._values = array("Q", bytes(8 * _BEGIN)) if with_values else None

    @property
    def is_full(self) -> bool:
        return self._known >= MOST

    def seen(self, mark: int, line: int, value: int = 0) -> int | None:
        """The line on which an equal mark occurred before. If there is none, returns None and remembers this line, with
        a value of 64 bits."""
        mark = mark & 0xFFFF_FFFF_FFFF_FFFF or 1
        marks = self._marks
        mask = len(marks) - 1
        place = mark & mask
        while found := marks[place]:
            if found == mark:
                return self._lines[place]
            place = place + 1 & mask
        if self._known < MOST:
            marks[place], self._lines[place] = mark, line
            if self._values is not None:
                self._values[place] = value
            self._known += 1
            if self._known * 2 > mask:
                self._grow()
        return None

    def value(self, mark: int) -> int:
        """The value of a mark that was seen before."""
        return 0 if self._values is None else self._values[self._place(mark & 0xFFFF_FFFF_FFFF_FFFF or 1)]

    def _place(self, mark: int) -> int:
        marks, mask = self._marks, len(self._marks) - 1
        place = mark & mask
        while (found := marks[place]) and found != mark:
            place = place + 1 & mask
        return place

    def _grow(self) -> None:
        marks, lines, values = self._marks, self._lines, self._values
        self._marks, self._lines = array("Q", bytes(16 * len(marks))), array("I", bytes(8 * len(marks)))
        if values is not None:
            self._values = array("Q", bytes(16 * len(marks)))
        for old, mark in enumerate(marks):
            if mark:
                place = self._place(mark)
                self._marks[place], self._lines[place] = mark, lines[old]
                if values is not None and self._values is not None:
                    self._values[place] = values[old]
