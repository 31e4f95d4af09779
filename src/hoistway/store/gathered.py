"""Group commit: what many requests write at the same moment goes into one transaction (docs/adr/0002-store.md).

A request that comes alone is served alone, at once. A batch is made of calls that arrive in the same turn of the event
loop, or while the batch before them is running. So the size of batches follows the load, and nobody waits for a timer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context
from typing import Any

from hoistway.store.db import Busy, DatabaseUnavailable, Statement
from hoistway.store.patience import ANSWER_BY, deadline

MOST = 128
MOST_WAITING = 2_000
LOOK_EVERY = 0.1


class Call:
    """The statement of one request. The outcome reaches the request through `future`, which is not awaited after `by`."""

    __slots__ = ("by", "future", "params", "statement")

    def __init__(
        self, statement: Statement[Any], params: Mapping[str, Any], future: "asyncio.Future[Any]", by: float
    ) -> None:
        self.statement, self.params, self.future, self.by = statement, params, future, by

    def answer(self, outcome: Any) -> None:
        """`outcome` is a row, None, or the exception that the request gets."""
        if self.future.done():
            return
        if isinstance(outcome, Exception):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


Run = Callable[[Sequence[Call]], Awaitable[None]]


class Gathered:
    """`run` executes a whole batch; at most `lanes` batches run at the same time."""

    __slots__ = ("_asked", "_lanes", "_look", "_run", "_running", "_waiting")

    def __init__(self, run: Run, lanes: int) -> None:
        self._run = run
        self._lanes = lanes
        self._waiting: list[Call] = []
        self._running: set[asyncio.Task[None] | None] = set()
        # A timer for each call would cost more than looking at all of them ten times a second.
        self._asked: list[Call] = []
        self._look: asyncio.TimerHandle | None = None

    async def ask(self, statement: Statement[Any], params: Mapping[str, Any]) -> Any:
        loop = asyncio.get_running_loop()
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("too many requests wait for the same statement")
        asked = Call(statement, params, loop.create_future(), deadline())
        self._waiting.append(asked)
        self._asked.append(asked)
        if len(self._running) < self._lanes:
            # The task begins in the next turn of the event loop, when the other requests of this turn have added their
            # calls. It outlives this request, whose deadline does not apply to the next batch.
            lane = loop.create_task(self._work(), context=Context())
            self._running.add(lane)
        if self._look is None:
            self._look = loop.call_later(LOOK_EVERY, self._expire)
        return await asked.future

    def _expire(self) -> None:
        """Answers calls that have waited long enough with an error; whether their statements were executed is unknown."""
        now = time.monotonic()
        for asked in self._asked:
            if asked.by <= now:
                asked.answer(DatabaseUnavailable("no answer in time"))
        self._asked = [asked for asked in self._asked if not asked.future.done()]
        self._look = asyncio.get_running_loop().call_later(LOOK_EVERY, self._expire) if self._asked else None

    async def _work(self) -> None:
        try:
            await self._empty()
        finally:
            # Set in the same turn in which the queue was found empty, so that a call in the next turn finds the lane
            # free.
            self._running.discard(asyncio.current_task())

    async def _empty(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            batch = [asked for asked in batch if not asked.future.done()]
            if not batch:
                continue
            ANSWER_BY.set(max(asked.by for asked in batch))
            try:
                await self._run(batch)
            except Exception as error:
                for asked in batch:
                    asked.answer(error)
