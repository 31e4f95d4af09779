"""Connections to PostgreSQL, opened on demand and kept (https://magicstack.github.io/asyncpg/current/api/index.html#connection).

asyncpg's own pool wraps each connection in a proxy and waits under a timer at each loan and return: a fifth of what a short
statement costs. Here a free connection is taken from a list; only who finds none waits.
"""

import asyncio
from collections import deque
from contextvars import Context
from typing import Any

import asyncpg

from hoistway.journal import LOG
from hoistway.store.db import Busy, DatabaseUnavailable
from hoistway.store.patience import seconds_left

# Left to itself the server takes a plan that knows no values for dear, and plans a join at each call: half of a page's cost.
# The statements of requests read by keys, so one plan serves them all.
ONE_PLAN = "SET plan_cache_mode = force_generic_plan"
OWN_PLAN = "SET plan_cache_mode = force_custom_plan"
# What is answered is on the disk, whatever the server was told; `remote_apply` and the like are more and stay.
DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
IDLE = 300.0
WAIT = 5.0
MOST_WAITING = 1_000
PROBE_WITHIN, PROBE_EVERY = 1.5, 0.25


class Connections:
    """At most `most`; the one used last is taken first, so that few stay open when little is asked.

    After an answer that did not come a probe asks the server; where it hears nothing either, the database is known to hang:
    everybody is told so at once, until a probe is answered."""

    __slots__ = ("_free", "_hangs", "_most", "_opened", "_probe", "_url", "_waiting")

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self._opened = 0
        self._free: list[tuple[Any, float]] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._hangs = False
        self._probe: asyncio.Task[None] | None = None

    async def take(self) -> Any:
        """A living connection that is the caller's until `give`. Raises what asyncpg raises, TimeoutError, DatabaseUnavailable."""
        loop = asyncio.get_running_loop()
        patience = min(WAIT, seconds_left())
        deadline = loop.time() + patience
        while True:
            if self._hangs:
                raise DatabaseUnavailable("the database is known to hang")
            found = self._pop(loop.time() - IDLE)
            if found is not None:
                return found
            if self._opened < self._most:
                return await self._open(patience)
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

    async def _open(self, patience: float) -> Any:
        self._opened += 1
        try:
            return await _connect(self._url, patience)
        except BaseException as error:
            self._opened -= 1
            if isinstance(error, TimeoutError):
                self.suspect()
            self._wake()
            raise

    async def _turn(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("too many requests wait for a connection to the database")
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
        """`broken` where something other than an answer of the server ended its use: nobody knows what is still under way. The
        same holds of one that is still in a transaction."""
        if broken or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
            self._opened -= 1
        else:
            self._free.append((connection, asyncio.get_running_loop().time()))
        self._wake()

    def suspect(self) -> None:
        """An answer did not come in time."""
        if self._probe is None:
            # Not in the context of the request, which has its own deadline.
            self._probe = asyncio.get_running_loop().create_task(self._ask(), context=Context())

    async def _ask(self) -> None:
        try:
            while True:
                try:
                    connection = await _connect(self._url, PROBE_WITHIN)
                    await connection.close(timeout=PROBE_WITHIN)
                    break
                except TimeoutError as error:
                    self._give_up(error)
                    await asyncio.sleep(PROBE_EVERY)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    # It is away rather than hanging: whoever asks next hears so at once.
                    break
            if self._hangs:
                self._hangs = False
                LOG.warning("database answers again")
        finally:
            self._probe = None

    def _give_up(self, error: Exception) -> None:
        if not self._hangs:
            LOG.error("database hangs", because=f"no answer within {PROBE_WITHIN:g} s: {type(error).__name__}")
        self._hangs = True
        # What hangs there may never be answered; and a connection that is asked after the hang may be a dead one.
        for connection, _used_at in self._free:
            connection.terminate()
        self._opened -= len(self._free)
        self._free.clear()
        while self._waiting:
            self._wake()

    async def close(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
        for connection, _used_at in self._free:
            await connection.close(timeout=2)
        self._free.clear()


async def _connect(url: str, patience: float) -> Any:
    opened = await asyncpg.connect(url, timeout=patience, command_timeout=10)
    try:
        await opened.execute(f"{ONE_PLAN}; {DURABLE}", timeout=patience)
    except BaseException:
        opened.terminate()
        raise
    return opened
