"""Whose exchange with another server goes on, and whose waits: nobody takes what others need, of one host or in all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from hoistway.outbound.failed import Failed


class Bounds(Struct, frozen=True):
    """Exchanges at a time, of an owner at a host, of an owner, at a host and in all; and how many of an owner, and in all,
    wait for a turn. An owner is whoever's settings made us ask: a customer, or an application of no customer."""

    of_owner_at_host: int
    of_owner: int
    of_host: int
    in_all: int
    waiting_of_owner: int
    waiting: int


class _Waiting:
    __slots__ = ("host", "owner", "turn")

    def __init__(self, host: str, owner: str) -> None:
        self.host, self.owner = host, owner
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Seats:
    """A seat that gets free goes to who has the fewest, and of these to who waits longest."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._waiting: list[_Waiting] = []
        self._owners: Counter[str] = Counter()
        self._hosts: Counter[str] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()

    @property
    def taken(self) -> int:
        return self._owners.total()

    @asynccontextmanager
    async def take(self, host: str, owner: str) -> AsyncIterator[None]:
        """Waits for a turn; the caller bounds how long. Raises Failed where too many wait already."""
        one = _Waiting(host, owner)
        self._waiting.append(one)
        self._seat()
        if not one.turn.done() and self._is_full(owner):
            self._waiting.remove(one)
            raise Failed("busy", "too many requests to other servers are under way: try again in a few seconds")
        try:
            await one.turn
        except asyncio.CancelledError:
            # Its turn may have come at the very moment in which its time was over.
            if one in self._waiting:
                self._waiting.remove(one)
            else:
                self._leave(one)
            raise
        try:
            yield
        finally:
            self._leave(one)

    def _is_full(self, owner: str) -> bool:
        """True where the one that came last is too many."""
        of_owner = sum(one.owner == owner for one in self._waiting)
        return len(self._waiting) > self._bounds.waiting or of_owner > self._bounds.waiting_of_owner

    def _fits(self, one: _Waiting) -> bool:
        bounds = self._bounds
        return (
            not one.turn.done()
            and self._owners.total() < bounds.in_all
            and self._hosts[one.host] < bounds.of_host
            and self._owners[one.owner] < bounds.of_owner
            and self._pairs[one.owner, one.host] < bounds.of_owner_at_host
        )

    def _seat(self) -> None:
        """Those whose turn it is."""
        while fitting := [one for one in self._waiting if self._fits(one)]:
            one = min(fitting, key=lambda one: self._owners[one.owner])
            self._waiting.remove(one)
            self._count(one, 1)
            one.turn.set_result(None)

    def _leave(self, one: _Waiting) -> None:
        self._count(one, -1)
        self._seat()

    def _count(self, one: _Waiting, change: int) -> None:
        counters: tuple[tuple[Counter[str], str], ...] = ((self._owners, one.owner), (self._hosts, one.host))
        for counter, key in counters:
            counter[key] += change
            if not counter[key]:
                del counter[key]
        self._pairs[one.owner, one.host] += change
        if not self._pairs[one.owner, one.host]:
            del self._pairs[one.owner, one.host]
