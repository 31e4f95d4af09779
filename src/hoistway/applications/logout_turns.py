"""Whose turn it is to be told that sessions ended: slow receivers of one customer keep nobody else's waiting
(docs/adr/0036-backchannel-logout.md)."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from hoistway.applications.logout_notices import tell_application
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.protocol.ids import ClientId
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.logout_notices import Due, due_applications

AT_ONCE: Final = 8
"""Applications that one process tells."""
OF_OWNER: Final = 2
IN_SANDBOX: Final = 2
"""Of these: of one customer, and in the sandbox, where nobody looked at the application."""
MOST_DUE: Final = 1000
"""Applications that are looked at, those that wait longest."""


class Telling:
    """Of one process. An application's turn begins as soon as there is room, whatever the others take."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: dict[ClientId, tuple[Due, asyncio.Task[None]]] = {}
        self._turns: dict[ClientId, int] = {}
        self._turn = 0

    async def begin(self) -> None:
        """Raises DatabaseUnavailable; and, once others have begun, what ended badly since the last time."""
        failed = self._collect()
        due = await due_applications(self._engine.db, self._engine.now(), MOST_DUE)
        self._turns = {one.client_id: self._turns[one.client_id] for one in due if one.client_id in self._turns}
        for one in self.choose(due):
            self._turn += 1
            self._turns[one.client_id] = self._turn
            self._running[one.client_id] = one, asyncio.create_task(tell_application(self._engine, one.client_id))
        # The first is told by whoever called, and a database that is away by its first failure.
        for error in failed[1:]:
            if not isinstance(error, DatabaseUnavailable):
                LOG.error("telling applications failed", exc_info=error)
        if failed:
            raise failed[0]

    def choose(self, due: Iterable[Due]) -> Iterator[Due]:
        """Production first; who had no turn yet, or whose turn is longest ago, before others."""
        now = [one for one, _task in self._running.values()]
        owners = Counter(one.owner for one in now)
        of_all, simulated = len(now), sum(one.environment == "sandbox" for one in now)
        waiting = (one for one in due if one.client_id not in self._running)
        for one in sorted(waiting, key=self._rank):
            is_simulated = one.environment == "sandbox"
            if of_all >= AT_ONCE:
                return
            if (one.owner is not None and owners[one.owner] >= OF_OWNER) or (is_simulated and simulated >= IN_SANDBOX):
                continue
            owners[one.owner] += 1
            of_all, simulated = of_all + 1, simulated + is_simulated
            yield one

    def _rank(self, one: Due) -> tuple[bool, int, int, str]:
        return one.environment == "sandbox", self._turns.get(one.client_id, 0), one.since, one.client_id

    def _collect(self) -> list[BaseException]:
        """What those that ended met."""
        over = {client_id: task for client_id, (_one, task) in self._running.items() if task.done()}
        for client_id in over:
            del self._running[client_id]
        return [error for task in over.values() if not task.cancelled() and (error := task.exception()) is not None]

    async def end(self) -> None:
        """What has begun comes to its end, which takes seconds at the most."""
        await asyncio.gather(*(task for _one, task in self._running.values()), return_exceptions=True)
