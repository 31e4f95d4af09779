"""Reads the rows of a file of people or technical accounts: CSV with a header line, JSON lines, or an export that is one JSON document."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from hoistway.commands.people.keycloak import is_user, row_of_user

MOST_BYTES: Final = 256 * 1024 * 1024
SEPARATORS: Final = (",", ";", "\t", "|")
Found = tuple[int, Mapping[str, Any] | str]
"""The number of the line, and its members or what is wrong with it."""


class BadPeople(Exception):
    """Nothing is imported; the text says why and what to do."""


def read_lines(path: Path) -> Iterator[Found]:
    """Raises BadPeople."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError as error:
        raise BadPeople(f"{path} can't be read: {error.strerror}") from error
    if raw is None:
        raise BadPeople(f"{path} has more than {MOST_BYTES >> 20} MB: split it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadPeople(f"{path} is no text in UTF-8: save it as UTF-8") from None
    return _csv(text) if path.suffix.lower() == ".csv" else _json(text)


def _csv(text: str) -> Iterator[Found]:
    # A line ends at a line feed or carriage return alone: other separators of Unicode may stand in a text.
    lines = list(io.StringIO(text, newline=""))
    header = lines[0] if lines else ""
    separator = max(SEPARATORS, key=header.count)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if "username" not in names:
            raise BadPeople("the first line must name the columns, username among them")
        if len(set(names)) < len(names):
            raise BadPeople("the first line names a column twice")
        for values in reader:
            if any(value.strip() for value in values):
                yield reader.line_num, _row(names, values)
    except csv.Error as error:
        yield reader.line_num, f"the line can't be read: {error}; correct its quotation marks"


def _row(names: list[str], values: list[str]) -> Mapping[str, Any] | str:
    """An empty column says nothing."""
    if len(values) > len(names):
        return f"{len(values)} columns where the first line has {len(names)}: put a text with the separator in quotation marks"
    return {name: value.strip() for name, value in zip(names, values, strict=False) if value.strip()}


def _json(text: str) -> Iterator[Found]:
    """One document where it is one, otherwise one object on each line."""
    try:
        whole = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        rows = ((number, _object(line)) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    else:
        found = whole.get("users", [whole]) if isinstance(whole, dict) else whole
        if not isinstance(found, list):
            raise BadPeople("the document holds no list of people")
        rows = ((number, one) for number, one in enumerate(found, 1))
    for number, row in rows:
        if isinstance(row, str):
            yield number, row
        elif not isinstance(row, dict):
            yield number, "not a JSON object"
        else:
            yield number, row_of_user(row) if is_user(row) else {k: v for k, v in row.items() if v not in (None, "")}


def _object(line: str) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.MsgspecError, RecursionError):
        return "not a JSON object"
