"""A database of a version before, with rows: what a change of the schema meets in real life."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, MetaData, Row, create_engine, make_url, select
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")


def on_connection(url: str, work: Callable[[Connection], T]) -> T:
    """In one transaction."""
    if url.startswith("sqlite"):
        engine = create_engine(url)
        with engine.begin() as connection:
            done = work(connection)
        engine.dispose()
        return done

    async def run() -> T:
        engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
        async with engine.begin() as connection:
            done = await connection.run_sync(work)
        await engine.dispose()
        return done

    return asyncio.run(run())


class Old:
    """The tables as they are there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = MetaData()
        self._tables.reflect(connection)

    def add(self, table: str, **values: Any) -> None:
        """What is not given is empty, 0 or NULL."""
        columns = [column for column in self._tables.tables[table].columns if not column.nullable]
        blank = {column.name: "" if column.type.python_type is str else 0 for column in columns}
        self._connection.execute(self._tables.tables[table].insert().values({**blank, **values}))

    def rows(self, table: str, *columns: str) -> list[Row[Any]]:
        found = self._tables.tables[table]
        return list(
            self._connection.execute(select(*(found.c[column] for column in columns)).order_by(found.c[columns[0]]))
        )


def all_rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """By table."""
    found = MetaData()
    found.reflect(connection)
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in found.sorted_tables
    }


def put_all(connection: Connection, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Replaces what is there by those of a newer schema, without the tables and columns that this one does not have."""
    old = MetaData()
    old.reflect(connection)
    tables = [table for table in old.sorted_tables if table.name != "alembic_version"]
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables:
        known = [{name: row[name] for name in table.columns.keys()} for row in rows.get(table.name, ())]  # noqa: SIM118
        if known:
            connection.execute(table.insert(), known)
