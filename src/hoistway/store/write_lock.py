"""Who of one process may write to a SQLite file now."""

import asyncio

from hoistway.store.db import Busy

MOST_WAITING = 1_000


class WriteLock:
    """SQLite's lock for writing. Writers of this process queue here; `is_held` where another one kept it for so long that one
    of them gave up: then the others do so at once, until it is met free."""

    __slots__ = ("is_held", "turn", "waiting")

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0
        self.is_held = False

    async def enter(self) -> None:
        """Waits for the turn; whoever has it leaves with `leave`. Raises Busy."""
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
