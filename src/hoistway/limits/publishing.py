"""What this machine counted becomes known to all, through one row a subject (docs/adr/0007-limits.md)."""

import time
from dataclasses import dataclass

from hoistway.limits.memory import Memory
from hoistway.limits.places import (
    COUNT,
    FRESH,
    GENERATION,
    HEAD,
    KNOWN,
    LEADS_UNTIL,
    PERIOD,
    QUOTA,
    RATE,
    RESTS_UNTIL,
    START,
    STRIDE,
    Places,
)
from hoistway.store.db import Database
from hoistway.store.limit_counts import Counts, Window, add_counts

BATCH = 200
LEADS, RESTS = 30_000, 900  # milliseconds: a leader that died is replaced, one that is done leaves a pause


@dataclass(frozen=True, slots=True)
class Fresh:
    """Calls of one subject that no other machine has heard of."""

    place: int
    generation: int
    counts: Counts


def _moment() -> int:
    """Milliseconds of a clock that all processes of a machine share and nobody turns."""
    return time.monotonic_ns() // 1_000_000


class Publisher:
    """`kept` are calls whose places were given away before they were published."""

    def __init__(self, memory: Memory, places: Places) -> None:
        self._memory = memory
        self._cells = memory.cells
        self._places = places
        self._kept: list[Fresh] = []

    async def publish(self, db: Database, *, last: bool) -> bool:
        while self._kept:
            await self._send(db, self._kept[:BATCH])
            del self._kept[:BATCH]
        if not self._lead(last=last):
            return False
        try:
            fresh = self._fresh()
            for begin in range(0, len(fresh), BATCH):
                await self._send(db, fresh[begin : begin + BATCH])
        finally:
            self._cells[LEADS_UNTIL], self._cells[RESTS_UNTIL] = 0, _moment() + RESTS
        return True

    async def _send(self, db: Database, batch: list[Fresh]) -> None:
        # In the order of the names: machines that write the same rows wait for each other in one order.
        batch = sorted(batch, key=lambda row: row.counts.subject)
        async with db.write() as tx:
            totals = [await add_counts(tx, row.counts) for row in batch]
        for row, total in zip(batch, totals, strict=True):
            self._settle(row, total)

    def _lead(self, *, last: bool) -> bool:
        moment, cells = _moment(), self._cells
        with self._memory.directory:
            if cells[LEADS_UNTIL] > moment or (cells[RESTS_UNTIL] > moment and not last):
                return False
            cells[LEADS_UNTIL] = moment + LEADS
            return True

    def _counted(self) -> list[int]:
        """The places with fresh calls."""
        end = HEAD + self._cells[COUNT] * STRIDE
        counted = [self._cells[HEAD + at + FRESH : end : STRIDE].tolist() for at in (RATE, QUOTA)]
        return [HEAD + i * STRIDE for i, (rate, quota) in enumerate(zip(*counted, strict=True)) if rate or quota]

    def _fresh(self) -> list[Fresh]:
        rows = []
        for place in self._counted():
            with self._memory.stripes[place % len(self._memory.stripes)]:
                rows.append(self._row(place))
        return rows

    def _row(self, place: int) -> Fresh:
        cells = self._cells
        rate, quota = (
            Window(cells[at + START], cells[at + PERIOD], cells[at + FRESH]) for at in (place, place + QUOTA)
        )
        return Fresh(place, cells[GENERATION], Counts(self._places.name(place), rate, quota))

    def keep_fresh(self) -> None:
        """The caller is alone with the memory, whose places it gives away."""
        self._kept += [self._row(place) for place in self._counted()]

    def _settle(self, row: Fresh, total: Counts) -> None:
        """What was fresh is known now, and what others published of the same window with it."""
        cells = self._cells
        with self._memory.stripes[row.place % len(self._memory.stripes)]:
            if cells[GENERATION] != row.generation:
                return
            sent, heard = (row.counts.rate, row.counts.quota), (total.rate, total.quota)
            for at, ours, all_of_it in zip((row.place + RATE, row.place + QUOTA), sent, heard, strict=True):
                if (cells[at + START], cells[at + PERIOD]) == (ours.start, ours.period):
                    is_same = (all_of_it.start, all_of_it.period) == (ours.start, ours.period)
                    cells[at + KNOWN] = all_of_it.used if is_same else cells[at + KNOWN] + ours.used
                    cells[at + FRESH] -= ours.used
