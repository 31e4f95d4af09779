"""Connections to PostgreSQL, opened on demand and kept
(https://magicstack.github.io/asyncpg/current/api/index.html#connection).

asyncpg's own pool wraps each connection in a proxy and sets a timer whenever one is borrowed or returned, which takes a
fifth of the time of a short statement. Here a free connection is taken from a list, and only a caller that finds none
waits.
"""

import asyncio
from collections import deque
from contextvars import Context
from time import monotonic
from typing import Any

import asyncpg

from hoistway.journal import LOG
from hoistway.measures import Times
from hoistway.store.db import Busy, DatabaseUnavailable
from hoistway.store.patience import seconds_left

# By default the server considers a plan for unknown values expensive and plans some joins anew on each call, which is
# half the cost of a page of units. All statements of requests look rows up by keys, so one plan serves all values.
ONE_PLAN = "SET plan_cache_mode = force_generic_plan"
OWN_PLAN = "SET plan_cache_mode = force_custom_plan"
# A committed change is on the disk before the caller is answered, even if the server is configured otherwise. Stricter
# values, such as `remote_apply`, are kept.
DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
IDLE = 300.0
WAIT = 5.0
MOST_WAITING = 1_000
PROBE_WITHIN, PROBE_EVERY = 1.5, 0.25


class Connections:
    """Up to `most` connections. The one used last is taken first, so that few stay open while there is little to do.

    When the server does not answer in time, a probe asks it on a separate connection. If the probe gets no answer
    either, the database is considered hanging: callers are refused at once until a probe is answered."""

    __slots__ = ("_free", "_hangs", "_most", "_probe", "_url", "_waiting", "opened", "waits")
    session = f"{ONE_PLAN}; {DURABLE}"

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self.opened = 0
        self._free: list[tuple[Any, float]] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.waits = Times()
        self._hangs = False
        self._probe: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def take(self) -> Any:
        """A working connection, which belongs to the caller until `give`. Raises what asyncpg raises, TimeoutError,
        DatabaseUnavailable."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(WAIT, seconds_left())
        while True:
            if self._hangs:
                raise DatabaseUnavailable("the database is known to hang")
            found = self._pop(loop.time() - IDLE)
            if found is not None:
                return found
            if self.opened < self._most:
                # What a turn took is no longer there for opening.
                return await self._open(max(0.01, deadline - loop.time()))
            await self._turn(loop, deadline)

    def _pop(self, used_since: float) -> Any:
        while self._free:
            connection, used_at = self._free.pop()
            if used_at >= used_since and not connection.is_closed():
                return connection
            # Firewalls drop idle connections without telling either end.
            connection.terminate()
            self.opened -= 1
        return None

    async def _open(self, patience: float) -> Any:
        self.opened += 1
        try:
            return await _connect(self._url, patience, self.session)
        except BaseException as error:
            self.opened -= 1
            if isinstance(error, TimeoutError):
                self.suspect()
            self._wake()
            raise

    async def _turn(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("too many requests wait for a connection to the database")
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        begun = loop.time()
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise
        finally:
            self.waits.add(loop.time() - begun)

    def _wake(self) -> None:
        """Lets one of the waiting callers look again."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def give(self, connection: Any, *, broken: bool = False) -> None:
        """Pass `broken` where the use ended with anything but an answer of the server: nobody knows then what is still
        running, and the connection is closed. So is one that is still inside a transaction."""
        if broken or connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
            self.opened -= 1
        else:
            self._free.append((connection, asyncio.get_running_loop().time()))
        self._wake()

    def suspect(self) -> None:
        """Called when an answer did not come in time."""
        if self._probe is None:
            # Runs outside the context of the request, which has a deadline of its own.
            self._probe = asyncio.get_running_loop().create_task(self._ask(), context=Context())

    async def _ask(self) -> None:
        try:
            while True:
                try:
                    connection = await _connect(self._url, PROBE_WITHIN, self.session)
                    await connection.close(timeout=PROBE_WITHIN)
                    break
                except TimeoutError as error:
                    self._give_up(error)
                    await asyncio.sleep(PROBE_EVERY)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    # The server is unreachable rather than hanging: the next caller learns that at once from its own
                    # attempt.
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
        # Statements on these connections may never be answered, and a connection that is used after the hang may be
        # dead.
        self.drop()
        while self._waiting:
            self._wake()

    def drop(self) -> None:
        """Ends the idle connections."""
        for connection, _used_at in self._free:
            connection.terminate()
        self.opened -= len(self._free)
        self._free.clear()

    async def close(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
        for connection, _used_at in self._free:
            await connection.close(timeout=2)
        self._free.clear()


async def _connect(url: str, patience: float, session: str) -> Any:
    """Within so many seconds in all. Raises what asyncpg raises, TimeoutError."""
    begun = monotonic()
    opened = await asyncpg.connect(url, timeout=patience, command_timeout=10)
    try:
        await opened.execute(session, timeout=max(0.01, begun + patience - monotonic()))
    except BaseException:
        opened.terminate()
        raise
    return opened
