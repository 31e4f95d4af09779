"""Requests of one address take turns; those of others don't wait for them."""

import asyncio

import pytest

from hoistway.limits.turns import Crowded, Turns


class Busy:
    def __init__(self, turns: Turns) -> None:
        self.turns, self.go_on = turns, asyncio.Event()
        self.inside: list[str] = []

    async def works(self, address: str) -> None:
        async with self.turns.take(address):
            self.inside.append(address)
            await self.go_on.wait()

    async def begin(self, *addresses: str) -> list[asyncio.Task[None]]:
        begun = [asyncio.create_task(self.works(address)) for address in addresses]
        for _ in range(5):
            await asyncio.sleep(0)
        return begun


async def test_few_of_one_address_at_a_time_and_others_at_once() -> None:
    busy = Busy(Turns(2, 2, 30))
    begun = await busy.begin(*["192.0.2.1"] * 4, "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8::3", *[""] * 9)
    assert busy.inside == ["192.0.2.1"] * 2 + ["192.0.2.2", "2001:db8::1", "2001:db8::2"] + [""] * 9
    with pytest.raises(Crowded):
        await busy.works("192.0.2.1")
    busy.go_on.set()
    await asyncio.gather(*begun)
    await busy.works("192.0.2.1")
    assert len(busy.inside) == 18


async def test_nobody_waits_for_ever_and_who_leaves_takes_no_turn() -> None:
    busy = Busy(Turns(1, 2, 0.01))
    first, second = await busy.begin("192.0.2.1", "192.0.2.1")
    with pytest.raises(Crowded):
        await second
    busy.turns = Turns(1, 2, 30)
    (inside, waits) = await busy.begin("192.0.2.1", "192.0.2.1")
    waits.cancel()
    busy.go_on.set()
    await asyncio.gather(first, inside)
    await busy.works("192.0.2.1")
    assert waits.cancelled()
