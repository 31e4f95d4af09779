"""How many exchanges go on at a time, with one host and in all, and how many wait for a turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hoistway.outbound.failed import Failed


class _Host:
    __slots__ = ("inside", "turn")

    def __init__(self, most: int) -> None:
        self.turn = asyncio.Semaphore(most)
        self.inside = 0


class Seats:
    """A host that answers slowly holds up its own callers only. `inside` counts those who hold a seat or wait for one."""

    def __init__(self, of_host: int, in_all: int, waiting: int) -> None:
        self._of_host, self._waiting, self._in_all = of_host, waiting, in_all
        self._turn = asyncio.Semaphore(in_all)
        self._hosts: dict[str, _Host] = {}
        self.inside = 0

    @asynccontextmanager
    async def take(self, host: str) -> AsyncIterator[None]:
        """Waits for a turn; the caller bounds how long. Raises Failed where too many wait already."""
        found = self._hosts.get(host)
        if self.inside >= self._in_all + self._waiting or (
            found and found.inside >= self._of_host + self._waiting // 4
        ):
            raise Failed("busy", "too many requests to other servers are under way: try again in a few seconds")
        mine = self._hosts.setdefault(host, _Host(self._of_host))
        mine.inside += 1
        self.inside += 1
        try:
            async with mine.turn, self._turn:
                yield
        finally:
            self.inside -= 1
            mine.inside -= 1
            if not mine.inside:
                self._hosts.pop(host, None)
