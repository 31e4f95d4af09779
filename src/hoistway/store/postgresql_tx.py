"""Statements on one connection to PostgreSQL, and the exceptions that callers get where one fails (https://magicstack.github.io/asyncpg/)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg
from msgspec import Struct

from hoistway.store.connections import ONE_PLAN, OWN_PLAN
from hoistway.store.damage import Damage
from hoistway.store.db import Busy, Conflict, Damaged, DatabaseUnavailable, NotWritable, Statement, Unsent
from hoistway.store.patience import seconds_left

R = TypeVar("R")

_DAMAGED = (asyncpg.DataCorruptedError, asyncpg.IndexCorruptedError)
_UNSAVED = (asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError)
# The schema is of another version, or was restored in part. That is no bug; /readyz reports it.
_INCOMPLETE = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)
_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.DeadlockDetectedError,
    # Somebody changed a password or a privilege while the server runs; it works again when they set it right.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientPrivilegeError,
    *_INCOMPLETE,
)


def refusal(error: Exception) -> Exception:
    """What callers of the store get instead of the driver's exception. Anything that is no answer of the server (a lost
    connection, a time-out, a driver in a confused state) means that the database is away; an unexpected answer is a
    bug."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return Conflict(str(error))
    if isinstance(error, DatabaseUnavailable):
        return error
    if isinstance(error, _DAMAGED):
        return Damaged(f"{type(error).__name__}: {error}")
    if isinstance(error, _UNSAVED):
        return NotWritable(str(error))
    if isinstance(error, asyncpg.InternalClientError) and str(error).startswith("cannot switch to state"):
        # The server has said goodbye to an idle connection, and its end has not come in yet.
        return Unsent(f"{type(error).__name__}: {error}")
    no_answer = isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError)
    if no_answer or isinstance(error, _GONE):
        return DatabaseUnavailable(f"{type(error).__name__}: {error}")
    return error


class PostgresqlTransaction(Struct, frozen=True):
    """Statements on one connection, inside a transaction."""

    connection: Any
    damage: Damage
    engine: str = "postgresql"

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        compiled = statement.for_engine("postgresql")
        try:
            columns = await self.connection.fetchrow(
                compiled.text, *compiled.positional(params), timeout=seconds_left()
            )
        except Exception as error:
            raise self._noted(error, compiled.text) from error
        if self.damage.places:
            self.damage.worked(compiled.text)
        return None if columns is None else statement.row(*columns)

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        compiled = statement.for_engine("postgresql")
        try:
            rows = await self.connection.fetch(compiled.text, *compiled.positional(params), timeout=seconds_left())
        except Exception as error:
            raise self._noted(error, compiled.text) from error
        if self.damage.places:
            self.damage.worked(compiled.text)
        return [statement.row(*columns) for columns in rows]

    async def scan(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """The statement is planned for its actual values, because what it has to scan depends on them. The server
        itself ends one that takes too long, since it would not notice that nobody waits for it any more. Raises Busy."""
        try:
            most = max(50, int(seconds_left() * 1000) - 100)
            await self.plain(f"{OWN_PLAN}; SET statement_timeout = {most}")
            rows = await self.all(statement, params)
            await self.plain(f"{ONE_PLAN}; RESET statement_timeout")
        except BaseException as error:
            # The next user shall not get a connection that plans each statement anew.
            self.connection.terminate()
            if isinstance(error.__cause__, asyncpg.QueryCanceledError):
                raise Busy("the search took too long") from error
            raise
        return rows

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        compiled = statement.for_engine("postgresql")
        try:
            status = await self.connection.execute(compiled.text, *compiled.positional(params), timeout=seconds_left())
        except Exception as error:
            raise self._noted(error, compiled.text) from error
        if self.damage.places:
            self.damage.worked(compiled.text)
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

    async def fill(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        try:
            await self.connection.copy_records_to_table(
                table, records=rows, columns=list(columns), timeout=seconds_left()
            )
        except Exception as error:
            raise self._noted(error, table) from error
        if self.damage.places:
            self.damage.worked(table)

    async def plain(self, text: str) -> None:
        """For SQL text that is no `Statement`, or several statements."""
        try:
            await self.connection.execute(text, timeout=seconds_left())
        except Exception as error:
            raise self._noted(error, text) from error
        if self.damage.places:
            self.damage.worked(text)

    async def roll_back(self) -> None:
        """Where rolling back fails, the connection is closed, which ends the transaction, too."""
        try:
            await self.plain("ROLLBACK")
        except DatabaseUnavailable:
            self.connection.terminate()

    async def _execute_many(self, text: str, values: Iterable[Any]) -> None:
        try:
            await self.connection.executemany(text, values, timeout=seconds_left())
        except Exception as error:
            raise self._noted(error, text) from error
        if self.damage.places:
            self.damage.worked(text)

    def _noted(self, error: Exception, statement: str) -> Exception:
        refused = refusal(error)
        if isinstance(refused, Damaged):
            self.damage.failed(refused, statement)
        return refused
