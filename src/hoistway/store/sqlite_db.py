"""SQLite as the database: one reading and one writing connection a process, used inline (https://www.sqlite.org/wal.html).

A statement takes microseconds, so a thread would cost more than it frees; only `slow` runs in one.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hoistway.store.db import Conflict, DatabaseUnavailable, Statement
from hoistway.store.gathered import Asked, Gathered
from hoistway.store.sqlite_file import SqliteFile, refusal

R = TypeVar("R")

_LOCK_WAIT = 5.0


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


@dataclass(frozen=True, slots=True)
class SqliteTransaction:
    """Statements on one connection, inside a transaction or, for reading, outside of any."""

    file: SqliteFile
    engine: str = "sqlite"

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        rows = self.fetch(statement, params)
        return statement.row(*rows[0]) if rows else None

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        row = statement.row
        return [row(*columns) for columns in self.fetch(statement, params)]

    def fetch(self, statement: Statement[Any], params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        compiled = statement.for_engine("sqlite")
        try:
            return self.file.connection().execute(compiled.text, compiled.positional(params)).fetchall()
        except sqlite3.Error as error:
            raise refusal(error) from error

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        compiled = statement.for_engine("sqlite")
        try:
            return self.file.connection().execute(compiled.text, compiled.positional(params)).rowcount
        except sqlite3.Error as error:
            raise refusal(error) from error

    async def run_many(self, statement: Statement[Any], params: Sequence[Mapping[str, Any]]) -> None:
        compiled = statement.for_engine("sqlite")
        self._execute_many(compiled.text, map(compiled.positional, params))

    async def put_rows(self, statement: Statement[Any], rows: Sequence[object]) -> None:
        compiled = statement.for_engine("sqlite")
        self._execute_many(compiled.text, map(compiled.read, rows))

    def _execute_many(self, text: str, values: Iterable[Any]) -> None:
        try:
            self.file.connection().executemany(text, values)
        except sqlite3.Error as error:
            raise refusal(error) from error


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """`Database` on a SQLite file. Writers of one process queue on a lock, those of several on SQLite's own."""

    path: Path
    reading: SqliteTransaction
    writing: SqliteTransaction
    engine: str = "sqlite"
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    gathered: list[Gathered] = field(default_factory=list)

    @classmethod
    async def open(cls, path: Path) -> "SqliteDatabase":
        opened = cls(path, SqliteTransaction(SqliteFile(path)), SqliteTransaction(SqliteFile(path)))
        opened.gathered.append(Gathered(opened._together, lanes=1))
        return opened

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        return await self.reading.one(statement, params)

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        return await self.reading.all(statement, params)

    async def slow(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        def in_thread() -> list[tuple[Any, ...]]:
            file = SqliteFile(self.path)
            ticks = 0

            def give_up() -> int:
                nonlocal ticks
                ticks += 1
                return 1 if ticks > 2_000 else 0

            file.open.set_progress_handler(give_up, 100_000)
            try:
                return SqliteTransaction(file).fetch(statement, params)
            finally:
                file.open.close()

        return [statement.row(*columns) for columns in await asyncio.to_thread(in_thread)]

    async def one_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        return await self.reading.one(statement, params)

    async def gather(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        found: R | None = await self.gathered[0].ask(statement, params)
        return found

    async def _together(self, batch: Sequence[Asked]) -> None:
        """One commit, and so one wait for the disk, for all of them; a refusal by the schema undoes its own statement only."""
        outcomes: list[Any] = []
        async with self.write() as tx:
            for asked in batch:
                try:
                    outcomes.append(await tx.one(asked.statement, asked.params))
                except Conflict as error:
                    outcomes.append(error)
        for asked, outcome in zip(batch, outcomes, strict=True):
            asked.answer(outcome)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqliteTransaction]:
        async with self.lock:
            self.writing.file.look()
            await self._patiently(lambda: self._plain("BEGIN IMMEDIATE"))
            try:
                yield self.writing
                # What is committed to a file that has no name any more is lost.
                self.writing.file.look()
                self._plain("COMMIT")
            except BaseException:
                if self.writing.file.open.in_transaction:
                    self._plain("ROLLBACK")
                raise

    def _plain(self, text: str) -> list[tuple[Any, ...]]:
        try:
            return self.writing.file.open.execute(text).fetchall()
        except sqlite3.Error as error:
            raise refusal(error) from error

    async def _patiently(self, act: Any) -> list[tuple[Any, ...]]:
        """Retries while another process holds the write lock, without holding up this process's loop."""
        waited, pause = 0.0, 0.001
        while True:
            try:
                rows: list[tuple[Any, ...]] = act()
            except DatabaseUnavailable as error:
                cause = error.__cause__
                if waited >= _LOCK_WAIT or not isinstance(cause, sqlite3.Error) or not _is_busy(cause):
                    raise
                await asyncio.sleep(pause)
                waited += pause
                pause = min(pause * 1.5, 0.025)
            else:
                return rows

    async def ping(self) -> None:
        self.reading.file.look()
        self._plain("SELECT 1")

    async def close(self) -> None:
        self.reading.file.open.close()
        self.writing.file.open.close()
