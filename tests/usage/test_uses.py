"""Uses of a legacy flow that are counted in memory: never the first of a day, never lost for want of room, and each once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hoistway.protocol.ids import ClientId, ServiceAccountId
from hoistway.store.db import Database, DatabaseUnavailable
from hoistway.store.flow_uses import Use, count_flow_use, flow_uses_of
from hoistway.store.legacy_uses import AUTHORIZE, TOKEN, count_legacy_use, legacy_uses_of
from hoistway.store.open import open_database
from hoistway.usage.flush import flush
from hoistway.usage.tally import MOST_USES, Tally
from tests.usage.test_flush import doubtful
from tests.world import NOW, A, make_world


def use(number: int = 0, day: str = "2026-01-01") -> Use:
    return Use(ClientId("ropc" if number % 2 else "ropc-off"), "password", day, ServiceAccountId(f"sa-{number}"), A)


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    opened = await open_database(migrated_url)
    await make_world(opened)
    yield opened
    await opened.close()


def test_the_first_of_a_day_is_the_requests_own() -> None:
    tally = Tally()
    assert not tally.note_use(use(), NOW)
    tally.tell_use(use())
    assert tally.note_use(use(), NOW)
    assert not tally.note_use(use(1), NOW)
    assert not tally.note_use(use(day="2026-01-02"), NOW)


def test_where_there_is_no_room_requests_write_their_own() -> None:
    tally = Tally()
    for number in range(MOST_USES + 1):
        tally.tell_use(use(number))
    assert not tally.note_use(use(MOST_USES), NOW)
    assert tally.note_use(use(), NOW)
    tomorrow = use(day="2026-01-02")
    tally.tell_use(tomorrow)
    assert tally.note_use(tomorrow, NOW), "what was told yesterday makes room"
    assert len(tally._told) == 1


async def test_addresses_are_counted_by_application_and_day(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    tally, client_id = Tally(), ClientId("ropc")
    for at in (NOW, NOW + 1, NOW + 86_400):
        tally.note_address(client_id, TOKEN, at)
    tally.note_address(client_id, AUTHORIZE, NOW)
    for committed in (False, True):
        with pytest.raises(DatabaseUnavailable):
            await flush(tally, doubtful(db, 1, committed=committed), NOW)
    await flush(tally, db, NOW)
    tally.note_address(client_id, TOKEN, NOW + 2)
    await flush(tally, db, NOW)
    found = {(one.flow, one.day): (one.uses, one.last_used_at) for one in await legacy_uses_of(db, client_id)}
    assert found == {
        (TOKEN, "2023-11-14"): (3, NOW + 2),
        (TOKEN, "2023-11-15"): (1, NOW + 86_400),
        (AUTHORIZE, "2023-11-14"): (1, NOW),
    }


def test_addresses_have_a_bound_that_is_told(caplog: pytest.LogCaptureFixture) -> None:
    tally = Tally()
    for number in range(MOST_USES + 2):
        tally.note_address(ClientId(f"app-{number}"), TOKEN, NOW)
    tally.take()
    assert sum(len(batch.addresses) for batch in tally.waiting) == MOST_USES
    assert [record.msg for record in caplog.records] == ["uses of addresses not counted"]


async def test_each_is_written_once_whatever_became_of_a_commit(db: Database) -> None:
    tally = Tally()
    async with db.write() as tx:
        for number in range(6):
            one = use(number)
            await count_legacy_use(tx, one.client_id, one.flow, one.day, NOW)
            await count_flow_use(tx, one.actor, one.client_id, one.flow, one.day, NOW, one.customer_id)
            tally.tell_use(one)
    for number in range(6):
        for _ in range(number):
            assert tally.note_use(use(number), NOW + number)
    assert tally.note_use(use(0), NOW)
    tally.take_back_use(use(0))
    for committed in (False, True):
        with pytest.raises(DatabaseUnavailable):
            await flush(tally, doubtful(db, 1, committed=committed), NOW)
    await flush(tally, db, NOW)
    await flush(tally, db, NOW)
    assert [await flow_uses_of(db, f"sa-{number}", "password") for number in range(6)] == [1, 2, 3, 4, 5, 6]
    odd, even = await legacy_uses_of(db, ClientId("ropc")), await legacy_uses_of(db, ClientId("ropc-off"))
    assert [(one.uses, one.last_used_at) for one in (*odd, *even)] == [(3 + 9, NOW + 5), (3 + 6, NOW + 4)]


async def test_processes_and_requests_add_to_the_same_rows(db: Database, migrated_url: str) -> None:
    """In one order of locks: none waits for ever, and none is lost."""

    async def process(number: int) -> None:
        own, tally = await open_database(migrated_url), Tally()
        for turn in range(5):
            for one in (use(1), use(2), use(3)) if number % 2 else (use(3), use(2), use(1)):
                tally.tell_use(one)
                assert tally.note_use(one, NOW)
            await flush(tally, own, NOW)
            async with own.write() as tx:
                one = use(turn % 4)
                await count_legacy_use(tx, one.client_id, one.flow, one.day, NOW)
                await count_flow_use(tx, one.actor, one.client_id, one.flow, one.day, NOW, one.customer_id)
        await own.close()

    await asyncio.gather(*(process(number) for number in range(4)))
    assert [await flow_uses_of(db, f"sa-{number}", "password") for number in range(4)] == [8, 24, 24, 24]
