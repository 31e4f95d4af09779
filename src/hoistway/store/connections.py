"""Connections to PostgreSQL, opened on demand and kept (https://magicstack.github.io/asyncpg/current/api/index.html#connection).

asyncpg's own pool wraps each connection in a proxy and waits under a timer at each loan and return: a fifth of what a short
statement costs. Here a free connection is taken from a list; only who finds none waits.
"""

import asyncio
from collections import deque
from typing import Any

import asyncpg

# Left to itself the server takes a plan that knows no values for dear, and plans a join at each call: half of a page's cost.
# The statements of requests read by keys, so one plan serves them all.
ONE_PLAN = "SET plan_cache_mode = force_generic_plan"
OWN_PLAN = "SET plan_cache_mode = force_custom_plan"
IDLE = 300.0
WAIT = 5.0


class Connections:
    """At most `most`; the one used last is taken first, so that few stay open when little is asked."""

    __slots__ = ("_free", "_most", "_opened", "_url", "_waiting")

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self._opened = 0
        self._free: list[tuple[Any, float]] = []
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> Any:
        """A living connection that is the caller's until `give`. Raises what asyncpg raises, TimeoutError."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT
        while True:
            found = self._pop(loop.time() - IDLE)
            if found is not None:
                return found
            if self._opened < self._most:
                return await self._open()
            await self._turn(loop, deadline)

    def _pop(self, used_since: float) -> Any:
        while self._free:
            connection, used_at = self._free.pop()
            if used_at >= used_since and not connection.is_closed():
                return connection
            # Firewalls forget idle connections without telling either end.
            connection.terminate()
            self._opened -= 1
        return None

    async def _open(self) -> Any:
        self._opened += 1
        try:
            opened = await asyncpg.connect(self._url, timeout=WAIT, command_timeout=10)
            try:
                await opened.execute(ONE_PLAN)
            except BaseException:
                opened.terminate()
                raise
            return opened
        except BaseException:
            self._opened -= 1
            self._wake()
            raise

    async def _turn(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise

    def _wake(self) -> None:
        """Somebody who waits may look again."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def give(self, connection: Any, *, broken: bool = False) -> None:
        """`broken` where something other than an answer of the server ended its use: nobody knows what is still under way."""
        if broken or connection.is_closed():
            connection.terminate()
            self._opened -= 1
        else:
            self._free.append((connection, asyncio.get_running_loop().time()))
        self._wake()

    async def close(self) -> None:
        for connection, _used_at in self._free:
            await connection.close(timeout=2)
        self._free.clear()
