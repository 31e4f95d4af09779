"""Removes what was given under the names of scopes that were taken away: consents, and words in families of refresh tokens."""

import asyncio
from typing import Final

from msgspec.structs import replace

from hoistway.engine import Engine
from hoistway.store.withdrawn_scopes import (
    Withdrawn,
    families_behind,
    forget_consents,
    forget_withdrawn,
    note_place,
    oldest_withdrawn,
    strip_families,
)

AT_ONCE: Final = 1_000
"""Rows of one transaction."""
STEPS: Final = 200
"""Transactions of one round."""
MINUTE: Final = 60


async def finish_withdrawn(engine: Engine) -> None:
    """In short transactions, as many as one round allows; the next goes on from there. Until all is done the name can't be added
    again."""
    steps = STEPS
    for one in await oldest_withdrawn(engine.db):
        steps = await _finish(engine, one, steps)
        if not steps:
            return


async def _finish(engine: Engine, one: Withdrawn, steps: int) -> int:
    """Returns how many steps of the round are left."""
    # Before this, a process may still give what it read a moment ago, and a code may begin a family.
    settled = engine.now() > one.withdrawn_at + engine.settings.code_lifetime + MINUTE
    found = AT_ONCE
    while steps and found == AT_ONCE:
        steps -= 1
        async with engine.db.write() as tx:
            found = await forget_consents(tx, one, AT_ONCE)
        await asyncio.sleep(0)
    found = AT_ONCE if settled else 0
    while steps and found == AT_ONCE:
        steps -= 1
        families = await families_behind(engine.db, one, AT_ONCE)
        found = len(families)
        async with engine.db.write() as tx:
            await strip_families(tx, one, families)
            if found == AT_ONCE:
                one = replace(one, behind=families[-1].id)
                await note_place(tx, one, one.behind)
            else:
                await forget_withdrawn(tx, one)
        await asyncio.sleep(0)
    return steps
