"""PostgreSQL as the database, through asyncpg's pool (https://magicstack.github.io/asyncpg/)."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg

from hoistway.store.connections import ONE_PLAN, OWN_PLAN, Connections
from hoistway.store.db import Conflict, DatabaseUnavailable, Statement
from hoistway.store.gathered import Asked, Gathered

R = TypeVar("R")

# Batches of one statement under way at once. Two would each be half as large, and cost more than the waiting that they save.
LANES = 1
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
        await self._execute_many(compiled.text, [compiled.positional(row) for row in params])

    async def put_rows(self, statement: Statement[Any], rows: Sequence[object]) -> None:
        compiled = statement.for_engine("postgresql")
        if statement.together is None:
            await self._execute_many(compiled.text, map(compiled.read, rows))
        elif rows:
            lists = {name: [getattr(row, name) for row in rows] for name in compiled.names}
            await self.run(statement.together, lists)

    async def plan(self, mode: str) -> None:
        try:
            await self.connection.execute(mode)
        except Exception as error:
            raise _refusal(error) from error

    async def _execute_many(self, text: str, values: Iterable[Any]) -> None:
        try:
            await self.connection.executemany(text, values)
        except Exception as error:
            raise _refusal(error) from error


class _Loan:
    """A connection for the length of a block. A class, because a generator costs more than the list it takes from."""

    __slots__ = ("_connection", "_connections")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._connection: Any = None

    async def __aenter__(self) -> PostgresqlTransaction:
        try:
            self._connection = await self._connections.take()
        except Exception as error:
            raise _refusal(error) from error
        return PostgresqlTransaction(self._connection)

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        # After a refusal by the server a connection is as good as before; after a time-out or a cancelled task nobody knows.
        unknown = isinstance(error, DatabaseUnavailable) or not (error is None or isinstance(error, Exception))
        self._connections.give(self._connection, broken=unknown)


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """`Database` on several connections. A lost server is met again by the next request, so nothing needs a restart."""

    connections: Connections
    engine: str = "postgresql"
    gathered: dict[Statement[Any], Gathered] = field(default_factory=dict)

    @classmethod
    async def open(cls, url: str, connections: int) -> "PostgresqlDatabase":
        return cls(Connections(url, connections))

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        async with _Loan(self.connections) as transaction:
            return await transaction.one(statement, params)

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        async with _Loan(self.connections) as transaction:
            return await transaction.all(statement, params)

    async def slow(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """Planned for its values: what may scan differs by them."""
        async with _Loan(self.connections) as transaction:
            try:
                await transaction.plan(OWN_PLAN)
                rows = await transaction.all(statement, params)
                await transaction.plan(ONE_PLAN)
            except BaseException:
                # Nobody shall get a connection that plans each statement anew.
                transaction.connection.terminate()
                raise
            return rows

    async def one_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        return await self.gather(statement, params)

    async def gather(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        gathered = self.gathered.get(statement)
        if gathered is None:
            gathered = self.gathered[statement] = Gathered(self._together, LANES)
        found: R | None = await gathered.ask(statement, params)
        return found

    async def _together(self, batch: Sequence[Asked]) -> None:
        """All in one statement; where that fails (two processes may lock the same rows in another order), one by one."""
        together = batch[0].statement.together
        if together is not None and len(batch) > 1:
            lists = {name: [asked.params[name] for asked in batch] for name in batch[0].params}
            try:
                rows = dict(await self.all(together, lists))
            except (Conflict, DatabaseUnavailable) as error:
                if not isinstance(
                    error.__cause__, asyncpg.IntegrityConstraintViolationError | asyncpg.DeadlockDetectedError
                ):
                    raise
                rows = None
            if rows is not None:
                for place, asked in enumerate(batch, 1):
                    asked.answer(rows.get(place))
                return
        for asked in batch:
            try:
                asked.answer(await self.one(asked.statement, asked.params))
            except (Conflict, DatabaseUnavailable) as error:
                asked.answer(error)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[PostgresqlTransaction]:
        async with _Loan(self.connections) as transaction:
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
        async with _Loan(self.connections) as transaction:
            try:
                await transaction.connection.execute("SELECT 1", timeout=3)
            except Exception as error:
                raise _refusal(error) from error

    async def close(self) -> None:
        await self.connections.close()
