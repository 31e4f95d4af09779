"""SQLite as the database: one reading and one writing connection in each process, used inside the event loop
(https://www.sqlite.org/wal.html). A statement takes microseconds, so a thread would cost more than it saves; only
`slow` uses one.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from msgspec import Struct, field

from hoistway.measures import Times
from hoistway.store.damage import Damage
from hoistway.store.db import Busy, Conflict, DatabaseUnavailable, NotWritable, Statement, insert_text
from hoistway.store.gathered import Call, Gathered
from hoistway.store.load import Load
from hoistway.store.patience import deadline
from hoistway.store.slots import Slots
from hoistway.store.sqlite_file import SqliteFile, noted
from hoistway.store.write_lock import WriteLock
from hoistway.store.writing import CHANGE_NOTHING, Writing, take_room

R = TypeVar("R")

_LOCK_WAIT = 2.5
# How long a writer waits when another has just given up: as much as two processes of ours need to take turns.
_LOCK_GLANCE = 0.05
# No transaction of this program keeps the lock for so long.
_LOCK_LONG = 1.0
SCANS_FOR = 5.0


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


class SqliteTransaction(Struct, frozen=True):
    """Statements on one connection, inside a transaction or, for reading, outside of any."""

    file: SqliteFile
    damage: Damage
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
            rows = self.file.connection().execute(compiled.text, compiled.positional(params)).fetchall()
        except sqlite3.Error as error:
            raise noted(self.damage, error, compiled.text) from error
        if self.damage.places:
            self.damage.worked(compiled.text)
        return rows

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        compiled = statement.for_engine("sqlite")
        try:
            changed = self.file.connection().execute(compiled.text, compiled.positional(params)).rowcount
        except sqlite3.Error as error:
            raise noted(self.damage, error, compiled.text) from error
        if self.damage.places:
            self.damage.worked(compiled.text)
        return changed

    async def run_many(self, statement: Statement[Any], params: Sequence[Mapping[str, Any]]) -> None:
        compiled = statement.for_engine("sqlite")
        self._execute_many(compiled.text, map(compiled.positional, params))

    async def put_rows(self, statement: Statement[Any], rows: Sequence[object]) -> None:
        self._execute_many((compiled := statement.for_engine("sqlite")).text, map(compiled.read, rows))

    async def fill(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self._execute_many(insert_text(table, columns), rows)

    def _execute_many(self, text: str, values: Iterable[Any]) -> None:
        try:
            self.file.connection().executemany(text, values)
        except sqlite3.Error as error:
            raise noted(self.damage, error, text) from error
        if self.damage.places:
            self.damage.worked(text)


class SqliteDatabase(Struct, frozen=True):
    """`Database` on a SQLite file. Writers of one process queue on our own lock, those of several processes on
    SQLite's."""

    path: Path
    reading: SqliteTransaction
    writing: SqliteTransaction
    damage: Damage
    engine: str = "sqlite"
    lock: WriteLock = field(default_factory=WriteLock)
    gathered: list[Gathered] = field(default_factory=list)
    slots: Slots = field(default_factory=Slots)
    saving: Writing = field(default_factory=Writing)
    statements: Times = field(default_factory=Times)
    transactions: Times = field(default_factory=Times)

    @classmethod
    async def open(cls, path: Path) -> "SqliteDatabase":
        damage = Damage()
        reading, writing = (SqliteTransaction(SqliteFile(path), damage) for _ in range(2))
        opened = cls(path, reading, writing, damage)
        opened.gathered.append(Gathered(opened._together, lanes=1))
        return opened

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        begun = perf_counter()
        try:
            return await self.reading.one(statement, params)
        finally:
            self.statements.add(perf_counter() - begun)

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        begun = perf_counter()
        try:
            return await self.reading.all(statement, params)
        finally:
            self.statements.add(perf_counter() - begun)

    def load(self) -> Load:
        return Load(self.statements, self.transactions, self.lock.waits, self.lock.waiting - self.lock.turn.locked(), 2)

    async def slow(self, statement: Statement[R], params: Mapping[str, Any], of: str = "") -> list[R]:
        async with self.slots.one(of):
            rows = await asyncio.to_thread(self._scan, statement, params, deadline(SCANS_FOR))
        return [statement.row(*columns) for columns in rows]

    def _scan(self, statement: Statement[Any], params: Mapping[str, Any], by: float) -> list[tuple[Any, ...]]:
        """Runs in a separate thread."""
        file = SqliteFile(self.path)
        file.open.set_progress_handler(lambda: time.monotonic() > by, 100_000)
        try:
            return SqliteTransaction(file, self.damage).fetch(statement, params)
        except DatabaseUnavailable as error:
            if time.monotonic() > by:
                raise Busy("the search took too long") from error
            raise
        finally:
            file.open.close()

    async def one_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        return await self.one(statement, params)

    async def all_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        return await self.reading.all(statement, params)

    async def gather(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        found: R | None = await self.gathered[0].ask(statement, params)
        return found

    async def _together(self, batch: Sequence[Call]) -> None:
        """One transaction for the whole batch, so one wait for the disk. An error by the schema undoes only its own
        statement."""
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
        # The time counts from here, including the wait in the queue.
        arrived_at = time.monotonic()
        await self.lock.enter()
        try:
            self.writing.file.look()
            await self._begin(arrived_at)
            begun = time.monotonic()
            self.lock.waits.add(begun - arrived_at)
            yield self.writing
            # A commit to a file that was deleted or replaced is lost.
            self.writing.file.look()
            self._plain("COMMIT")
            self.transactions.add(time.monotonic() - begun)
        except BaseException as error:
            if isinstance(error, NotWritable):
                self.saving.failed(error)
            if self.writing.file.open.in_transaction:
                self._plain("ROLLBACK")
            raise
        else:
            if self.saving.because is not None:
                self.saving.worked()
        finally:
            self.lock.leave()

    def _plain(self, text: str) -> None:
        try:
            self.writing.file.open.execute(text).fetchall()
        except sqlite3.Error as error:
            raise noted(self.damage, error, text) from error
        if self.damage.places:
            self.damage.worked(text)

    async def _begin(self, arrived_at: float) -> None:
        """Tries again while another process holds the write lock, without blocking this process's event loop."""
        by, pause = min(deadline(), arrived_at + (_LOCK_GLANCE if self.lock.is_held else _LOCK_WAIT)), 0.001
        while True:
            try:
                self._plain("BEGIN IMMEDIATE")
            except DatabaseUnavailable as error:
                cause = error.__cause__
                if not isinstance(cause, sqlite3.Error) or not _is_busy(cause):
                    raise
                now = time.monotonic()
                if now >= by:
                    self.lock.is_held = self.lock.is_held or now - arrived_at >= min(_LOCK_WAIT, _LOCK_LONG)
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.025)
            else:
                self.lock.is_held = False
                return

    async def ping(self) -> None:
        self.reading.file.look()
        self._plain("SELECT 1")

    async def check_writable(self) -> None:
        statement, params = (CHANGE_NOTHING, {"id": ""}) if self.saving.because is None else take_room()
        if self.saving.because is None or self.saving.may_work:
            async with self.write() as tx:
                await tx.run(statement, params)
            if statement is not CHANGE_NOTHING:
                async with self.write() as tx:
                    await tx.run(CHANGE_NOTHING, {"id": params["id"]})
        if self.saving.because is not None:
            raise NotWritable(self.saving.because)

    async def close(self) -> None:
        self.reading.file.open.close()
        self.writing.file.open.close()
