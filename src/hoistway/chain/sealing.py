"""Seals entries of the audit trail that are settled, in batches beside requests, so that no writer waits for it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from hoistway.chain.links import make_seal, unpack
from hoistway.store.audit import WrittenEntry, entries_between
from hoistway.store.audit_chain import advance_chain, find_chain
from hoistway.store.audit_seals import Seal, add_seal, find_seal, last_seal, seals_around
from hoistway.store.db import Conflict, Database, Reader

SETTLED: Final = 60
"""Seconds after which an entry is sealed. Its id tells when it was made; whatever wrote it has committed by then."""
LATE_WITHIN: Final = 86_400
"""Seconds for which an entry that commits later is still found, and sealed as a late one."""
BATCH: Final = 500
MOST_BATCHES: Final = 100


def id_at(at: int) -> str:
    """Sorts before every id that is made at this time or later."""
    number = f"{max(at, 0) * 1000:012x}"
    return f"{number[:8]}-{number[8:]}"


async def seal(db: Database, key: bytes, now: int, most: int = MOST_BATCHES) -> int:
    """`now` is by the clock that ids are made by. Returns how many entries were sealed; what is left follows the next
    time."""
    done = 0
    for _ in range(most):
        sealed = await _seal_next(db, key, now)
        done += sealed
        if sealed < BATCH:
            break
        await asyncio.sleep(0)
    return done


async def _seal_next(db: Database, key: bytes, now: int) -> int:
    chain, last = await find_chain(db), await last_seal(db)
    entries = await entries_between(db, "" if last is None else last.up_to, id_at(now - SETTLED), BATCH)
    return await _put(db, key, chain.number, chain.rewritings, last, entries, now, late=False)


async def _put(
    db: Database,
    key: bytes,
    number: int,
    rewritings: int,
    last: Seal | None,
    entries: Sequence[WrittenEntry],
    now: int,
    *,
    late: bool,
) -> int:
    """0 where somebody else has sealed, or rewritten an entry, since these were read."""
    if not entries:
        return 0
    made = await asyncio.to_thread(make_seal, key, last, number + 1, entries, now, late=late)
    try:
        async with db.write() as tx:
            if not await advance_chain(tx, number, rewritings):
                return 0
            await add_seal(tx, made)
    except Conflict:
        return 0
    return len(entries)


async def known_ids(db: Reader, first: str, last: str) -> set[str]:
    """Ids that seals cover, among them all from `first` to `last`."""
    found: set[str] = set()
    for number in await seals_around(db, first, last):
        seal_row = await find_seal(db, number)
        if seal_row is not None:
            found.update(unpack(seal_row.leaves))
    return found


async def seal_late(db: Database, key: bytes, now: int, within: int = LATE_WITHIN) -> int:
    """Seals entries that appeared behind the chain. Returns how many."""
    done, after = 0, id_at(now - within)
    while True:
        chain, last = await find_chain(db), await last_seal(db)
        if last is None or after >= last.up_to:
            return done
        rows = await entries_between(db, after, last.up_to, BATCH)
        if not rows:
            return done
        known = await known_ids(db, rows[0].id, rows[-1].id)
        late = [row for row in rows if row.id not in known]
        if late:
            done += await _put(db, key, chain.number, chain.rewritings, last, late, now, late=True)
        after = rows[-1].id
        await asyncio.sleep(0)
