"""Building blocks of tables: ids and lists are text, times are integer seconds; and the clauses that many tables share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    Table,
    Text,
    Update,
    bindparam,
    column,
    func,
    select,
    update,
)
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
    """A time in integer seconds since the epoch."""
    return Column(name, BigInteger, nullable=False)


def optional_at(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=True)


def insert_all(table: Table, *, ignore: bool = False, but: str = "") -> Executable:
    """An INSERT with one parameter for each column, of the same name, except for the column `but`, which keeps its
    default. With `ignore` an existing row stays as it is."""
    statement = Insert(table).values(
        {column.name: bindparam(column.name, type_=column.type) for column in table.columns if column.name != but}
    )
    return statement.on_conflict_do_nothing() if ignore else statement


def _overwrite(table: Table, statement: Insert, keep: Sequence[str]) -> Insert:
    primary = [column.name for column in table.primary_key.columns]
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in primary and column.name not in keep
    }
    return statement.on_conflict_do_update(index_elements=primary, set_=changed)


def upsert(table: Table, keep: Sequence[str] = (), **made: ColumnElement[Any]) -> Executable:
    """An INSERT that overwrites an existing row with the same primary key, except for the columns in `keep`. Columns that are
    `made` of an expression have no parameter."""
    values = {column.name: bindparam(column.name, type_=column.type) for column in table.columns}
    return _overwrite(table, Insert(table).values(values | made), keep)


def upsert_lists(table: Table, keep: Sequence[str] = ()) -> Executable:
    """The same for many rows on PostgreSQL, where each parameter is a list with the values of one column. Each primary
    key may occur only once."""
    rows = lists_of({column.name: column.type for column in table.columns})
    given = [rows.c[column.name] for column in table.columns]
    return _overwrite(table, Insert(table).from_select([column.name for column in table.columns], select(*given)), keep)


def lists_of(types: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """PostgreSQL's unnest: turns parameters that are lists of the same length into a table with the column `place`,
    which counts from 1."""
    columns = [column(name, kind) for name, kind in types.items()]
    lists = [bindparam(name, type_=ARRAY(kind)) for name, kind in types.items()]
    return func.unnest(*lists).table_valued(*columns, with_ordinality="place", name="asked").render_derived()


def find_in(table: Table) -> Executable:
    """Selects the row whose id is `id`."""
    return select(table).where(table.c.id == bindparam("id"))


def page_of(table: Table) -> Executable:
    """Selects up to `most` rows after the id `after`, ordered by id."""
    return select(table).where(table.c.id > bindparam("after")).order_by(table.c.id).limit(bindparam("most"))


def newest_of(found: Column[Any], owner: Column[Any], *newest_first: ColumnElement[Any]) -> Select[Any]:
    """`found` of the first `most` rows of `b_user`, for a table that keeps so many of each person."""
    kept = select(found).where(owner == bindparam("b_user")).order_by(*newest_first).limit(bindparam("most")).subquery()
    return select(column(found.name, found.type)).select_from(kept)


def switch_of(table: Table) -> Update:
    """Disables the row whose id is `b_id` at the time `at`, or enables it again where `at` is None. Where the table has
    `ended_at`, enabling does not reset it: what was given before stays ended."""
    return update(table).where(table.c.id == bindparam("b_id")).values(disabled_at=bindparam("at"), **end_of(table))


def end_of(table: Table) -> dict[str, Any]:
    """For an UPDATE that disables at the time `at`: sets `ended_at` too, which stays when the row is enabled again."""
    if "ended_at" not in table.c:
        return {}
    return {"ended_at": func.coalesce(bindparam("at", type_=BigInteger()), table.c.ended_at)}


def disabled_in(table: Table) -> Select[tuple[str]]:
    """The ids of disabled rows."""
    return select(table.c.id).where(table.c.disabled_at.is_not(None))


def disabled_index(table: str) -> Index:
    """An index of the disabled rows alone: while these are few, looking them up costs next to nothing."""
    disabled = column("disabled_at").is_not(None)
    return Index(f"ix_{table}_disabled", "id", sqlite_where=disabled, postgresql_where=disabled)


def given_index(table: str, name: str) -> Index:
    """An index of the rows that have a value in this column, for a column that few rows use."""
    given = column(name).is_not(None)
    return Index(f"ix_{table}_{name}", name, sqlite_where=given, postgresql_where=given)


def to_list(values: Iterable[str]) -> str:
    """Reads a JSON array of strings."""
    return msgspec.json.encode(list(values)).decode()


def from_list(value: str) -> tuple[str, ...]:
    return msgspec.json.decode(value, type=tuple[str, ...])


def to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
