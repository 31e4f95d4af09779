"""How many requests of one address go on at a time where each may take seconds; the others wait, within bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hoistway.protocol.addresses import network_of


class Crowded(Exception):
    """Too many of this address wait, or no turn came in time."""


class _Place:
    __slots__ = ("inside", "turn")

    def __init__(self, most: int) -> None:
        self.turn = asyncio.Semaphore(most)
        self.inside = 0


class Turns:
    """`most` at a time of each address, or of each /64 of IPv6, and `waiting` that wait for at most `seconds`. What is
    kept ends with the last request."""

    def __init__(self, most: int, waiting: int, seconds: float) -> None:
        self._most, self._waiting, self._seconds = most, waiting, seconds
        self._places: dict[str, _Place] = {}

    @asynccontextmanager
    async def take(self, address: str) -> AsyncIterator[None]:
        """Callers of an unknown address ("") are not taken for one and the same. Raises Crowded."""
        if not address:
            yield
            return
        who = network_of(address) or address
        place = self._places.setdefault(who, _Place(self._most))
        if place.inside >= self._most + self._waiting:
            raise Crowded
        place.inside += 1
        try:
            await self._turn(place)
            try:
                yield
            finally:
                place.turn.release()
        finally:
            place.inside -= 1
            if not place.inside:
                del self._places[who]

    async def _turn(self, place: _Place) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await place.turn.acquire()
        except TimeoutError:
            raise Crowded from None
