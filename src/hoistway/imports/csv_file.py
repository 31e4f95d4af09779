"""Reads a CSV file of any length, a line at a time, with the encoding and the separator that it has
(https://www.rfc-editor.org/rfc/rfc4180#section-2)."""

import codecs
import csv
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, Final

from msgspec import Struct

from hoistway.imports.records import PACKED, BadFile
from hoistway.imports.sources import Source
from hoistway.protocol.text_file import SAVE_IT, is_utf16
from hoistway.things.csv_rows import is_blank

LONGEST_LINE: Final = 64 * 1024
"""Characters of a line, and of the lines of one row."""
MOST_COLUMNS: Final = 200
_MOST_LINES: Final = 100
"""Of one row, whose texts may hold line breaks."""
SEPARATORS: Final = (",", ";", "\t", "|")
SAID: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_MARK: Final = "\x01"
_BLOCK: Final = 1024 * 1024
_BOMS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CALLED: Final = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}


class Row(Struct, frozen=True):
    """`line` is where it begins. `because` says why it can't be read."""

    line: int
    values: Sequence[str] = ()
    because: str = ""


def encoding_of(source: Source, said: str | None) -> str:
    """By its marks, otherwise what is `said`, otherwise UTF-8. Raises BadFile."""
    with source.path.open("rb") as file:
        begin = file.read(4096)
    packed = next((name for mark, name in PACKED.items() if begin.startswith(mark)), None)
    if packed is not None:
        words = "a workbook, or packed (zip): save it as CSV" if packed == "zip" else f"packed ({packed}): unpack it"
        raise BadFile(source, 0, 0, f"it is {words}")
    if begin.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise BadFile(source, 0, 0, f"it is in UTF-32: {SAVE_IT}")
    found = next((name for mark, name in _BOMS.items() if begin.startswith(mark)), None)
    if found is None and is_utf16(begin):
        found = "utf-16-be" if begin[:1] == b"\0" else "utf-16-le"
    if found is not None and said is not None and said != _CALLED.get(found, found):
        raise BadFile(
            source, 0, 0, f"it is in {_CALLED.get(found, found)}, and the mapping says {said}: take csv.encoding out"
        )
    return found or {"windows-1252": "cp1252", None: "utf-8"}.get(said) or str(said)


def _bad_text(source: Source, encoding: str) -> BadFile:
    """Where the text ends to be one."""
    decoder, line, column = codecs.getincrementaldecoder(encoding)(), 1, 0
    with source.path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            try:
                text, error = decoder.decode(block, not block), None
            except UnicodeDecodeError as found:
                text, error = found.object[: found.start].decode(encoding, "ignore"), found
            line += text.count("\n")
            column = len(text) - text.rfind("\n") - 1 if "\n" in text else column + len(text)
            if error is not None or not block:
                break
    if encoding == "cp1252":
        return BadFile(source, line, column + 1, f"it is no text in Windows-1252: {SAVE_IT}, and take csv.encoding out")
    old = "; a file of an older program of Windows may be read with csv.encoding: windows-1252 in the mapping"
    return BadFile(
        source, line, column + 1, f"it is no text in {_CALLED.get(encoding, encoding).upper()}: {SAVE_IT}{old}"
    )


class _Lines:
    """Each with its number, of at most LONGEST_LINE characters; what follows of a longer one is passed over."""

    def __init__(self, source: Source, file: IO[str], encoding: str) -> None:
        self._source, self._file, self._encoding = source, file, encoding
        self._ahead: deque[tuple[int, str]] = deque()
        self._number = 0

    def next(self) -> tuple[int, str] | None:
        if self._ahead:
            return self._ahead.popleft()
        try:
            line = self._file.readline(LONGEST_LINE + 1)
            rest = line
            while len(rest) > LONGEST_LINE and not rest.endswith(("\n", "\r")):
                rest = self._file.readline(LONGEST_LINE + 1)
        except UnicodeDecodeError:
            raise _bad_text(self._source, self._encoding) from None
        self._number += 1
        return (self._number, line) if line else None

    def back(self, lines: Sequence[tuple[int, str]]) -> None:
        self._ahead.extendleft(reversed(lines))


