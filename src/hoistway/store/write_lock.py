"""Makes the writers of one process take turns on SQLite, which has one writer at a time (https://www.sqlite.org/wal.html)."""

import asyncio

from hoistway.measures import Times
from hoistway.store.db import Busy

MOST_WAITING = 1_000


class WriteLock:
    """SQLite's lock for writing. Writers of this process queue here. When one of them gave up because another process
    kept the lock, `is_held` is True: then the others give up at once, until the lock is found free."""

    __slots__ = ("is_held", "turn", "waiting", "waits")

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0
        self.is_held = False
        self.waits = Times()

    async def enter(self) -> None:
        """Waits for its turn, which ends with `leave`. Raises Busy."""
        if self.waiting >= MOST_WAITING:
            raise Busy("too many requests wait to write")
        self.waiting += 1
        try:
            await self.turn.acquire()
        except BaseException:
            self.waiting -= 1
            raise

    def leave(self) -> None:
        self.waiting -= 1
        self.turn.release()
