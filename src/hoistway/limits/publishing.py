"""Publishes what this machine counted, as one row for each subject (docs/adr/0007-limits.md).

Each batch is written together with its number. If an answer to COMMIT was lost, it is unknown whether the batch was
written, so the same batch is sent again under the same number. Which calls belong to a batch is stored in the shared
memory, so it survives the process that sent it.
"""

import os
import time
from collections.abc import Sequence

from msgspec import Struct

from hoistway.limits.memory import Memory
from hoistway.limits.places import (
    COUNT,
    FRESH,
    GENERATION,
    HEAD,
    KNOWN,
    LEADS_UNTIL,
    MACHINE,
    PERIOD,
    QUOTA,
    RATE,
    RESTS_UNTIL,
    SENT,
    SEQUENCE,
    START,
    STRIDE,
    Places,
)
from hoistway.store.db import Database
from hoistway.store.limit_counts import Counts, Window, add_counts, find_counts
from hoistway.store.usage_writers import take_turn

BATCH = 200
LEADS, RESTS = 30_000, 900  # milliseconds after which a dead leader is replaced, and for which a finished one pauses


class Fresh(Struct, frozen=True):
    """Calls of one subject that no other machine knows of."""

    place: int
    generation: int
    counts: Counts


def _moment() -> int:
    """Milliseconds of a clock that all processes of a machine share and that nobody can set."""
    return time.monotonic_ns() // 1_000_000


class Batch(Struct, frozen=True):
    """`number` counts up for each writer."""

    writer: str
    number: int
    rows: Sequence[Fresh]


class Publisher:
    """`kept` are batches of calls whose places were given away before they were published."""

    def __init__(self, memory: Memory, places: Places) -> None:
        self._memory = memory
        self._cells = memory.cells
        self._places = places
        self._kept: list[Batch] = []
        self._writer, self._number = f"limits-{os.urandom(8).hex()}", 0
        with memory.directory:
            self._cells[MACHINE] = self._cells[MACHINE] or int.from_bytes(os.urandom(7)) + 1
        self._machine = f"limits-{self._cells[MACHINE]:x}"

    async def publish(self, db: Database, *, last: bool) -> bool:
        while self._kept:
            await self._send(db, self._kept[0])
            del self._kept[0]
        if not self._lead(last=last):
            return False
        try:
            # A batch that was sent without hearing the outcome goes first.
            await self._send(db, self._in_doubt())
            counted = self._counted()
            for begin in range(0, len(counted), BATCH):
                await self._send(db, self._mark(counted[begin : begin + BATCH]))
        finally:
            self._cells[LEADS_UNTIL], self._cells[RESTS_UNTIL] = 0, _moment() + RESTS
        return True

    async def _send(self, db: Database, batch: Batch) -> None:
        if not batch.rows:
            return
        # Ordered by name, so that machines that write the same rows lock them in the same order.
        rows = sorted(batch.rows, key=lambda row: row.counts.subject)
        async with db.write() as tx:
            if await take_turn(tx, batch.writer, batch.number, time.time_ns() // 10**9):
                totals = [await add_counts(tx, row.counts) for row in rows]
            else:
                totals = [await find_counts(tx, row.counts.subject) or row.counts for row in rows]
        if batch.writer == self._machine:
            for row, total in zip(rows, totals, strict=True):
                self._settle(batch.number, row, total)

    def _lead(self, *, last: bool) -> bool:
        moment, cells = _moment(), self._cells
        with self._memory.directory:
            if cells[LEADS_UNTIL] > moment or (cells[RESTS_UNTIL] > moment and not last):
                return False
            cells[LEADS_UNTIL] = moment + LEADS
            return True

    def _counted(self, cell: int = FRESH) -> list[int]:
        """The places that have fresh calls, or calls in the last batch."""
        end = HEAD + self._cells[COUNT] * STRIDE
        counted = [self._cells[HEAD + at + cell : end : STRIDE].tolist() for at in (RATE, QUOTA)]
        return [HEAD + i * STRIDE for i, (rate, quota) in enumerate(zip(*counted, strict=True)) if rate or quota]

    def _mark(self, places: Sequence[int]) -> Batch:
        """Puts all fresh calls of the place into the next batch."""
        cells = self._cells
        # The number is written first: if the process is killed here, only a part of this batch exists, and nothing was
        # sent under its number.
        cells[SEQUENCE] += 1
        rows = []
        for place in places:
            with self._memory.stripes[place % len(self._memory.stripes)]:
                for at in (place + RATE, place + QUOTA):
                    cells[at + SENT] = cells[at + FRESH]
                rows.append(self._row(place, SENT))
        return Batch(self._machine, cells[SEQUENCE], rows)

    def _in_doubt(self) -> Batch:
        rows = []
        for place in self._counted(SENT):
            with self._memory.stripes[place % len(self._memory.stripes)]:
                rows.append(self._row(place, SENT))
        return Batch(self._machine, self._cells[SEQUENCE], rows)

    def _row(self, place: int, cell: int) -> Fresh:
        cells = self._cells
        rate, quota = (Window(cells[at + START], cells[at + PERIOD], cells[at + cell]) for at in (place, place + QUOTA))
        return Fresh(place, cells[GENERATION], Counts(self._places.name(place), rate, quota))

    def keep_fresh(self) -> None:
        """The caller has locked the whole memory, and gives its places away."""
        doubtful = self._counted(SENT)
        self._kept.append(Batch(self._machine, self._cells[SEQUENCE], [self._row(place, SENT) for place in doubtful]))
        for place in doubtful:
            for at in (place + RATE, place + QUOTA):
                self._cells[at + FRESH] -= self._cells[at + SENT]
        fresh = [self._row(place, FRESH) for place in self._counted()]
        for begin in range(0, len(fresh), BATCH):
            self._number += 1
            self._kept.append(Batch(self._writer, self._number, fresh[begin : begin + BATCH]))

    def _settle(self, number: int, row: Fresh, total: Counts) -> None:
        """Counts fresh calls as published, and adds what other machines published for the same window."""
        cells = self._cells
        with self._memory.stripes[row.place % len(self._memory.stripes)]:
            # Another process may have taken over and settled it already.
            if cells[GENERATION] != row.generation or cells[SEQUENCE] != number:
                return
            sent, heard = (row.counts.rate, row.counts.quota), (total.rate, total.quota)
            for at, ours, all_of_it in zip((row.place + RATE, row.place + QUOTA), sent, heard, strict=True):
                if (cells[at + START], cells[at + PERIOD]) == (ours.start, ours.period):
                    is_same = (all_of_it.start, all_of_it.period) == (ours.start, ours.period)
                    cells[at + KNOWN] = all_of_it.used if is_same else cells[at + KNOWN] + ours.used
                    if cells[at + SENT]:
                        cells[at + FRESH] -= ours.used
                    cells[at + SENT] = 0
