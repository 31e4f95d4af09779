"""Files of units: CSV with a header line (https://www.rfc-editor.org/rfc/rfc4180), or a JSON object a line.

A file is looked at before anything is written: its encoding, what separates its columns, and which of them it has."""

import csv
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import msgspec

from hoistway.commands.csv_lines import CsvLines
from hoistway.commands.unit_rows import COLUMNS, LONGEST_ROW, NEEDED, BadRow, Values
from hoistway.protocol.text import cleaned

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MOST_KEYS = 200
_SAID = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_UTF8 = "utf-8-sig"
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_OBJECT = msgspec.defstruct("Line", [(name, Any, msgspec.UNSET) for name in COLUMNS])
_KNOWN_OBJECT = msgspec.defstruct(
    "KnownLine", [(name, msgspec.Raw, msgspec.UNSET) for name in COLUMNS], forbid_unknown_fields=True
)


class BadFile(Exception):
    """None of it is imported; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class UnitFile:
    """`lines` are counted for those who wait; `header` are the names of a CSV's columns, which begins `before` lines down.
    What is `ignored` is in neither."""

    path: Path
    encoding: str
    lines: int
    columns: frozenset[str]
    separator: str = ""
    header: tuple[str, ...] = ()
    before: int = 0
    ignored: frozenset[str] = frozenset()

    @property
    def left_alone(self) -> list[str]:
        """The columns that it does not have."""
        return [name for name in COLUMNS if name not in self.columns and name not in NEEDED]


def look_at(path: Path, customer: str | None, ignore: Collection[str] = ()) -> UnitFile:
    """`ignore` are columns that the file may have. Raises BadFile."""
    with path.open("rb") as file:
        begin = file.read(4)
    # Without a mark every other byte of ASCII text is zero.
    encoding = (
        _MARKS.get(begin[:2]) or {b"\0": "utf-16-be"}.get(begin[:1]) or {b"\0": "utf-16-le"}.get(begin[1:2], _UTF8)
    )
    file_of = _csv_file if path.suffix.lower() == ".csv" else _json_file
    found = _without(file_of(path, encoding), frozenset(name.lower() for name in ignore))
    _check_columns(found, customer)
    return found


def _without(file: UnitFile, ignored: frozenset[str]) -> UnitFile:
    """Whether their names are known or not. A column of a CSV keeps its place, and has no name then."""
    columns = frozenset(name for name in file.columns if name.lower() not in ignored)
    header = tuple("" if name in ignored else name for name in file.header)
    return replace(file, columns=columns, header=header, ignored=ignored)


def _csv_file(path: Path, encoding: str) -> UnitFile:
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    with path.open(newline="", encoding=encoding, errors="replace") as text:
        first = text.readline(LONGEST_ROW)
        said = _SAID.fullmatch(first)
        header = text.readline(LONGEST_ROW) if said else first
    if not header.strip():
        raise BadFile("the file is empty: its first line must name the columns")
    names = {separator: _names(header, separator) for separator in ([said[1]] if said else SEPARATORS)}
    separator = max(names, key=lambda one: len(set(names[one]) & set(COLUMNS)))
    if not set(names[separator]) & set(COLUMNS):
        known = ", ".join(SEPARATORS.values())
        raise BadFile(f"the first line names no column that is known, such as unit_id, with {known} between the names")
    return UnitFile(path, encoding, lines, frozenset(names[separator]), separator, names[separator], 1 if said else 0)


def _names(header: str, separator: str) -> tuple[str, ...]:
    try:
        return tuple(cleaned(name).lower() for name in next(csv.reader([header], delimiter=separator)))
    except (csv.Error, TypeError) as error:
        raise BadFile(f"the first line can't be read: {error}") from error


def _json_file(path: Path, encoding: str) -> UnitFile:
    decode = msgspec.json.Decoder(_KNOWN_OBJECT).decode
    decode_any = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    keys: set[str] = set()
    count = 0
    for count, text in enumerate(_json_lines(path, encoding), 1):
        try:
            values = msgspec.structs.astuple(decode(text))
            if len(keys) < len(COLUMNS):
                keys |= _had(values)
            continue
        except (msgspec.MsgspecError, ValueError, RecursionError):
            # Either it is no object, or it has a name that is not known: few lines are or do.
            pass
        try:
            keys |= decode_any(text).keys()
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
        if len(keys) > MOST_KEYS:
            raise BadFile(f"line {count}: there are more than {MOST_KEYS} different names in this file")
    return UnitFile(path, encoding, count, frozenset(keys))


def _had(values: Values) -> frozenset[str]:
    """The columns of an object."""
    return frozenset(name for name, value in zip(COLUMNS, values, strict=True) if value is not msgspec.UNSET)


def _check_columns(file: UnitFile, customer: str | None) -> None:
    """Raises BadFile."""
    unknown = sorted(name for name in file.columns if name not in COLUMNS and name)
    said = []
    for name in unknown[:5]:
        alike = get_close_matches(name, COLUMNS, 1, 0.5)
        said.append(f"{name[:40]!r}" + (f" (did you mean {alike[0]}?)" if alike else ""))
    if said:
        raise BadFile(f"unknown columns: {', '.join(said)}. Rename them, or leave them out with --ignore NAME.")
    twice = sorted({name for name in file.header if name and file.header.count(name) > 1})
    if twice:
        raise BadFile(f"the first line names {', '.join(twice)} twice")
    missing = [name for name in NEEDED if name not in file.columns and not (name == "customer_id" and customer)]
    if missing and file.columns:
        more = " or give --customer" if "customer_id" in missing else ""
        raise BadFile(f"missing columns: {', '.join(missing)}. Add them{more}.")


Found = tuple[int, Values | BadRow, frozenset[str]]


def _read_csv(file: UnitFile) -> Iterator[Found]:
    names, columns = file.header, file.columns & set(COLUMNS)
    width = len(names)
    # What the header lacks is taken from the empty text behind the row.
    pick: Callable[[list[str]], Values] = itemgetter(
        *(names.index(name) if name in names else width for name in COLUMNS)
    )
    with file.path.open(newline="", encoding=file.encoding, errors="replace") as text:
        for _ in range(file.before + 1):
            text.readline()
        lines = CsvLines(text, file.separator, width)
        reader = csv.reader(lines, delimiter=file.separator)
        before = file.before + 1
        while True:
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield reader.line_num + before, BadRow(str(error)), columns
                continue
            yield from ((line + before, BadRow("a quotation begins and never ends"), columns) for line in lines.refused)
            lines.refused.clear()
            if values is None:
                return
            if not values or (not values[0] and not "".join(values).strip()):
                continue
            if len(values) > width and any(values[width:]):
                yield reader.line_num + before, BadRow("too many columns"), columns
            else:
                values[width:] = ()
                values += [""] * (width + 1 - len(values))
                yield reader.line_num + before, pick(values), columns


def _json_lines(path: Path, encoding: str) -> Iterator[bytes]:
    """In UTF-8."""
    if encoding != _UTF8:
        with path.open(encoding=encoding, errors="replace") as text:
            yield from (line.encode() for line in text)
        return
    with path.open("rb") as file:
        for number, line in enumerate(file):
            yield line if number else line.removeprefix(b"\xef\xbb\xbf")


def _read_json(file: UnitFile) -> Iterator[Found]:
    decode = msgspec.json.Decoder(_OBJECT).decode
    known = frozenset(COLUMNS)
    ignored = {at for at, name in enumerate(COLUMNS) if name in file.ignored}
    sets: dict[frozenset[str], frozenset[str]] = {}
    for line, text in enumerate(_json_lines(file.path, file.encoding), 1):
        if text.isspace():
            continue
        try:
            row = decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            yield line, BadRow("not a JSON object in UTF-8"), known
            continue
        values: Values = msgspec.structs.astuple(row)
        if ignored:
            values = [msgspec.UNSET if at in ignored else value for at, value in enumerate(values)]
        if msgspec.UNSET not in values:
            yield line, values, known
            continue
        had = _had(values)
        if len(sets) < MOST_KEYS:
            # One object for equal sets, because rows are grouped by them.
            had = sets.setdefault(had, had)
        yield line, [None if value is msgspec.UNSET else value for value in values], had


def read_rows(file: UnitFile) -> Iterator[Found]:
    """(line, row, the columns that count); a row that spans lines has the number of its last."""
    return _read_csv(file) if file.separator else _read_json(file)
