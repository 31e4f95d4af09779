"""What may scan runs few at a time, each customer has its share of that, and who finds no room hears so at once."""

import asyncio
from collections import Counter

import pytest

from hoistway.store import slots as module
from hoistway.store.db import Busy
from hoistway.store.patience import begin
from hoistway.store.slots import AT_ONCE, AT_ONCE_OF_ONE, WAITING_OF_ONE, Slots


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
