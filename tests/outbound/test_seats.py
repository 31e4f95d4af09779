"""Seats are shared out: nobody waits for those who have more."""

import asyncio
from collections.abc import Awaitable

import pytest

from hoistway.outbound.failed import Failed
from hoistway.outbound.seats import Bounds, Seats


class Room:
    """Who sits there is in `order`, by name; each stays until it is told to go."""

    def __init__(self, bounds: Bounds) -> None:
        self.seats = Seats(bounds)
        self.order: list[str] = []
        self.gone: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def _sit(self, name: str, host: str, owner: str) -> None:
        async with self.seats.take(host, owner):
            self.order.append(name)
            await self.gone[name].wait()

    async def comes(self, name: str, host: str = "h") -> None:
        """The owner is the first letter."""
        self.gone[name] = asyncio.Event()
        self.tasks[name] = asyncio.ensure_future(self._sit(name, host, name[0]))
        await turns()

    async def goes(self, name: str) -> None:
        self.gone[name].set()
        await self.tasks[name]
        await turns()


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def bounds(**other: int) -> Bounds:
    usual = {"of_owner_at_host": 2, "of_owner": 3, "of_host": 3, "in_all": 4, "waiting_of_owner": 2, "waiting": 3}
    return Bounds(**{**usual, **other})


async def test_an_owner_has_its_share_of_a_host_and_of_all() -> None:
    room = Room(bounds())
    for name in ("a1", "a2", "a3"):
        await room.comes(name)
    assert room.order == ["a1", "a2"]
    await room.comes("b1")
    await room.comes("a4", "other")
    await room.comes("a5", "third")
    assert room.order == ["a1", "a2", "b1", "a4"]
    await room.goes("b1")
    assert room.order == ["a1", "a2", "b1", "a4"]
    await room.goes("a1")
    assert room.order[4:] == ["a3"]


async def test_a_seat_goes_to_who_has_the_fewest_then_to_who_came_first() -> None:
    room = Room(bounds(of_host=2))
    for name in ("a1", "a2", "a3", "a4", "b1"):
        await room.comes(name)
    assert room.order == ["a1", "a2"]
    await room.goes("a1")
    await room.goes("a2")
    assert room.order == ["a1", "a2", "b1", "a3"]
    await room.goes("b1")
    assert room.order[4:] == ["a4"]


async def test_waiting_is_bounded_for_each_owner_and_in_all() -> None:
    room = Room(bounds())
    for name in ("a1", "a2", "a3", "a4"):
        await room.comes(name)
    with pytest.raises(Failed, match="try again in a few seconds"):
        await bounded(room.seats.take("h", "a").__aenter__())
    await room.comes("b1")
    await room.comes("b2")
    with pytest.raises(Failed):
        await bounded(room.seats.take("h", "c").__aenter__())
    await room.goes("a1")
    await room.comes("c1")
    assert room.order == ["a1", "a2", "b1", "a3"]


async def bounded(one: Awaitable[None]) -> None:
    async with asyncio.timeout(5):
        await one


async def test_who_gives_up_leaves_nothing_behind() -> None:
    room = Room(bounds())
    for name in ("a1", "a2", "a3", "a4"):
        await room.comes(name)
    room.tasks["a3"].cancel()
    # This one's turn comes at the very moment in which it gives up.
    room.gone["a1"].set()
    await asyncio.sleep(0)
    room.tasks["a4"].cancel()
    await turns()
    await room.goes("a2")
    assert room.seats.taken == 0
    for name in ("a5", "a6"):
        await room.comes(name)
    assert room.order == ["a1", "a2", "a5", "a6"]
