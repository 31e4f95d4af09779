"""Reads the rows of a file of people or technical accounts: CSV with a header line, JSON lines, or an export that is one JSON document."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from hoistway.commands.people.keycloak import is_user, row_of_user
from hoistway.commands.people.rows import BadRow, check_names
from hoistway.protocol.text_file import NotUtf8, text_of
from hoistway.things.csv_rows import Misshapen, read_table

MOST_BYTES: Final = 256 * 1024 * 1024
SEPARATORS: Final = (",", ";", "\t", "|")
Found = tuple[int, Mapping[str, Any] | str]
"""The number of the line, and its members or what is wrong with it."""


class BadPeople(Exception):
    """Nothing is imported; the text says why and what to do."""


def read_lines(path: Path, columns: Sequence[str]) -> Iterator[Found]:
    """`columns` are those that a CSV may have. Raises BadPeople."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError as error:
        raise BadPeople(f"{path} can't be read: {error.strerror}") from error
    if raw is None:
        raise BadPeople(f"{path} has more than {MOST_BYTES >> 20} MB: split it")
    try:
        text = text_of(raw)
    except NotUtf8 as error:
        raise BadPeople(f"{path}: {error}") from None
    return _csv(text, columns) if path.suffix.lower() == ".csv" else _json(text)


def _csv(text: str, columns: Sequence[str]) -> Iterator[Found]:
    try:
        table = read_table(text, SEPARATORS)
    except csv.Error as error:
        raise BadPeople(f"the first line can't be read: {error}; correct its quotation marks") from error
    if "username" not in table.names:
        raise BadPeople("the first line must name the columns, username among them")
    named = [name for name in table.names if name]
    if len(set(named)) < len(named):
        raise BadPeople("the first line names a column twice")
    try:
        check_names(named, columns)
    except BadRow as error:
        raise BadPeople(f"the first line: {error}") from None
    for line, values in table.rows:
        yield line, values.words if isinstance(values, Misshapen) else _row(table.names, values)


def _row(names: Sequence[str], values: Sequence[str]) -> Mapping[str, Any]:
    """An empty column says nothing."""
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
