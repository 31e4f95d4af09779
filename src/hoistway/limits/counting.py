"""Counts calls in windows: at once and exactly on this machine, a second later beyond it (docs/adr/0007-limits.md)."""

from contextlib import AbstractContextManager
from typing import NamedTuple

from hoistway.limits.memory import Memory
from hoistway.limits.places import (
    COUNT,
    FRESH,
    GENERATION,
    HEAD,
    KNOWN,
    LOADED,
    PERIOD,
    QUOTA,
    RATE,
    SENT,
    SIZE,
    START,
    STRIDE,
    Full,
    Places,
    short_name,
)
from hoistway.limits.publishing import Publisher
from hoistway.protocol.limits import Left, Limit, Limits
from hoistway.store.db import Database
from hoistway.store.limit_counts import NO_WINDOW, Counts, find_counts


class Taken(NamedTuple):
    """`refused` is "rate", "quota" or None: then the call was counted."""

    refused: str | None
    rate: Left | None
    quota: Left | None


def _undo(left: Left | None, calls: int) -> Left | None:
    # Below zero where the limit was lowered, or other machines let more pass before they heard of each other.
    return None if left is None else Left(max(0, left.calls + calls), left.seconds)


class Counting:
    """One a process, over the memory that the processes of this machine share."""

    def __init__(self, memory: Memory | None = None, most: int | None = None) -> None:
        self._memory = Memory(SIZE) if memory is None else memory
        self._cells = self._memory.cells
        self._places = Places(self._memory) if most is None else Places(self._memory, most)
        self._publisher = Publisher(self._memory, self._places)

    async def take(self, db: Database, subject: str, limits: Limits, anchor: int, now: int, calls: int = 1) -> Taken:
        """Counts a call where rate and quota leave room for it; one that is refused is not counted. `anchor` is when the
        first window began. The first call of a subject reads what was counted before, any other asks nobody. `calls` 0
        only looks. Raises DatabaseUnavailable."""
        taken = self._take(subject, limits, anchor, now, calls)
        while taken is None:
            await self._load(db, subject)
            taken = self._take(subject, limits, anchor, now, calls)
        return taken

    async def publish(self, db: Database, *, last: bool = False) -> bool:
        """Tells the database of fresh calls and hears of those of other machines. One process a machine does it, about once
        a second: False where another one does or, unless it is the `last` time, just did. Raises DatabaseUnavailable;
        nothing is lost then."""
        return await self._publisher.publish(db, last=last)

    def _stripe(self, place: int) -> AbstractContextManager[object]:
        return self._memory.stripes[place % len(self._memory.stripes)]

    def _place(self, subject: str) -> int:
        try:
            return self._places.find(subject)
        except Full:
            self._begin_anew()
            return self._places.find(subject)

    def _take(self, subject: str, limits: Limits, anchor: int, now: int, calls: int) -> Taken | None:
        """None where the subject's earlier calls were not read yet."""
        place, cells = self._place(subject), self._cells
        with self._stripe(place):
            if cells[GENERATION] == self._places.generation:
                return self._count(place, limits, anchor, now, calls) if cells[place + LOADED] else None
        self._places.forget()
        return self._take(subject, limits, anchor, now, calls)

    def _count(self, place: int, limits: Limits, anchor: int, now: int, calls: int) -> Taken:
        """As one act: either both windows have room and both are charged, or nothing happens."""
        rate = quota = None
        if limits.rate is not None:
            rate = self._after(place + RATE, limits.rate, anchor, now, calls)
        if limits.quota is not None:
            quota = self._after(place + QUOTA, limits.quota, anchor, now, calls)
        refused = (
            "quota"
            if quota is not None and quota.calls < 0
            else "rate"
            if rate is not None and rate.calls < 0
            else None
        )
        if refused is not None:
            return Taken(refused, _undo(rate, calls), _undo(quota, calls))
        if rate is not None:
            self._cells[place + RATE + FRESH] += calls
        if quota is not None:
            self._cells[place + QUOTA + FRESH] += calls
        return Taken(None, rate, quota)

    def _after(self, at: int, limit: Limit, anchor: int, now: int, calls: int) -> Left:
        """What these calls would leave, below zero where there is no room. Begins the window of `now` where that of the cells
        is over; one ahead of `now` is another process's, which read the clock a moment later: then it is this call's too."""
        cells, start, period = self._cells, limit.start(now, anchor), limit.period
        begun = cells[at]
        if begun < start or cells[at + PERIOD] != period:
            cells[at], cells[at + PERIOD], cells[at + KNOWN], cells[at + FRESH], cells[at + SENT] = (
                start,
                period,
                0,
                0,
                0,
            )
            return Left(limit.calls - calls, start + period - now)
        return Left(limit.calls - cells[at + KNOWN] - cells[at + FRESH] - calls, begun + period - now)

    async def _load(self, db: Database, subject: str) -> None:
        generation, cells = self._places.generation, self._cells
        place = self._place(subject)
        name = short_name(subject)
        counts = await find_counts(db, name) or Counts(name, NO_WINDOW, NO_WINDOW)
        with self._stripe(place):
            # Whoever read it first has it right: since then, calls may have been counted and published.
            if cells[GENERATION] == generation and not cells[place + LOADED]:
                for at, window in ((place + RATE, counts.rate), (place + QUOTA, counts.quota)):
                    cells[at + START], cells[at + PERIOD] = window.start, window.period
                    cells[at + KNOWN], cells[at + FRESH], cells[at + SENT] = window.used, 0, 0
                cells[place + LOADED] = 1

    def _begin_anew(self) -> None:
        """More subjects than places: what is fresh is kept for the next publication, and all places are given away again."""
        cells = self._cells
        with self._memory.directory:
            if cells[GENERATION] == self._places.generation and cells[COUNT] >= self._places.most:
                with self._memory.alone():
                    self._publisher.keep_fresh()
                    end = HEAD + cells[COUNT] * STRIDE
                    cells[HEAD:end] = memoryview(bytes((end - HEAD) * 8)).cast("q")
                    cells[COUNT] = 0
                    cells[GENERATION] += 1
        self._places.forget()
