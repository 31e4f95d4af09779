"""How what is done again and again goes on: pauses that end with the process, and failures that are told and counted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.store.db import DatabaseUnavailable


async def is_over(stop: asyncio.Event, seconds: float) -> bool:
    """Waits so long; True at once where the process is to end. So what was begun ends first, its COMMIT above all."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


@contextmanager
def noted(engine: Engine, job: str, put_off: str, failed: str) -> Iterator[None]:
    """What fails inside is told in one of these words and counted, and goes on the next time."""
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
