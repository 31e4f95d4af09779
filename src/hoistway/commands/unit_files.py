"""Files of units: CSV with a header line (https://www.rfc-editor.org/rfc/rfc4180), or one JSON object on each line.

Before anything is written, a file is checked for its encoding, its separator and its columns.
"""

import csv
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import IO, AnyStr, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from hoistway.protocol.text import cleaned
from hoistway.protocol.text_file import SAVE_IT, is_utf16
from hoistway.things.csv_rows import is_blank
from hoistway.things.unit_rows import COLUMNS, LONGEST_ROW, NEEDED, Values

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MOST_KEYS = 200
LONGEST_LINE = 1024 * 1024
_BREAKS: Final[frozenset[object]] = frozenset({"\n", b"\n"})
_SAID = re.compile(r"sep=(.)\s*", re.IGNORECASE)
UTF8: Final = "utf-8-sig"
"""With a byte order mark or without."""
_KNOWN_OBJECT = msgspec.defstruct(
    "KnownLine", [(name, msgspec.Raw, msgspec.UNSET) for name in COLUMNS], forbid_unknown_fields=True
)


class BadFile(Exception):
    """Nothing of it is imported; the text says why and what to do."""


class FileChanged(Exception):
    """The file is not the one that was checked: what was read since may be half of a row."""

    def __init__(self) -> None:
        super().__init__("the file was changed while it was read")


def lines_of(file: IO[AnyStr]) -> Iterator[AnyStr]:
    """Raises BadFile at a line that is longer than any row can be, before all of it is in memory."""
    count = 0
    while line := file.readline(LONGEST_LINE):
        count += 1
        if len(line) == LONGEST_LINE and line[-1:] not in _BREAKS:
            raise BadFile(f"line {count} has more than {LONGEST_LINE} characters: end each row with a line break")
        yield line


Stand = tuple[int, int, int, int]


def _stand_of(path: Path) -> Stand:
    """Which file has this name, how long it is, and when it was last written. Raises OSError."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class UnitFile(Struct, frozen=True):
    """`lines` is their number, for those who wait; `header` are the column names of a CSV, which come after `before`
    lines. `ignored` columns are in neither."""

    path: Path
    lines: int
    columns: frozenset[str]
    separator: str = ""
    header: tuple[str, ...] = ()
    before: int = 0
    ignored: frozenset[str] = frozenset()
    stand: Stand | None = None

    def check_unchanged(self) -> None:
        """Compares it with what was checked at first. Raises FileChanged."""
        try:
            now = _stand_of(self.path)
        except OSError as error:
            raise FileChanged from error
        if now != self.stand:
            raise FileChanged

    @property
    def left_alone(self) -> list[str]:
        """The columns that the file does not have."""
        return [name for name in COLUMNS if name not in self.columns and name not in NEEDED]


def look_at(path: Path, customer: str | None, ignore: Collection[str] = ()) -> UnitFile:
    """`ignore` are columns that the file may have. Raises BadFile."""
    stand = _stand_of(path)
    with path.open("rb") as file:
        begin = file.read(4)
    if is_utf16(begin):
        raise BadFile(f"the file is in UTF-16: {SAVE_IT}")
    file_of = _csv_file if path.suffix.lower() == ".csv" else _json_file
    found = _without(file_of(path), frozenset(name.lower() for name in ignore))
    found = replace(_as_here(found), stand=stand)
    _check_columns(found, customer)
    return found


def _without(file: UnitFile, ignored: frozenset[str]) -> UnitFile:
    """Whether these columns are known or not. In a CSV the column keeps its position and loses its name."""
    columns = frozenset(name for name in file.columns if name.lower() not in ignored)
    header = tuple("" if name in ignored else name for name in file.header)
    return replace(file, columns=columns, header=header, ignored=ignored)


def _as_here(file: UnitFile) -> UnitFile:
    """The console's files call a unit's own id `id`. Where there is no `unit_id` beside it, nothing else can be meant."""
    if "id" not in file.header or "unit_id" in file.header:
        return file
    header = tuple("unit_id" if name == "id" else name for name in file.header)
    return replace(file, header=header, columns=frozenset(header))


def _csv_file(path: Path) -> UnitFile:
    with path.open(newline="", encoding=UTF8, errors="replace") as text:
        lines = sum(1 for _ in lines_of(text))
        text.seek(0)
        before, header, said = 0, "", None
        while (line := text.readline(LONGEST_ROW)) and not header:
            found = _SAID.fullmatch(line)
            if found or is_blank(line):
                before, said = before + 1, found or said
            else:
                header = line
    if not header.strip():
        raise BadFile("the file is empty: its first line must name the columns")
    names = {separator: _names(header, separator) for separator in ([said[1]] if said else SEPARATORS)}
    separator = max(names, key=lambda one: len(set(names[one]) & set(COLUMNS)))
    if not set(names[separator]) & set(COLUMNS):
        known = ", ".join(SEPARATORS.values())
        raise BadFile(f"the first line names no column that is known, such as unit_id, with {known} between the names")
    return UnitFile(path, lines, frozenset(names[separator]), separator, names[separator], before)


def _names(header: str, separator: str) -> tuple[str, ...]:
    try:
        return tuple(cleaned(name).lower() for name in next(csv.reader([header], delimiter=separator, strict=True)))
    except (csv.Error, TypeError) as error:
        raise BadFile(f"the first line can't be read: {error}") from error


def _json_file(path: Path) -> UnitFile:
    decode = msgspec.json.Decoder(_KNOWN_OBJECT).decode
    decode_any = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    keys: set[str] = set()
    count = 0
    for count, text in enumerate(json_lines(path), 1):
        try:
            values = msgspec.structs.astuple(decode(text))
            if len(keys) < len(COLUMNS):
                keys |= had_of(values)
            continue
        except (msgspec.MsgspecError, ValueError, RecursionError):
            # The line is no object, or has an unknown name; few lines are.
            pass
        try:
            keys |= decode_any(text).keys()
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
        if len(keys) > MOST_KEYS:
            raise BadFile(f"line {count}: there are more than {MOST_KEYS} different names in this file")
    return UnitFile(path, count, frozenset(keys))


def had_of(values: Values) -> frozenset[str]:
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


def json_lines(path: Path) -> Iterator[bytes]:
    """Without a byte order mark."""
    with path.open("rb") as file:
        for number, line in enumerate(lines_of(file)):
            yield line if number else line.removeprefix(b"\xef\xbb\xbf")
