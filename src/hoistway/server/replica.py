"""Measures the replica for as long as the process runs (docs/adr/0026-replica.md)."""

import asyncio

from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.server.rounds import is_over
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.replica import MEASURE_EVERY


async def keep_replica(engine: Engine, stop: asyncio.Event) -> None:
    """Twice a second. While the primary does not answer, the replica's age is not known, and it grows."""
    while engine.replica is not None:
        try:
            await engine.replica.measure()
        except DatabaseUnavailable as error:
            LOG.warning("database unavailable", because=str(error))
        except Exception as error:
            LOG.error("measuring the replica failed", exc_info=error)
        if await is_over(stop, MEASURE_EVERY):
            return
