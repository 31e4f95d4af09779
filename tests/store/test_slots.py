"""What may scan runs few at a time, each customer has its share of that, and who finds no room hears so at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Float, bindparam, column, func, select, table

from hoistway.store import slots as module
from hoistway.store.db import Busy, Database, Statement, nothing
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.patience import begin
from hoistway.store.slots import AT_ONCE, AT_ONCE_OF_ONE, WAITING_OF_ONE, Slots
from tests.attacks.asking import bearer, daemon_token
from tests.engines import drop_database, fresh_database
from tests.server import Served


async def hold(slots: Slots, of: str, running: Counter[str], until: asyncio.Event) -> None:
    async with slots.one(of):
        running[of] += 1
        try:
            await until.wait()
        finally:
            running[of] -= 1


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_customer_leaves_room_for_another() -> None:
    slots, running, until = Slots(), Counter[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(slots, "a", running, until)) for _ in range(AT_ONCE_OF_ONE + 5)]
    await settle()
    assert running == {"a": AT_ONCE_OF_ONE}
    tasks += [asyncio.create_task(hold(slots, of, running, until)) for of in ("b", "c", "d")]
    await settle()
    assert running == {"a": AT_ONCE_OF_ONE, "b": 1, "c": 1}
    assert running.total() == AT_ONCE
    until.set()
    await asyncio.gather(*tasks)
    assert running.total() == 0


async def test_no_more_of_one_customer_wait_than_its_share() -> None:
    slots, running, until = Slots(), Counter[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(slots, "a", running, until)) for _ in range(AT_ONCE_OF_ONE + WAITING_OF_ONE + 3)]
    await settle()
    refused = [task for task in tasks if task.done()]
    assert len(refused) == 3
    assert all(isinstance(task.exception(), Busy) for task in refused)
    until.set()
    await asyncio.gather(*(task for task in tasks if task not in refused))
    async with slots.one("a"):
        pass


async def test_nobody_waits_longer_than_a_request_may(monkeypatch: pytest.MonkeyPatch) -> None:
    slots, running, until = Slots(), Counter[str](), asyncio.Event()
    monkeypatch.setattr(module, "AT_ONCE", 1)
    first = asyncio.create_task(hold(slots, "a", running, until))
    await settle()
    begin(0.05)
    with pytest.raises(Busy):
        await hold(slots, "b", running, until)
    until.set()
    await first
    await hold(slots, "b", running, until)


async def test_who_leaves_gives_the_turn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    slots, running, until = Slots(), Counter[str](), asyncio.Event()
    tasks = [asyncio.create_task(hold(slots, of, running, until)) for of in ("a", "b", "c")]
    await settle()
    tasks[0].cancel()
    tasks[1].cancel()
    await settle()
    assert running == {"c": 1, "a": 0}
    until.set()
    await tasks[2]


SLEEP = Statement(lambda: select(func.pg_sleep(bindparam("seconds", type_=Float))), nothing)
ASLEEP = Statement(
    lambda: (
        select(func.count())
        .select_from(table("pg_stat_activity"))
        .where(column("query").like("%pg_sleep(%"), column("state") == "active", column("pid") != func.pg_backend_pid())
    ),
    int,
)


@pytest.fixture
async def postgresql() -> AsyncIterator[Database]:
    url = fresh_database("postgresql", migrate)
    db = await open_database(url)
    yield db
    await db.close()
    drop_database(url)


async def wait_until_asleep(db: Database, count: int) -> None:
    async with asyncio.timeout(20):
        while await db.one(ASLEEP, {}) != count:
            await asyncio.sleep(0.01)


async def test_scans_of_one_customer_leave_postgresql_to_the_others(postgresql: Database) -> None:
    """Twenty at once: two run, and connections are left for everybody else."""
    scans = [asyncio.create_task(postgresql.slow(SLEEP, {"seconds": 2.0}, "a")) for _ in range(20)]
    await wait_until_asleep(postgresql, AT_ONCE_OF_ONE)
    assert len(await postgresql.slow(SLEEP, {"seconds": 0.0}, "b")) == 1
    assert not any(scan.done() for scan in scans)
    for scan in scans:
        scan.cancel()
    await asyncio.gather(*scans, return_exceptions=True)


async def test_postgresql_ends_a_scan_that_nobody_waits_for(postgresql: Database) -> None:
    async def ask() -> None:
        begin(0.5)
        await postgresql.slow(SLEEP, {"seconds": 60.0}, "a")

    with pytest.raises(Busy):
        await asyncio.create_task(ask())
    await wait_until_asleep(postgresql, 0)
    assert len(await postgresql.slow(SLEEP, {"seconds": 0.0}, "a")) == 1


def test_a_search_that_finds_no_room_is_told_when_to_come_back(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    token = daemon_token(served)
    monkeypatch.setattr(module, "AT_ONCE_OF_ONE", 0)
    monkeypatch.setattr(module, "WAITING_OF_ONE", 0)
    refused = bearer(served, token, text="us")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "search" in refused.json()["detail"]
    assert bearer(served, token).status_code == 200
