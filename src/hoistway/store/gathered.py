"""Group commit: what many requests ask at the same moment is written by one transaction (docs/adr/0002-store.md).

A request that comes alone is served alone, at once; a batch forms only of those that arrive in the same turn of the event loop,
or while the batch before them is under way. So the size follows the load and nobody waits for a timer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hoistway.store.db import Statement

MOST = 128


@dataclass(frozen=True, slots=True)
class Asked:
    """One request's statement; its outcome reaches the request through `future`."""

    statement: Statement[Any]
    params: Mapping[str, Any]
    future: "asyncio.Future[Any]"

    def answer(self, outcome: Any) -> None:
        """`outcome` is a row, None, or the exception that the request shall see."""
        if self.future.done():
            return
        if isinstance(outcome, Exception):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


Run = Callable[[Sequence[Asked]], Awaitable[None]]


class Gathered:
    """`run` answers every one of a batch; at most `lanes` batches are under way at once."""

    __slots__ = ("_lanes", "_run", "_running", "_waiting")

    def __init__(self, run: Run, lanes: int) -> None:
        self._run = run
        self._lanes = lanes
        self._waiting: list[Asked] = []
        self._running: set[asyncio.Task[None] | None] = set()

    async def ask(self, statement: Statement[Any], params: Mapping[str, Any]) -> Any:
        loop = asyncio.get_running_loop()
        asked = Asked(statement, params, loop.create_future())
        self._waiting.append(asked)
        if len(self._running) < self._lanes:
            # A task begins in the next turn of the loop, when the others of this turn have asked too.
            lane = loop.create_task(self._work())
            self._running.add(lane)
        return await asked.future

    async def _work(self) -> None:
        try:
            await self._empty()
        finally:
            # In the same turn that found nothing waiting: who asks in the next one must find the lane free.
            self._running.discard(asyncio.current_task())

    async def _empty(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._run(batch)
            except Exception as error:
                for asked in batch:
                    asked.answer(error)
