"""Files of things for the console: what a CSV file may contain, and how it travels in the form of its preview
(docs/adr/0034-things.md). Larger files are for the command line.
"""

import csv
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from hoistway.protocol import text_file
from hoistway.protocol.jwt import BadToken, b64url, unb64url
from hoistway.protocol.text_file import NotUtf8
from hoistway.things.csv_rows import Misshapen, Table, read_table
from hoistway.things.making import Misfit

LARGEST: Final = 512 * 1024
MOST_ROWS: Final = 500
FIELD: Final = "file_token"
MOST_PACKED: Final = LARGEST + 60 * 1024
"""Of the form's field, which has to fit into a form with a file (web/forms) beside its seal: printable ASCII by chance needs 1.11
characters for each of its own, and whatever people write needs less."""
LONGEST_CELL: Final = 4000
_SEPARATORS: Final = ",;\t"
_MISSHAPEN: Final = {"quotes": "file_quotes", "narrow": "file_narrow", "wide": "file_width"}
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .ods begin, and .xls."""


class BadFile(Exception):
    """The file can't be read; `line` is 0 where it is about the whole."""

    def __init__(self, line: int, column: str, because: str, **facts: object) -> None:
        self.line, self.column, self.misfit = line, column, Misfit(because, **facts)
        super().__init__(str(self.misfit))


class FileRow(Struct, frozen=True):
    """`line` is that of the file; `cells` are by column, without empty ones."""

    line: int
    cells: Mapping[str, str]


def text_of(body: bytes) -> str:
    """Raises BadFile."""
    if not body:
        raise BadFile(0, "", "file_none")
    if body.startswith(_WORKBOOKS):
        raise BadFile(0, "", "file_workbook")
    if len(body) > LARGEST:
        raise BadFile(0, "", "file_large", most=LARGEST // 1024)
    try:
        text = text_file.text_of(body)
    except NotUtf8 as error:
        raise BadFile(error.line, "", "file_utf8" if error.line else "file_utf16") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def rows_of(text: str, columns: Sequence[str], also: Mapping[str, str] | None = None, key: str = "") -> list[FileRow]:
    """`also` are further names of columns; `key` is the one that no file may be without. Raises BadFile."""
    try:
        table = read_table(text, _SEPARATORS)
    except csv.Error as error:
        raise BadFile(1, "", "file_quotes") from error
    names = [(also or {}).get(name, name) for name in table.names]
    _check_head(table.line, names, columns)
    if key and key not in names:
        raise BadFile(table.line, key, "file_missing", name=key)
    found = list(_read(table, names))
    if not found:
        raise BadFile(table.line, "", "file_empty")
    return found


def _check_head(line: int, names: Sequence[str], columns: Sequence[str]) -> None:
    for place, name in enumerate(names, 1):
        if not name:
            raise BadFile(line, "", "file_nameless", place=place)
        if name not in columns:
            raise BadFile(line, name[:40], "file_column", name=name[:40], known=", ".join(columns))
        if names.count(name) > 1:
            raise BadFile(line, name, "file_twice")


def _read(table: Table, names: Sequence[str]) -> Iterator[FileRow]:
    for count, (here, values) in enumerate(table.rows, 1):
        if isinstance(values, Misshapen):
            raise BadFile(here, "", _MISSHAPEN[values.because], found=values.found, wanted=values.wanted)
        if count > MOST_ROWS:
            raise BadFile(here, "", "file_rows", most=MOST_ROWS)
        cells = {name: value.strip() for name, value in zip(names, values, strict=False) if value.strip()}
        for name, value in cells.items():
            if len(value) > LONGEST_CELL:
                raise BadFile(here, name, "file_cell", most=LONGEST_CELL)
        yield FileRow(here, cells)


def packed(text: str) -> str:
    """For the form that carries out what was shown. Raises BadFile where it does not fit."""
    found = b64url(zlib.compress(text.encode(), 9))
    if len(found) > MOST_PACKED:
        raise BadFile(0, "", "file_dense", most=LARGEST // 1024)
    return found


def unpacked(field: str) -> str:
    """Raises BadFile; never reads more than a file may have."""
    try:
        reader = zlib.decompressobj()
        body = reader.decompress(unb64url(field), LARGEST + 3)
        if reader.unconsumed_tail or not reader.eof:
            raise BadFile(0, "", "file_none")
        return body.decode()
    except (ValueError, zlib.error, BadToken) as error:
        raise BadFile(0, "", "file_none") from error
