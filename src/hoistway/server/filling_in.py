"""What people of the version before lack is filled in by and by, in short transactions: one for a million people would hold the lock of
SQLite for minutes."""

import asyncio
from collections.abc import Awaitable, Callable

from hoistway.engine import Engine
from hoistway.store.db import Writer
from hoistway.store.unnamed import name_places
from hoistway.store.wordless import index_users

AT_ONCE, MOST = 100, 20_000
"""In a transaction, and in a round."""


async def fill_in(engine: Engine) -> int:
    """The words of people who cannot be found yet, and the names beside places; returns of how many."""
    return await _in_steps(engine, index_users) + await _in_steps(engine, name_places)


async def _in_steps(engine: Engine, step: Callable[[Writer, int], Awaitable[int]]) -> int:
    done = 0
    while done < MOST:
        async with engine.db.write() as tx:
            count = await step(tx, AT_ONCE)
        done += count
        if count < AT_ONCE:
            break
        await asyncio.sleep(0)
    return done
