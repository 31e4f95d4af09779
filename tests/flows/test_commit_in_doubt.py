"""The connection is lost between COMMIT and its answer: whatever is written by itself is there once, and nothing is missing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from hoistway.engine import Engine
from hoistway.limits.counting import Counting
from hoistway.limits.memory import Memory
from hoistway.limits.places import SIZE
from hoistway.mail.send import send_due
from hoistway.protocol.ids import ClientId
from hoistway.protocol.limits import Limit, Limits
from hoistway.server.housekeeping import keep_keys, keep_limits, run_job
from hoistway.server.last_uses import note_uses
from hoistway.server.opening import close_engine, open_engine
from hoistway.server.rounds import is_over
from hoistway.settings import MailServer, Settings
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.jobs import Job, all_jobs, put_jobs
from hoistway.store.keys import all_keys
from hoistway.store.limit_counts import find_counts
from hoistway.store.outbox import count_mails
from hoistway.usage.flush import flush
from tests.engines import drop_database, fresh_database
from tests.mail.server import Mailbox, mail_server
from tests.mail.test_mail import put
from tests.server import MASTER_KEY, Clock, populate
from tests.store.cutting import COMMIT, Cutting, cutting
from tests.usage.counts import AT, call, total

LIMITS = Limits(Limit(100, 60), Limit(1000, 3600))
NOW = 7200


@dataclass(frozen=True)
class Doubt:
    """`engine` speaks through the proxy; `proxy.cut = COMMIT` cuts the next one."""

    engine: Engine
    proxy: Cutting
    clock: Clock


@asynccontextmanager
async def doubting(mail: MailServer | None = None) -> AsyncIterator[Doubt]:
    url = fresh_database("postgresql", populate)
    clock = Clock()
    async with cutting(url) as proxy:
        engine = await open_engine(Settings("https://id.example", proxy.url, MASTER_KEY, mail=mail), clock)
        try:
            yield Doubt(engine, proxy, clock)
        finally:
            await close_engine(engine)
    drop_database(url)


async def published(doubt: Doubt) -> tuple[int, int]:
    counts = await find_counts(doubt.engine.db, "s:1")
    assert counts is not None
    return counts.rate.used, counts.quota.used


async def test_calls_that_count_against_limits() -> None:
    async with doubting() as doubt:
        counting = Counting()
        await counting.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 5)
        doubt.proxy.cut = COMMIT
        with pytest.raises(DatabaseUnavailable):
            await counting.publish(doubt.engine.db, last=True)
        await counting.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 3)
        assert await counting.publish(doubt.engine.db, last=True)
        assert (await published(doubt), doubt.proxy.done) == ((8, 8), 1)
        left = (await counting.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 0)).quota
        assert left is not None
        assert left.calls == 992


async def test_calls_whose_publisher_died_in_doubt() -> None:
    """Another process of the machine goes on with the same batch."""
    async with doubting() as doubt:
        memory = Memory(SIZE)
        first, second = Counting(memory), Counting(memory)
        await first.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 5)
        doubt.proxy.cut = COMMIT
        with pytest.raises(DatabaseUnavailable):
            await first.publish(doubt.engine.db, last=True)
        await second.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 3)
        assert await second.publish(doubt.engine.db, last=True)
        assert await published(doubt) == (8, 8)
        assert await first.publish(doubt.engine.db, last=True)
        assert await published(doubt) == (8, 8)


async def test_calls_whose_places_were_given_away_in_doubt() -> None:
    async with doubting() as doubt:
        counting = Counting(most=1)
        await counting.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 5)
        doubt.proxy.cut = COMMIT
        with pytest.raises(DatabaseUnavailable):
            await counting.publish(doubt.engine.db, last=True)
        await counting.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 2)
        await counting.take(doubt.engine.db, "s:2", LIMITS, 0, NOW, 1)
        doubt.proxy.cut = COMMIT
        with pytest.raises(DatabaseUnavailable):
            await counting.publish(doubt.engine.db, last=True)
        for _ in range(2):
            assert await counting.publish(doubt.engine.db, last=True)
            assert await published(doubt) == (7, 7)


async def test_a_stop_lets_a_publication_end() -> None:
    """The job that publishes is told to end while its COMMIT is under way; then the last publication has nothing to add."""
    async with doubting() as doubt:
        await doubt.engine.limits.take(doubt.engine.db, "s:1", LIMITS, 0, NOW, 5)
        stop = asyncio.Event()
        job = asyncio.create_task(keep_limits(doubt.engine, stop))
        while (await find_counts(doubt.engine.db, "s:1")) is None:
            await asyncio.sleep(0.001)
        stop.set()
        await asyncio.wait_for(job, 5)
        assert await doubt.engine.limits.publish(doubt.engine.db, last=True)
        assert await published(doubt) == (5, 5)
        assert await is_over(stop, 60)


async def test_counted_use() -> None:
    async with doubting() as doubt:
        call(doubt.engine.tally, 5)
        doubt.proxy.cut = COMMIT
        with pytest.raises(DatabaseUnavailable):
            await flush(doubt.engine.tally, doubt.engine.db, AT)
        call(doubt.engine.tally, 3)
        await flush(doubt.engine.tally, doubt.engine.db, AT)
        assert await total(doubt.engine.db) == 8
        assert doubt.proxy.done == 1


async def test_a_mail_that_was_handed_over() -> None:
    with mail_server(Mailbox()) as box:
        async with doubting(MailServer("127.0.0.1", box.port, "offered", "lifts@id.example")) as doubt:
            await put(doubt.engine)
            # The first COMMIT is that of taking it, the second that of removing it.
            doubt.proxy.cut = COMMIT
            with pytest.raises(DatabaseUnavailable):
                await send_due(doubt.engine)
            assert box.mails == []
            doubt.clock.turn(301)
            taken = asyncio.create_task(send_due(doubt.engine))
            while not box.mails:
                await asyncio.sleep(0)
            doubt.proxy.cut = COMMIT
            with pytest.raises(DatabaseUnavailable):
                await taken
            doubt.clock.turn(301)
            await send_due(doubt.engine)
            await send_due(doubt.engine)
            assert await count_mails(doubt.engine.db) == 0
            assert doubt.engine.handed_over == {}
    assert len(box.mails) == 1


async def test_when_applications_were_used() -> None:
    async with doubting() as doubt:
        doubt.engine.note_use(ClientId("daemon"), doubt.engine.now())
        doubt.proxy.cut = COMMIT
        done = await run_job(doubt.engine, "secrets", note_uses)
        assert done.outcome.startswith("put off")
        assert list(doubt.engine.clients_used) == ["daemon"]
        assert (await run_job(doubt.engine, "secrets", note_uses)).outcome == "done"
        assert doubt.engine.clients_used == {}


async def test_what_jobs_did() -> None:
    async with doubting() as doubt:
        job = Job("secrets", "1", NOW, 5, "done")
        doubt.proxy.cut = COMMIT
        with pytest.raises(DatabaseUnavailable):
            async with doubt.engine.db.write() as tx:
                await put_jobs(tx, [job])
        async with doubt.engine.db.write() as tx:
            await put_jobs(tx, [job])
        assert await all_jobs(doubt.engine.db) == [job]


async def test_the_successor_of_a_key() -> None:
    """Made once: the next look sees that it is there."""
    async with doubting() as doubt:
        before = len(await all_keys(doubt.engine.db))
        doubt.clock.turn(doubt.engine.settings.key_lifetime)
        doubt.proxy.cut = COMMIT
        with pytest.raises(DatabaseUnavailable):
            await keep_keys(doubt.engine)
        await keep_keys(doubt.engine)
        await keep_keys(doubt.engine)
        assert len(await all_keys(doubt.engine.db)) == before * 2
