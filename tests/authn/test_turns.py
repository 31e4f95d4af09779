"""Who hashes next: nobody who asks often makes those wait who ask once, and nobody is forgotten."""

import asyncio

import pytest

from hoistway.authn.turns import Full, Turns


class Crowd:
    """Callers who wait for one place, which is taken; `served` says in which order they got it."""

    def __init__(self, most: int = 200, of_account: int = 50) -> None:
        self.turns = Turns(1, most, of_account)
        self.served: list[str] = []
        self.full: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def open(self) -> "Crowd":
        await self.turns.take("first", "first")
        return self

    async def _work(self, caller: str, account: str) -> None:
        try:
            await self.turns.take(caller, account)
        except Full:
            self.full.append(caller)
            return
        self.served.append(caller if account == caller else f"{caller}/{account}")
        self.turns.give()

    async def come(self, caller: str, account: str | None = None, times: int = 1) -> asyncio.Task[None]:
        for _ in range(times):
            self.tasks.append(asyncio.create_task(self._work(caller, account or caller)))
        # Once for them to come, once for whom they displace to hear of it.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return self.tasks[-1]

    async def go(self) -> list[str]:
        self.turns.give()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return self.served


async def test_a_caller_who_asks_often_waits_for_those_who_ask_once() -> None:
    crowd = await Crowd().open()
    await crowd.come("loud", times=40)
    await crowd.come("quiet")
    await crowd.come("other")
    served = await crowd.go()
    assert served[:3] == ["loud", "quiet", "other"]
    assert len(served) == 42


async def test_of_one_caller_the_accounts_come_in_turn() -> None:
    crowd = await Crowd().open()
    await crowd.come("office", "stale", times=20)
    await crowd.come("office", "right")
    await crowd.come("home")
    assert (await crowd.go())[:3] == ["office/stale", "home", "office/right"]


async def test_a_full_queue_makes_room_for_who_has_less() -> None:
    crowd = await Crowd(most=10).open()
    await crowd.come("loud", times=10)
    await crowd.come("quiet", times=2)
    assert crowd.full == ["loud", "loud"]
    await crowd.come("loud")
    assert crowd.full == ["loud", "loud", "loud"]
    assert sorted(await crowd.go()) == ["loud"] * 8 + ["quiet"] * 2


async def test_one_account_from_everywhere_has_a_share() -> None:
    crowd = await Crowd(most=100, of_account=5).open()
    for number in range(8):
        await crowd.come(f"bot-{number}", "ann")
    assert len(crowd.full) == 3
    await crowd.come("bot-9", "bob")
    assert len(await crowd.go()) == 6


@pytest.mark.parametrize("when", ["before", "with its turn"])
async def test_who_goes_away_takes_no_place_along(when: str) -> None:
    crowd = await Crowd().open()
    gone = await crowd.come("gone")
    await crowd.come("next")
    if when == "before":
        gone.cancel()
        await asyncio.sleep(0)
        crowd.turns.give()
    else:
        crowd.turns.give()
        gone.cancel()
    await asyncio.gather(*crowd.tasks, return_exceptions=True)
    assert crowd.served == ["next"]
    await asyncio.wait_for(crowd.turns.take("last", "last"), 5)
    crowd.turns.give()
