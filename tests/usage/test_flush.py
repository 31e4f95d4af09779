"""Writing counts, on both engines: exact, once, together with other processes, and after the database was away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from hoistway.protocol.latency import percentile
from hoistway.store.db import Database, DatabaseUnavailable, Writer
from hoistway.store.open import open_database
from hoistway.store.recent_requests import prune_requests
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_losses import lost_by_all, lost_of
from hoistway.store.usage_shape import Asked
from hoistway.usage.flush import ANSWERED_KEPT, FAILED_KEPT, flush
from hoistway.usage.tally import HOUR, Tally
from tests.usage.counts import ALL_TIME, AT, call, kept, kinds, total


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    opened = await open_database(migrated_url)
    yield opened
    await opened.close()


class Doubtful:
    """A database whose first `times` transactions fail: before anything was written, or after all of it was."""

    def __init__(self, db: Database, times: int, *, committed: bool) -> None:
        self.db, self.times, self.committed = db, times, committed

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Writer]:
        self.times -= 1
        if self.times >= 0 and not self.committed:
            raise DatabaseUnavailable("away")
        async with self.db.write() as tx:
            yield tx
        if self.times >= 0:
            raise DatabaseUnavailable("the answer to COMMIT was lost")


def doubtful(db: Database, times: int, *, committed: bool) -> Database:
    return cast("Database", Doubtful(db, times, committed=committed))


async def test_counts_are_exact_in_hours_days_and_sums(db: Database) -> None:
    tally = Tally()
    for hour in range(30):
        call(tally, 10, at=AT + hour * HOUR)
        call(tally, 2, at=AT + hour * HOUR, status=404, cause="not-found", took=300.0)
    call(tally, 7, customer="c-b", client="other")
    await flush(tally, db, AT)
    call(tally, 5)
    await flush(tally, db, AT + 3)
    assert {(kind.status, kind.cause, kind.calls) for kind in await kinds(db)} == {
        (200, "", 305),
        (404, "not-found", 60),
    }
    assert await total(db, "c-b") == 7
    assert await total(db) == await total(db, days=True) == 372
    moments = await HOURS.moments(db, Asked("c-a", *ALL_TIME))
    assert len(moments) == 30
    assert (moments[0].answered, moments[0].refused, moments[0].failed) == (15, 2, 0)
    assert sum(moment.bins[5 - 1] for moment in moments) == 305
    days = await DAYS.moments(db, Asked("c-a", *ALL_TIME))
    assert [day.at % 86_400 for day in days] == [0, 0, 0]
    assert sum(day.answered + day.refused for day in days) == 365
    slow = percentile(days[0].bins, 0.99)
    assert slow is not None
    assert 250 <= slow <= 400


async def test_filters_and_customers_do_not_mix(db: Database) -> None:
    tally = Tally()
    call(tally, 2)
    call(tally, 3, client="web", operation="readMe")
    call(tally, 4, surface="token", operation="password")
    call(tally, 5, customer="c-b")
    await flush(tally, db, AT)

    async def counted(**filters: Any) -> int:
        return sum(kind.calls for kind in await HOURS.kinds(db, Asked("c-a", *ALL_TIME, **filters)))

    assert await counted() == 9
    assert await counted(surface="api") == 5
    assert await counted(client_id="web") == 3
    assert await counted(operation="password") == 4
    assert await counted(client_id="web", operation="listUnits") == 0
    assert await counted(subscription_id="none") == 0
    lines = await HOURS.lines(db, Asked("c-a", *ALL_TIME), 2)
    assert len(lines) == 2
    assert {line.at for line in lines} == {AT - AT % HOUR}


async def test_processes_add_to_the_same_rows(migrated_url: str) -> None:
    """Each with its own connections, as processes have them."""

    async def process(number: int) -> None:
        db = await open_database(migrated_url)
        tally = Tally()
        for turn in range(8):
            call(tally, 20)
            call(tally, 1, status=401, cause="token-refused")
            call(tally, 3, client=f"client-{number}", at=AT + turn * HOUR)
            await flush(tally, db, AT + turn)
        await db.close()

    await asyncio.gather(*(process(number) for number in range(4)))
    db = await open_database(migrated_url)
    assert await total(db) == await total(db, "c-a", days=True) == 4 * 8 * 24
    assert {kind.calls for kind in await kinds(db) if kind.client_id == "spa"} == {640, 32}
    await db.close()


@pytest.mark.parametrize("committed", [True, False])
async def test_a_batch_whose_commit_was_in_doubt_is_written_once(db: Database, committed: bool) -> None:
    tally, unsure = Tally(), doubtful(db, 3, committed=committed)
    call(tally, 10)
    call(tally, 10, status=403, cause="scope-missing")
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable):
            await flush(tally, unsure, AT)
        call(tally)
    await flush(tally, unsure, AT)
    assert await total(db) == 23
    assert (tally.held, tally.lost) == (0, 0)
    assert len(await kept(db)) == 23


async def test_a_database_that_is_away_for_long_costs_calls_that_are_told(db: Database) -> None:
    tally, away = Tally(most=5), doubtful(db, 10, committed=False)
    for number in range(10):
        call(tally, 2, client=f"client-{number}", at=AT + number)
        with pytest.raises(DatabaseUnavailable):
            await flush(tally, away, AT)
        assert tally.held <= 2 * 5
    lost = tally.lost
    assert lost > 0
    await flush(tally, away, AT)
    assert await total(db) + lost == 20
    told = await lost_of(db, "c-a", AT)
    assert told is not None
    assert told.calls == lost
    assert AT <= told.from_at <= told.to_at == AT + 9
    assert await lost_of(db, "c-b", AT) is None
    assert await lost_of(db, "c-a", AT + 10) is None
    everywhere = await lost_by_all(db, 0)
    assert everywhere is not None
    assert everywhere.calls == lost
    assert tally.lost == 0


async def test_the_last_requests_do_not_grow_with_use(db: Database) -> None:
    tally = Tally()
    for turn in range(12):
        call(tally, 40, at=AT + turn)
        call(tally, 40, at=AT + turn, status=404, cause="not-found")
        call(tally, 1, client="quiet", at=AT)
        await flush(tally, db, AT)
    rows = await kept(db)
    assert len([row for row in rows if row.client_id == "spa" and not row.failed]) == ANSWERED_KEPT
    assert len([row for row in rows if row.client_id == "spa" and row.failed]) == FAILED_KEPT
    assert len([row for row in rows if row.client_id == "quiet"]) == 12
    assert next(row.at for row in rows if row.client_id == "spa") == AT + 11


async def test_pruning_is_bounded_and_leaves_what_is_young(db: Database) -> None:
    tally = Tally()
    for hour in range(50):
        call(tally, at=AT + hour * HOUR, customer=f"c-{hour % 5}")
    await flush(tally, db, AT)
    before = AT - AT % HOUR + 20 * HOUR
    async with db.write() as tx:
        removed = [await HOURS.prune(tx, before, 15) for _ in range(4)]
    assert removed == [15, 15, 10, 0]
    assert await total(db) == 30
    async with db.write() as tx:
        assert await prune_requests(tx, AT + 10 * HOUR, 7) == 7
        assert await prune_requests(tx, AT + 10 * HOUR, 7) == 3
