"""Tables made large: copies of the rows that a test left, each with keys of its own (PostgreSQL)."""

from collections.abc import Iterable

import asyncpg
from sqlalchemy import LargeBinary, Table, Text

COPIES = 4000


def _keys(table: Table) -> frozenset[str]:
    """The columns of its primary key, of what is unique, and of every index: there copies differ."""
    names = {column.name for column in table.primary_key.columns}
    for one in (*table.constraints, *table.indexes):
        names.update(column.name for column in getattr(one, "columns", ()))
    return frozenset(names)


def copying(table: Table, copies: int) -> str:
    """One row of the table again and again; references need not lead anywhere."""
    keys = _keys(table)

    def value(name: str, kind: object) -> str:
        if name not in keys:
            return name
        if isinstance(kind, LargeBinary):
            return f"decode(md5({name}::text || n), 'hex')"
        return f"{name} || '-' || n" if isinstance(kind, Text) else f"{name} + n"

    names = ", ".join(column.name for column in table.columns)
    values = ", ".join(value(column.name, column.type) for column in table.columns)
    rows = f"(SELECT * FROM {table.name} LIMIT 1) one, generate_series(1, {copies}) n"
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {rows} ON CONFLICT DO NOTHING"


async def fill(connection: asyncpg.Connection, tables: Iterable[Table], copies: int = COPIES) -> None:
    """Afterwards the planner knows what is in them."""
    await connection.execute("SET session_replication_role = replica")
    for table in tables:
        await connection.execute(copying(table, copies))
    await connection.execute("RESET session_replication_role; ANALYZE")
