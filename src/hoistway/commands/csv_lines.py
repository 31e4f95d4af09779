"""The lines of a CSV file (https://www.rfc-editor.org/rfc/rfc4180#section-2) in which some quotations never end."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

from hoistway.commands.unit_rows import LONGEST_ROW

_MARK = "\x01"


class CsvLines:
    """The lines of a CSV file, without those that open a quotation and never end it: the reader would take all that follows
    for one field. A field may hold line breaks where its row then has as many columns as the header."""

    def __init__(self, file: Iterable[str], separator: str, width: int) -> None:
        self._lines = iter(file)
        self._ahead: deque[str] = deque()
        self._separator = separator
        # A quotation mark amid a text, which is no more than that: the number of them tells nothing then.
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
                # The reader counts lines, and takes an empty one for no row.
                self.refused.append(self.count)
                taken = ["\n"]
            self.count += len(taken) - 1
            yield from taken

    def _next(self) -> str | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _read(self, lines: list[str], *, strict: bool) -> list[list[str]]:
        """The rows before the mark; none where a quotation is open at the end."""
        try:
            rows = list(csv.reader([*lines, _MARK], delimiter=self._separator, strict=strict))
        except csv.Error:
            return []
        return rows[:-1] if rows[-1] == [_MARK] else []

    def _row(self, line: str) -> list[str]:
        """The lines of one row, none where it does not end; those that are none of it come again.

        A row ends at the first line behind which the number of quotation marks is even (RFC 4180 section 2, rules 5 to 7), so one look
        is enough, and a quotation that never ends costs no more than the lines up to the next mark."""
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
