"""Tells applications that sessions ended, beside requests."""

import asyncio
from typing import Final

from hoistway.applications.logout_notices import keep_bounds
from hoistway.applications.logout_turns import Telling
from hoistway.engine import Engine
from hoistway.server.rounds import is_over, noted

EVERY: Final = 2.0
BOUNDED_EVERY: Final = 30
"""Rounds."""


async def keep_told(engine: Engine, stop: asyncio.Event) -> None:
    """Every few seconds, so that an application ends its session while the person still looks."""
    turn, telling = 0, Telling(engine)
    while not await is_over(stop, EVERY):
        with noted(engine, "logouts", "applications not told yet", "telling applications failed"):
            if turn % BOUNDED_EVERY == 0:
                await keep_bounds(engine)
            await telling.begin()
        turn += 1
    await telling.end()
