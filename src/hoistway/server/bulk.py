"""Carries out what programs handed in as jobs of many lines (manage/bulk_running), and deletes jobs a day after."""

import asyncio
from typing import Final

from hoistway.engine import Engine
from hoistway.manage.bulk_running import carry_on
from hoistway.server.rounds import is_over, noted
from hoistway.store.bulk_jobs import KEPT, old_jobs, remove_job
from hoistway.store.bulk_lines import REMOVED_AT_ONCE, remove_lines

EVERY: Final = 1.0


async def keep_bulk(engine: Engine, stop: asyncio.Event) -> None:
    """One job after the other in each process. What a process that is killed has left, another one takes up."""
    while not await is_over(stop, EVERY):
        with noted(engine, "bulk", "jobs of programs put off", "jobs of programs failed"):
            while not stop.is_set() and await carry_on(engine, stop.is_set):
                pass


async def clear_bulk(engine: Engine) -> None:
    """In short transactions, the lines first."""
    for job_id in await old_jobs(engine.db, engine.now() - 2 * KEPT):
        for up_to in range(REMOVED_AT_ONCE, 2**31, REMOVED_AT_ONCE):
            async with engine.db.write() as tx:
                removed = await remove_lines(tx, job_id, up_to)
            if not removed:
                break
        async with engine.db.write() as tx:
            await remove_job(tx, job_id)
