"""An import that writes nothing: what it would take, and what it would leave out (`--dry-run`)."""

import asyncio
from typing import Final

from msgspec.structs import replace

from hoistway.imports.carrying import REHEARSED, Carried, Item, Outcome, Ways, batches, summed
from hoistway.imports.report import Report
from hoistway.store.db import Reader
from hoistway.store.imports import Import

MOST: Final = 3_000_000
"""Records of which it is known whether they stood in an earlier batch."""


class _Seen:
    """Digests of the ids of earlier batches."""

    def __init__(self) -> None:
        self._ids: set[int] = set()

    def fresh(self, items: list[Item], outcome: Outcome) -> list[Item]:
        """Those whose id was in no earlier batch; the others would be there already."""
        here = [(item, hash(item.id)) for item in items]
        known = sum(1 for item, digest in here if item.id is not None and digest in self._ids)
        if known:
            outcome.count("there_already", known)
        left = [item for item, digest in here if item.id is None or digest not in self._ids]
        if len(self._ids) < MOST:
            self._ids.update(digest for item, digest in here if item.id is not None)
        return left


async def rehearse(db: Reader, carried: Carried, run: Import, report: Report, ways: Ways) -> Import:
    """Raises what `items` raises, BadReport, DatabaseUnavailable."""
    seen, run = _Seen(), replace(run, state=REHEARSED)
    async for batch in batches(carried, 0, ways, db.engine):
        outcome = Outcome.of(batch)
        good = seen.fresh([item for item in batch if not item.because], outcome)
        await carried.judge(db, good, run, outcome)
        report.add(outcome.refusals)
        run = replace(run, place=run.place + len(batch), counts=summed(run, outcome))
        ways.told(run.place)
        await asyncio.sleep(0)
    return run
