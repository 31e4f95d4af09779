"""Whose turn it is to be told that sessions ended, where more wait than are told at once."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from hoistway.applications import logout_turns
from hoistway.applications.logout_turns import AT_ONCE, IN_SANDBOX, OF_OWNER, Telling
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.logout_notices import Due


def due(name: str, owner: str | None = None, environment: str = "production", since: int = 0) -> Due:
    return Due(ClientId(name), None if owner is None else CustomerId(owner), environment, since)


class Receivers:
    """Each answers when it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.due: list[Due] = []
        self.told: list[str] = []
        self.doors: dict[str, asyncio.Event] = {}
        monkeypatch.setattr(logout_turns, "due_applications", self._due)
        monkeypatch.setattr(logout_turns, "tell_application", self._tell)

    async def _due(self, _db: object, _now: int, most: int) -> list[Due]:
        return self.due[:most]

    async def _tell(self, _engine: object, client_id: ClientId) -> None:
        self.told.append(client_id)
        door = self.doors.get(client_id)
        if door is not None:
            await door.wait()
        self.due = [one for one in self.due if one.client_id != client_id]

    def hold(self, names: Sequence[str]) -> None:
        self.doors = {name: asyncio.Event() for name in names}

    def telling(self) -> Telling:
        engine: Any = SimpleNamespace(db=None, now=lambda: 0)
        return Telling(engine)


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> Receivers:
    return Receivers(monkeypatch)


async def let_run() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_slow_receivers_of_one_customer_keep_nobody_waiting(receivers: Receivers) -> None:
    async def story() -> None:
        telling, slow = receivers.telling(), [f"a-{number:02}" for number in range(20)]
        receivers.hold(slow)
        receivers.due = [due(name, "greedy") for name in slow]
        await telling.begin()
        await let_run()
        assert len(receivers.told) == OF_OWNER
        receivers.due.append(due("z-honest", "other", since=9))
        await telling.begin()
        await let_run()
        assert receivers.told[OF_OWNER:] == ["z-honest"], "although the others still wait for their answers"
        for door in receivers.doors.values():
            door.set()
        await telling.end()

    asyncio.run(story())


def test_the_sandbox_comes_after_production_and_has_few_places(receivers: Receivers) -> None:
    async def story() -> None:
        telling = receivers.telling()
        simulated = [due(f"a-{number}", f"c-{number}", "sandbox") for number in range(9)]
        receivers.hold([one.client_id for one in simulated])
        receivers.due = [*simulated, due("z", "c-1", since=9)]
        await telling.begin()
        await let_run()
        assert receivers.told[0] == "z"
        assert len(receivers.told) == 1 + IN_SANDBOX
        for door in receivers.doors.values():
            door.set()
        await telling.end()

    asyncio.run(story())


def test_many_take_turns(receivers: Receivers) -> None:
    """Those of the operator, which no customer owns, have no bound but that of all; each is told before any comes again."""

    async def story() -> None:
        telling, many = receivers.telling(), [due(f"own-{number:02}") for number in range(AT_ONCE * 2)]
        for _ in range(4):
            receivers.due = list(many)
            await telling.begin()
            await telling.end()
        assert receivers.told[: len(many)] == [one.client_id for one in many]
        assert receivers.told[len(many) :] == [one.client_id for one in many]

    asyncio.run(story())


def test_what_one_met_is_said_in_the_next_round(receivers: Receivers, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_engine: object, _client_id: ClientId) -> None:
        raise RuntimeError("no database")

    async def story() -> None:
        telling = receivers.telling()
        receivers.due = [due("a")]
        await telling.begin()
        await let_run()
        with pytest.raises(RuntimeError, match="no database"):
            await telling.begin()
        await telling.begin()
        await telling.end()

    monkeypatch.setattr(logout_turns, "tell_application", fails)
    asyncio.run(story())
