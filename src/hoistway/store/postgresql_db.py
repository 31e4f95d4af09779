"""PostgreSQL as the database, through asyncpg's pool (https://magicstack.github.io/asyncpg/)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from hoistway.store.db import Conflict, DatabaseUnavailable, Statement

R = TypeVar("R")

_GONE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
)


def _refusal(error: Exception) -> Exception:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return Conflict(str(error))
    if isinstance(error, _GONE):
        return DatabaseUnavailable(f"{type(error).__name__}: {error}")
    return error


async def _keep(_connection: Any) -> None:
    """No session state is ever set, so giving a connection back needs no round trip."""


@dataclass(frozen=True, slots=True)
class PostgresqlTransaction:
    """Statements on one connection, inside a transaction."""

    connection: Any
    engine: str = "postgresql"

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        compiled = statement.for_engine("postgresql")
        try:
            columns = await self.connection.fetchrow(compiled.text, *compiled.positional(params))
        except Exception as error:
            raise _refusal(error) from error
        return None if columns is None else statement.row(*columns)

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        compiled = statement.for_engine("postgresql")
        try:
            rows = await self.connection.fetch(compiled.text, *compiled.positional(params))
        except Exception as error:
            raise _refusal(error) from error
        return [statement.row(*columns) for columns in rows]

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        compiled = statement.for_engine("postgresql")
        try:
            status = await self.connection.execute(compiled.text, *compiled.positional(params))
        except Exception as error:
            raise _refusal(error) from error
        return int(status.rsplit(" ", 1)[-1])

    async def run_many(self, statement: Statement[Any], params: Sequence[Mapping[str, Any]]) -> None:
        compiled = statement.for_engine("postgresql")
        try:
            await self.connection.executemany(compiled.text, [compiled.positional(row) for row in params])
        except Exception as error:
            raise _refusal(error) from error


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """`Database` on a pool. A lost server is met again by the pool itself, so nothing needs a restart."""

    pool: Any
    engine: str = "postgresql"

    @classmethod
    async def open(cls, url: str, connections: int) -> "PostgresqlDatabase":
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections,
            reset=_keep,
            command_timeout=10,
            timeout=5,
            max_inactive_connection_lifetime=300,
        )
        return cls(pool)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PostgresqlTransaction]:
        try:
            connection = await self.pool.acquire(timeout=5)
        except Exception as error:
            raise _refusal(error) from error
        try:
            yield PostgresqlTransaction(connection)
        finally:
            await self.pool.release(connection)

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        async with self._connection() as connection:
            return await connection.one(statement, params)

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        async with self._connection() as connection:
            return await connection.all(statement, params)

    async def slow(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        return await self.all(statement, params)

    async def change(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        return await self.one(statement, params)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[PostgresqlTransaction]:
        async with self._connection() as transaction:
            begun = transaction.connection.transaction()
            try:
                await begun.start()
            except Exception as error:
                raise _refusal(error) from error
            try:
                yield transaction
            except BaseException:
                if not transaction.connection.is_closed():
                    await begun.rollback()
                raise
            try:
                await begun.commit()
            except Exception as error:
                raise _refusal(error) from error

    async def ping(self) -> None:
        async with self._connection() as transaction:
            try:
                await transaction.connection.execute("SELECT 1", timeout=3)
            except Exception as error:
                raise _refusal(error) from error

    async def close(self) -> None:
        await self.pool.close()
