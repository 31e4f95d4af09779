"""PostgreSQL as the database, through asyncpg (https://magicstack.github.io/asyncpg/)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, TypeVar

import asyncpg
from msgspec import Struct, field

from hoistway.measures import Times
from hoistway.store.connections import Connections
from hoistway.store.damage import Damage
from hoistway.store.db import Conflict, DatabaseUnavailable, NotWritable, Statement, Unsent
from hoistway.store.gathered import Call, Gathered, Run
from hoistway.store.load import Load
from hoistway.store.postgresql_tx import PostgresqlTransaction, refusal
from hoistway.store.slots import Slots
from hoistway.store.writing import CHANGE_NOTHING, Writing, take_room

R = TypeVar("R")

# How many batches of one statement run at the same time. Two would each be half as large, which costs more than the
# waiting that it saves.
LANES = 1


def _lists(batch: Sequence[Call]) -> dict[str, list[Any]]:
    """The parameters of all, each a list."""
    return {name: [asked.params[name] for asked in batch] for name in batch[0].params}


class Loan:
    """A connection for the length of a block. It is a class, because a generator would cost more than the list from
    which it takes."""

    __slots__ = ("_begun", "_connection", "_connections", "_damage", "_times")

    def __init__(self, connections: Connections, damage: Damage, times: Times) -> None:
        self._connections, self._damage, self._times = connections, damage, times
        self._connection: Any = None
        self._begun = 0.0

    async def __aenter__(self) -> PostgresqlTransaction:
        try:
            self._connection = await self._connections.take()
        except Exception as error:
            raise refusal(error) from error
        self._begun = perf_counter()
        return PostgresqlTransaction(self._connection, self._damage)

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._times.add(perf_counter() - self._begun)
        # After an error that the server reported, a connection is as good as before. After a time-out or a cancelled
        # task its state is unknown.
        unknown = isinstance(error, DatabaseUnavailable) or not (error is None or isinstance(error, Exception))
        self._connections.give(self._connection, broken=unknown)
        if unknown and error is not None and isinstance(error.__cause__, TimeoutError):
            self._connections.suspect()


class Begun(Loan):
    """A loan whose transaction has begun."""

    __slots__ = ()

    async def __aenter__(self) -> PostgresqlTransaction:
        try:
            return await self._begin()
        except Unsent:
            self._connections.drop()
            return await self._begin()

    async def _begin(self) -> PostgresqlTransaction:
        transaction = await super().__aenter__()
        try:
            await transaction.plain("BEGIN")
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        return transaction


class PostgresqlDatabase(Struct, frozen=True):
    """`Database` over several connections. When a lost server is back, the next request finds it, so nothing needs a
    restart."""

    connections: Connections
    engine: str = "postgresql"
    gathered: dict[Statement[Any], Gathered] = field(default_factory=dict)
    slots: Slots = field(default_factory=Slots)
    writing: Writing = field(default_factory=Writing)
    damage: Damage = field(default_factory=Damage)
    statements: Times = field(default_factory=Times)
    transactions: Times = field(default_factory=Times)

    @classmethod
    async def open(cls, url: str, connections: int) -> "PostgresqlDatabase":
        return cls(Connections(url, connections))

    def load(self) -> Load:
        held = self.connections
        return Load(self.statements, self.transactions, held.waits, held.waiting, held.opened)

    def _loan(self) -> Loan:
        return Loan(self.connections, self.damage, self.statements)

    async def _asked(self, ask: Callable[[PostgresqlTransaction], Awaitable[R]]) -> R:
        """On another connection where the first turned out to be ended; the other idle ones most likely are, too."""
        try:
            async with self._loan() as transaction:
                return await ask(transaction)
        except Unsent:
            self.connections.drop()
            async with self._loan() as transaction:
                return await ask(transaction)

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        return await self._asked(lambda transaction: transaction.one(statement, params))

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        return await self._asked(lambda transaction: transaction.all(statement, params))

    async def slow(self, statement: Statement[R], params: Mapping[str, Any], of: str = "") -> list[R]:
        async with self.slots.one(of):
            return await self.scan(statement, params)

    async def scan(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """`slow` for a caller that already has a slot."""
        async with self._loan() as transaction:
            return await transaction.scan(statement, params)

    async def one_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        found: R | None = await self._gathered(statement).ask(statement, params)
        return found

    async def all_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        found: list[R] = await self._gathered(statement, self._all_together).ask(statement, params)
        return found

    async def gather(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        found: R | None = await self._saved(self._gathered(statement).ask(statement, params))
        return found

    def _gathered(self, statement: Statement[Any], run: Run | None = None) -> Gathered:
        gathered = self.gathered.get(statement)
        if gathered is None:
            gathered = self.gathered[statement] = Gathered(run or self._together, LANES)
        return gathered

    async def _saved(self, work: Awaitable[R]) -> R:
        """Records whether anything can be saved at all."""
        try:
            outcome = await work
        except NotWritable as error:
            self.writing.failed(error)
            raise
        if self.writing.because is not None:
            self.writing.worked()
        return outcome

    async def _all_together(self, batch: Sequence[Call]) -> None:
        """Rows of all in one statement; a request that comes alone is spared the lists."""
        together = batch[0].statement.together
        if together is None or len(batch) == 1:
            for asked in batch:
                asked.answer(await self.all(asked.statement, asked.params))
            return
        found: list[list[Any]] = [[] for _ in batch]
        for place, row in await self.all(together, _lists(batch)):
            found[place - 1].append(row)
        for asked, rows in zip(batch, found, strict=True):
            asked.answer(rows)

    async def _together(self, batch: Sequence[Call]) -> None:
        """Executes the whole batch as one statement. Where that fails, for example in a deadlock with another process,
        the calls are executed one by one."""
        together = batch[0].statement.together
        if not batch[0].params:
            row = await self.one(batch[0].statement, {})
            for asked in batch:
                asked.answer(row)
            return
        if together is not None and len(batch) > 1:
            try:
                rows = dict(await self.all(together, _lists(batch)))
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
        async with Begun(self.connections, self.damage, self.transactions) as transaction:
            try:
                yield transaction
            except BaseException as error:
                if isinstance(error, NotWritable):
                    self.writing.failed(error)
                if isinstance(error, Exception) and not transaction.connection.is_closed():
                    await transaction.roll_back()
                raise
            await self._saved(transaction.plain("COMMIT"))

    async def ping(self) -> None:
        await self._asked(lambda transaction: transaction.plain("SELECT 1"))

    async def check_writable(self) -> None:
        if self.writing.because is None:
            async with self._loan() as transaction:
                await self._saved(transaction.run(CHANGE_NOTHING, {"id": ""}))
            return
        if self.writing.may_work:
            statement, params = take_room()
            async with self.write() as tx:
                await tx.run(statement, params)
                await tx.run(CHANGE_NOTHING, {"id": params["id"]})
        if self.writing.because is not None:
            raise NotWritable(self.writing.because)

    async def close(self) -> None:
        await self.connections.close()
