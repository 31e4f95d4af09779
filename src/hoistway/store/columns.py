"""What columns are made of: ids and lists as text, times as integer seconds, upserts alike on both engines."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Table, Text, bindparam, column, func
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.sql.expression import Executable, TableValuedAlias
from sqlalchemy.types import TypeEngine


def key(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True)


def text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def optional_text(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def reference(name: str, target: str, *, primary_key: bool = False, optional: bool = False) -> Column[str]:
    return Column(name, Text, ForeignKey(target, ondelete="CASCADE"), primary_key=primary_key, nullable=optional)


def number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def optional_number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=True)


def at(name: str) -> Column[int]:
    """Integer seconds since the epoch."""
    return Column(name, BigInteger, nullable=False)


def optional_at(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=True)


def insert_all(table: Table, *, ignore: bool = False) -> Executable:
    """INSERT with one parameter a column, named like it; with `ignore`, an existing row stays as it is."""
    statement = Insert(table).values(
        {column.name: bindparam(column.name, type_=column.type) for column in table.columns}
    )
    return statement.on_conflict_do_nothing() if ignore else statement


def upsert(table: Table, keep: Sequence[str] = ()) -> Executable:
    """INSERT that overwrites the row of the same primary key, but for the columns in `keep`."""
    statement = Insert(table).values(
        {column.name: bindparam(column.name, type_=column.type) for column in table.columns}
    )
    primary = [column.name for column in table.primary_key.columns]
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in primary and column.name not in keep
    }
    return statement.on_conflict_do_update(index_elements=primary, set_=changed)


def lists_of(types: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """Parameters that are lists of the same length as a table, with their `place` (from 1): PostgreSQL's unnest."""
    columns = [column(name, kind) for name, kind in types.items()]
    lists = [bindparam(name, type_=ARRAY(kind)) for name, kind in types.items()]
    return func.unnest(*lists).table_valued(*columns, with_ordinality="place", name="asked").render_derived()


def to_list(values: Iterable[str]) -> str:
    """A JSON text of strings."""
    return msgspec.json.encode(list(values)).decode()


def from_list(value: str) -> tuple[str, ...]:
    return msgspec.json.decode(value, type=tuple[str, ...])


def to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
