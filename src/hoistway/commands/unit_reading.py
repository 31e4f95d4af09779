"""Reads the rows of a file of units that was checked before (commands/unit_files)."""

import csv
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

import msgspec

from hoistway.commands.csv_lines import CsvLines
from hoistway.commands.json_rows import check_once, why_not
from hoistway.commands.unit_files import (
    LONGEST_LINE,
    MOST_KEYS,
    UTF8,
    BadFile,
    FileChanged,
    UnitFile,
    had_of,
    json_lines,
    lines_of,
)
from hoistway.things.csv_rows import misshapen
from hoistway.things.unit_rows import COLUMNS, BadRow, Values

_OBJECT = msgspec.defstruct("Line", [(name, Any, msgspec.UNSET) for name in COLUMNS])
Found = tuple[int, Values | BadRow, frozenset[str]]


def _words(error: csv.Error) -> str:
    """The reader's message, with the fix."""
    said = str(error)
    if "field limit" in said:
        return f"a column has more than {csv.field_size_limit()} characters: shorten it, or end a quotation that was forgotten"
    if "expected after" in said:
        return 'text stands behind the end of a quotation: write "" for a quotation mark inside it'
    return f"the row can't be read: {said}; correct its quotation marks"


def _read_csv(file: UnitFile) -> Iterator[Found]:
    names, columns = file.header, file.columns & set(COLUMNS)
    width = len(names)
    # For columns that the header lacks, the empty text after the row is used.
    pick: Callable[[list[str]], Values] = itemgetter(
        *(names.index(name) if name in names else width for name in COLUMNS)
    )
    with file.path.open(newline="", encoding=UTF8, errors="replace") as text:
        for _ in range(file.before + 1):
            text.readline(LONGEST_LINE)
        lines = CsvLines(lines_of(text), file.separator, width)
        reader = csv.reader(lines, delimiter=file.separator, strict=True)
        before = file.before + 1
        while True:
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield reader.line_num + before, BadRow(_words(error)), columns
                continue
            yield from ((line + before, BadRow("a quotation begins and never ends"), columns) for line in lines.refused)
            lines.refused.clear()
            if values is None:
                if lines.count + before != file.lines:
                    raise FileChanged
                return
            if not values or (not values[0] and not "".join(values).strip()):
                continue
            wrong = misshapen(values, width) if len(values) != width else None
            if wrong is not None:
                yield reader.line_num + before, BadRow(wrong.words), columns
            else:
                values[width:] = ("",)
                yield reader.line_num + before, pick(values), columns


def _read_json(file: UnitFile) -> Iterator[Found]:
    decode = msgspec.json.Decoder(_OBJECT).decode
    known = frozenset(COLUMNS)
    ignored = {at for at, name in enumerate(COLUMNS) if name in file.ignored}
    sets: dict[frozenset[str], frozenset[str]] = {}
    line = 0
    for line, text in enumerate(json_lines(file.path), 1):
        if text.isspace():
            continue
        try:
            row = decode(text)
            values: Values = msgspec.structs.astuple(row)
            check_once(text, len(values) - values.count(msgspec.UNSET))
        except BadRow as error:
            yield line, error, known
            continue
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            yield line, BadRow(why_not(text, error)), known
            continue
        if ignored:
            values = [msgspec.UNSET if at in ignored else value for at, value in enumerate(values)]
        if msgspec.UNSET not in values:
            yield line, values, known
            continue
        had = had_of(values)
        if len(sets) < MOST_KEYS:
            # Equal sets share one object, because rows are grouped by them.
            had = sets.setdefault(had, had)
        yield line, [None if value is msgspec.UNSET else value for value in values], had
    if line != file.lines:
        raise FileChanged


def read_rows(file: UnitFile) -> Iterator[Found]:
    """(line, row, the columns that count); a row that spans several lines has the number of the last. Raises
    FileChanged where the number of lines is another than before."""
    try:
        yield from _read_csv(file) if file.separator else _read_json(file)
    except (OSError, BadFile) as error:
        raise FileChanged from error