class CsvFile:
    """`names` are those of the first line that is not blank; its number is `line`. `has_end` is False where the last row has no line end.
    Raises BadFile."""

    def __init__(self, source: Source, encoding: str, separator: str | None) -> None:
        self._source, self.encoding, self.has_end = source, encoding, True
        with source.path.open(encoding=encoding, newline="") as file:
            lines = _Lines(source, file, encoding)
            found = lines.next()
            while found is not None and is_blank(found[1]):
                found = lines.next()
        if found is None:
            raise BadFile(source, 0, 0, "it is empty: the first line names the columns, username among them")
        self.line, head = found
        self.separator = separator or max(SEPARATORS, key=head.count)
        row = self._closed([head]) if len(head) <= LONGEST_LINE else None
        if row is None:
            raise BadFile(
                source,
                self.line,
                1,
                "the first line, which names the columns, can't be read: correct its quotation marks",
            )
        if len(row) > MOST_COLUMNS:
            raise BadFile(
                source,
                self.line,
                MOST_COLUMNS + 1,
                f"it has {len(row)} columns, and {MOST_COLUMNS} are read: leave out those that nobody needs",
            )
        self.names = tuple(name.strip() for name in row)

    def _closed(self, lines: Sequence[str]) -> list[str] | None:
        """The values of one row; None where a quotation is still open, or there are several rows."""
        try:
            rows = list(csv.reader([*lines, _MARK], delimiter=self.separator, strict=True))
        except csv.Error:
            return None
        return rows[0] if len(rows) == 2 and rows[1] == [_MARK] else None

    def rows(self) -> Iterator[Row]:
        """Behind the first line. Raises BadFile."""
        with self._source.path.open(encoding=self.encoding, newline="") as file:
            lines = _Lines(self._source, file, self.encoding)
            while (found := lines.next()) is not None:
                number, line = found
                if number > self.line and not is_blank(line):
                    yield self._row(lines, number, line)

    def _row(self, lines: _Lines, number: int, line: str) -> Row:
        if len(line) > LONGEST_LINE:
            return Row(
                number,
                because=f"the line has more than {LONGEST_LINE} characters: no row is as long; correct the quotation marks before it",
            )
        self.has_end = line.endswith(("\n", "\r"))
        values = self._values(lines, number, line)
        if values is None:
            return Row(
                number,
                because="the quotation marks can't be read: one has no end. Put a text that holds one in quotation marks, with two for it",
            )
        width = len(self.names)
        if len(values) < width:
            if not self.has_end:
                raise BadFile(
                    self._source,
                    number,
                    len(line),
                    "it ends within a row, so it was cut: fetch it again, and import nothing of it until it is whole",
                )
            return Row(
                number,
                because=f"has {len(values)} columns, where the first line has {width}: an empty value has its separator, too",
            )
        if any(map(str.strip, values[width:])):
            return Row(
                number,
                because=f"has {len(values)} columns, where the first line has {width}: put a text with {SAID[self.separator]} in quotes",
            )
        return Row(number, values[:width])

    def _values(self, lines: _Lines, number: int, line: str) -> Sequence[str] | None:
        if '"' not in line:
            return line.rstrip("\r\n").split(self.separator)
        values = self._closed([line])
        if values is not None:
            return values
        # A text may hold line breaks, if its row then has as many columns as the first line.
        taken, length, marks = [(number, line)], len(line), line.count('"')
        while length <= LONGEST_LINE and len(taken) < _MOST_LINES and (found := lines.next()) is not None:
            taken.append(found)
            length += len(found[1])
            marks += found[1].count('"')
            if marks % 2 == 0 and '"' in found[1]:
                values = self._closed([text for _, text in taken])
                break
        if values is not None and len(values) == len(self.names):
            self.has_end = taken[-1][1].endswith(("\n", "\r"))
            return values
        lines.back(taken[1:])
        return None


def opened(source: Source, encoding: str | None, separator: str | None) -> CsvFile:
    """Raises BadFile."""
    return CsvFile(source, encoding_of(source, encoding), separator)
