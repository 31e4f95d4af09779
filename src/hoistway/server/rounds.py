"""Repeated work: pauses that end with the process, and failures that are logged and counted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.store.db import DatabaseUnavailable


async def is_over(stop: asyncio.Event, seconds: float) -> bool:
    """Waits that long; True as soon as the process is to end. So work that has begun ends first, above all its COMMIT."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


@contextmanager
def noted(engine: Engine, job: str, put_off: str, failed: str) -> Iterator[None]:
    """A failure inside is logged with one of these events and counted; the work goes on the next time."""
    outcome = "done"
    try:
        yield
    except DatabaseUnavailable as error:
        LOG.warning(put_off, because=str(error))
        outcome = "put_off"
    except Exception as error:
        LOG.error(failed, exc_info=error)
        outcome = "failed"
    engine.measures.note_job(job, outcome, engine.now())
