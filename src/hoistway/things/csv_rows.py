"""Rows of a CSV file in memory (https://www.rfc-editor.org/rfc/rfc4180#section-2), read alike by the command line and the console: each has
as many cells as the first line names columns, and where it has fewer, the file may be cut off.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, Final

from msgspec import Struct

_BLANK: Final = " \t\r\n,;|"
_WORDS: Final = {
    "narrow": "too few columns, {} where the first line has {}: the file may be cut off; a value that is empty has its separator, too",
    "wide": "too many columns, {} where the first line has {}: a text that holds the separator stands in quotation marks",
}


class Misshapen(Struct, frozen=True):
    """A row that can't be read. `because` is "narrow", "wide" or "quotes"; `found` and `wanted` count cells, and `said` is
    what the reader says of quotation marks."""

    because: str
    found: int = 0
    wanted: int = 0
    said: str = ""

    @property
    def words(self) -> str:
        if self.because == "quotes":
            return f"the line can't be read: {self.said}; correct its quotation marks"
        return _WORDS[self.because].format(self.found, self.wanted)


class Table(Struct, frozen=True):
    """`names` are in lower case, from the line with the number `line`. Each of `rows` comes with the number of the line in
    which it begins; behind one whose quotation marks are wrong nothing can be read."""

    line: int
    names: tuple[str, ...]
    rows: Iterator[tuple[int, list[str] | Misshapen]]


def is_blank(line: str) -> bool:
    """Also a spreadsheet's row without any text."""
    return not line.strip(_BLANK)


def misshapen(values: Sequence[str], width: int) -> Misshapen | None:
    """Empty cells behind the last column are nothing."""
    if len(values) < width:
        return Misshapen("narrow", len(values), width)
    return Misshapen("wide", len(values), width) if any(map(str.strip, values[width:])) else None


def read_table(text: str, separators: Sequence[str]) -> Table:
    """Blank lines count for nothing, before the names of the columns as well. Raises csv.Error, where the names can't be read."""
    # A line ends at a line feed or carriage return alone: other separators of Unicode may stand in a text.
    lines = list(io.StringIO(text, newline=""))
    before = sum(1 for _ in takewhile(is_blank, lines))
    head = lines[before] if before < len(lines) else ""
    reader = csv.reader(lines[before:], delimiter=max(separators, key=head.count), strict=True)
    names = tuple(name.strip().lower() for name in next(reader, []))
    return Table(before + 1, names, _rows(reader, before, len(names)))


def _rows(reader: Any, before: int, width: int) -> Iterator[tuple[int, list[str] | Misshapen]]:
    while True:
        here = before + reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # The reader stops where the file ends, or at the next quotation mark: the row begins where it is to be mended.
            yield here, Misshapen("quotes", said=str(error))
            return
        if any(map(str.strip, values)):
            yield here, misshapen(values, width) or values
