"""Lets only a few statements that may scan run at a time, in all and for each customer, so that other requests keep the database."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hoistway.store.db import Busy
from hoistway.store.patience import deadline

AT_ONCE, AT_ONCE_OF_ONE = 4, 2
WAITING, WAITING_OF_ONE = 200, 20


class Slots:
    """Whoever waits gets the next free slot in turn, unless their customer has its share already."""

    __slots__ = ("_running", "_running_in_all", "_waiting", "_waiting_of")

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._running_in_all = 0
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._waiting_of: Counter[str] = Counter()

    @asynccontextmanager
    async def one(self, of: str) -> AsyncIterator[None]:
        """`of` is a customer's id; all operators count as one. Raises Busy."""
        if self._waiting or not self._fits(of):
            await self._turn(of)
        else:
            self._begin(of)
        try:
            yield
        finally:
            self._end(of)
            self._admit()

    def _fits(self, of: str) -> bool:
        return self._running_in_all < AT_ONCE and self._running[of] < AT_ONCE_OF_ONE

    def _begin(self, of: str) -> None:
        self._running_in_all += 1
        self._running[of] += 1

    def _end(self, of: str) -> None:
        self._running_in_all -= 1
        self._running[of] -= 1
        if not self._running[of]:
            del self._running[of]

    async def _turn(self, of: str) -> None:
        if len(self._waiting) >= WAITING or self._waiting_of[of] >= WAITING_OF_ONE:
            raise Busy("too many searches wait")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = of
        self._waiting_of[of] += 1
        self._admit()
        try:
            async with asyncio.timeout(max(0.0, deadline() - time.monotonic())):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._end(of)
            self._leave(turn)
            self._admit()
            if isinstance(error, TimeoutError):
                raise Busy("other searches took too long") from error
            raise

    def _leave(self, turn: "asyncio.Future[None]") -> None:
        of = self._waiting.pop(turn, None)
        if of is not None:
            self._waiting_of[of] -= 1
            if not self._waiting_of[of]:
                del self._waiting_of[of]

    def _admit(self) -> None:
        """Lets those who wait in, as far as there is room."""
        if self._running_in_all >= AT_ONCE:
            return
        for turn, of in list(self._waiting.items()):
            if turn.done():
                self._leave(turn)
            elif self._fits(of):
                self._leave(turn)
                self._begin(of)
                turn.set_result(None)
                if self._running_in_all >= AT_ONCE:
                    return
