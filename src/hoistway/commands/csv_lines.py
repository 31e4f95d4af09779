"""Reads the lines of a CSV file (https://www.rfc-editor.org/rfc/rfc4180#section-2) in which some quotations are never closed."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

from hoistway.things.unit_rows import LONGEST_ROW

_MARK = "\x01"


class CsvLines:
    """The lines of a CSV file, without those that open a quotation and never close it: the reader would take everything
    that follows for one field. A field may contain line breaks if its row then has as many columns as the header."""

    def __init__(self, file: Iterable[str], separator: str, width: int) -> None:
        self._lines = iter(file)
        self._ahead: deque[str] = deque()
        self._separator = separator
        # A quotation mark in the middle of a text has no meaning; then counting them proves nothing.
        self._lone = re.compile(rf'"(?<=[^{separator}"]")[^{separator}"\r\n]')
        self._width = width
        self.refused: list[int] = []
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        while (line := self._next()) is not None:
            self.count += 1
            if '"' not in line or (line.count('"') % 2 == 0 and not self._lone.search(line)):
                yield line
                continue
            taken = self._row(line)
            if not taken:
                # The reader counts lines; an empty line is no row for it.
                self.refused.append(self.count)
                taken = ["\n"]
            self.count += len(taken) - 1
            yield from taken

    def _next(self) -> str | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _read(self, lines: list[str], *, strict: bool) -> list[list[str]]:
        """The rows up to the mark; none where a quotation is still open at the end."""
        try:
            rows = list(csv.reader([*lines, _MARK], delimiter=self._separator, strict=strict))
        except csv.Error:
            return []
        return rows[:-1] if rows[-1] == [_MARK] else []

    def _row(self, line: str) -> list[str]:
        """The lines of one row; none where it does not end, and then its lines are read again, one by one. A row ends
        at the first line after which the number of quotation marks is even (RFC 4180 section 2, rules 5 to 7). So each
        line is looked at once, and a quotation that is never closed costs no more than the lines up to the next mark."""
        if self._read([line], strict=False):
            return [line]
        taken, marks, length = [line], line.count('"'), len(line)
        while length <= LONGEST_ROW and (following := self._next()) is not None:
            taken.append(following)
            length += len(following)
            marks += following.count('"')
            if marks % 2 == 0:
                rows = self._read(taken, strict=True)
                if len(rows) == 1 and len(rows[0]) == self._width:
                    return taken
                break
        self._ahead.extendleft(reversed(taken[1:]))
        return []
