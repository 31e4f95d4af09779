"""Seals entries of the audit trail, and counts and logs how far that is (docs/adr/0035-chain.md)."""

from typing import Final

from hoistway import clock
from hoistway.chain.links import chain_key
from hoistway.chain.sealing import seal, seal_late
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.store.audit import count_entries_after
from hoistway.store.audit_seals import last_seal

LOOKED_BACK: Final = 300
"""Seconds in which late entries are looked for in each round; once an hour it is a day."""
MOST_COUNTED: Final = 100_000
"""Entries that wait for their seal; more count as so many."""


async def keep_chain(engine: Engine) -> int:
    """Returns how many entries were sealed. Ids are made by the wall clock, so that decides what is settled."""
    key, now = chain_key(engine.refresh_secret), clock.now()
    done = await seal(engine.db, key, now)
    done += await seal_late(engine.db, key, now, LOOKED_BACK)
    last = await last_seal(engine.db)
    if done and last is not None:
        LOG.info("audit trail sealed", seal=last.number, head=last.head.hex(), entries=done)
    up_to = "" if last is None else last.up_to
    engine.measures.audit_unsealed = await count_entries_after(engine.db, up_to, MOST_COUNTED)
    return done


async def seal_latecomers(engine: Engine) -> int:
    """Those of the last day."""
    return await seal_late(engine.db, chain_key(engine.refresh_secret), clock.now())
