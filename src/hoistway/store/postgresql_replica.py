"""A streaming replica of PostgreSQL beside its primary (https://www.postgresql.org/docs/current/hot-standby.html)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import asyncpg
from msgspec import Struct
from sqlalchemy import BigInteger, Float, Text, cast, extract, func, literal_column, select

from hoistway.store.connections import Connections
from hoistway.store.damage import Damage
from hoistway.store.db import Busy, DatabaseUnavailable, Statement
from hoistway.store.patience import at_most
from hoistway.store.postgresql_db import Loan, PostgresqlDatabase
from hoistway.store.postgresql_tx import PostgresqlTransaction
from hoistway.store.replica import Age, Breaker, Health, Reason
from hoistway.store.unit_revisions import UNIT_REVISIONS, revision_shared

R = TypeVar("R")

ANSWER_WITHIN: Final = 0.3
"""Of a request's 2.5 s; the rest is for the primary. The same for each measurement."""
SCAN_WITHIN: Final = 1.2
READ_ONLY: Final = "SET default_transaction_read_only = on"


class Behind(Exception):
    """It does not have what the primary has, or is no longer a replica."""


class Present(Struct, frozen=True):
    """The primary's position in its log in bytes, its clock in seconds, and the identity of its cluster."""

    position: int
    clock: float
    cluster: str


class Replayed(Struct, frozen=True):
    """`position` is None where nothing is being replayed; `committed_at`, by the primary's clock, is None before the
    first commit."""

    position: int | None
    committed_at: float | None
    is_standby: bool
    cluster: str


class Held(Struct, frozen=True):
    revision: int
    is_standby: bool


def _bytes(position: Any) -> Any:
    return cast(func.pg_wal_lsn_diff(position, literal_column("'0/0'::pg_lsn")), BigInteger)


_CLUSTER = cast(func.pg_control_system().table_valued("system_identifier").c.system_identifier, Text).label("cluster")
_IS_STANDBY = func.pg_is_in_recovery().label("is_standby")
PRESENT: Final = Statement(
    lambda: select(
        _bytes(func.pg_current_wal_lsn()).label("position"),
        cast(extract("epoch", func.clock_timestamp()), Float).label("clock"),
        _CLUSTER,
    ),
    Present,
)
REPLAYED: Final = Statement(
    lambda: select(
        _bytes(func.pg_last_wal_replay_lsn()).label("position"),
        cast(extract("epoch", func.pg_last_xact_replay_timestamp()), Float).label("committed_at"),
        _IS_STANDBY,
        _CLUSTER,
    ),
    Replayed,
)
HELD: Final = Statement(lambda: select(UNIT_REVISIONS.c.revision, _IS_STANDBY), Held)


class ReplicaConnections(Connections):
    """Nothing can be written over them; whether the replica hangs is decided by measurements."""

    __slots__ = ()
    session = f"{Connections.session}; {READ_ONLY}"

    def suspect(self) -> None:
        pass

    async def _turn(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        """Raises Busy instead of TimeoutError: where all connections are in use, the replica answers, so it does not hang."""
        try:
            await super()._turn(loop, deadline)
        except TimeoutError as error:
            raise Busy("all connections to the replica are in use") from error


class PostgresqlReplica:
    """A connection that has seen a revision can't see an older one later, so few requests have to ask for it."""

    engine = "postgresql"

    def __init__(self, primary: PostgresqlDatabase, url: str, most_age: float, connections: int) -> None:
        self._primary = primary
        self._connections = ReplicaConnections(url, connections)
        self._damage = Damage()
        self._age, self._breaker = Age(most_age), Breaker(most_age)
        self._seen: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    @property
    def health(self) -> Health:
        return self._breaker.health

    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        return await self._read(
            lambda tx: tx.one(statement, params), lambda: self._primary.one(statement, params), ANSWER_WITHIN
        )

    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        return await self._read(
            lambda tx: tx.all(statement, params), lambda: self._primary.all(statement, params), ANSWER_WITHIN
        )

    async def slow(self, statement: Statement[R], params: Mapping[str, Any], of: str = "") -> list[R]:
        """One slot serves for both databases."""
        async with self._primary.slots.one(of):
            return await self._read(
                lambda tx: tx.scan(statement, params), lambda: self._primary.scan(statement, params), SCAN_WITHIN
            )

    async def _read(
        self,
        ask: Callable[[PostgresqlTransaction], Awaitable[R]],
        otherwise: Callable[[], Awaitable[R]],
        within: float,
    ) -> R:
        if not self._breaker.is_read():
            return await otherwise()
        revision = await revision_shared(self._primary)
        try:
            with at_most(within):
                async with Loan(self._connections, self._damage, self._primary.statements) as transaction:
                    await self._check(transaction, revision)
                    return await ask(transaction)
        except Busy:
            pass
        except DatabaseUnavailable as error:
            self._pass_over("silent", str(error))
        except (Behind, asyncpg.PostgresError):
            # A standby also ends statements that hinder its replay. An error that is our own fault comes from the
            # primary again.
            pass
        return await otherwise()

    async def _check(self, transaction: PostgresqlTransaction, revision: int) -> None:
        if self._seen.get(transaction.connection, -1) >= revision:
            return
        held = await transaction.one(HELD, {})
        if held is None or not held.is_standby or held.revision < revision:
            raise Behind
        self._seen[transaction.connection] = held.revision

    def _pass_over(self, because: Reason, what: str = "") -> None:
        self._breaker.pass_over(because, what)
        # The server that answers again may be another one.
        self._connections.drop()

    async def measure(self) -> None:
        asked_at = time.monotonic()
        present = await self._primary.one(PRESENT, {})
        if present is None:
            return
        self._age.mark(asked_at, present.position)
        try:
            with at_most(ANSWER_WITHIN):
                async with Loan(self._connections, self._damage, self._primary.statements) as transaction:
                    replayed = await transaction.one(REPLAYED, {})
        except Busy:
            return
        except (DatabaseUnavailable, asyncpg.PostgresError) as error:
            self._pass_over("silent", str(error))
            return
        if replayed is not None:
            self._judge(present, replayed)

    def _judge(self, present: Present, replayed: Replayed) -> None:
        if replayed.cluster != present.cluster or not replayed.is_standby:
            self._pass_over("promoted" if replayed.cluster == present.cluster else "foreign")
        else:
            now = time.monotonic()
            ages = [] if replayed.position is None else [self._age.of(replayed.position, now)]
            if replayed.committed_at is not None:
                ages.append(max(0.0, present.clock - replayed.committed_at))
            self._breaker.measured(min((age for age in ages if age is not None), default=None), now)

    async def close(self) -> None:
        await self._connections.close()
