"""Counts calls in windows: exactly and at once on this machine, with a delay of about a second across machines (docs/adr/0007-limits.md)."""

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
    """`refused` is "rate" or "quota"; None means that the call was counted."""

    refused: str | None
    rate: Left | None
    quota: Left | None


def _undo(left: Left | None, calls: int) -> Left | None:
    # Can be below zero, where the limit was lowered or other machines let more calls pass before they heard of each
    # other.
    return None if left is None else Left(max(0, left.calls + calls), left.seconds)


class Counting:
    """One in each process, over the memory that the processes of this machine share."""

    def __init__(self, memory: Memory | None = None, most: int | None = None) -> None:
        self._memory = Memory(SIZE) if memory is None else memory
        self._cells = self._memory.cells
        self._places = Places(self._memory) if most is None else Places(self._memory, most)
        self._publisher = Publisher(self._memory, self._places)

    async def take(self, db: Database, subject: str, limits: Limits, anchor: int, now: int, calls: int = 1) -> Taken:
        """Counts a call where rate and quota both have room; a refused call is not counted. `anchor` is when the first
        window began. Only the first call of a subject reads earlier counts from the database. `calls` 0 looks without
        counting. Raises DatabaseUnavailable."""
        taken = self._take(subject, limits, anchor, now, calls)
        while taken is None:
            await self._load(db, subject)
            taken = self._take(subject, limits, anchor, now, calls)
        return taken

    async def publish(self, db: Database, *, last: bool = False) -> bool:
        """Adds fresh calls to the database and learns those of other machines. One process of each machine does it,
        about once a second: returns False where another process does it or, unless it is the `last` time, has just done
        it. Raises DatabaseUnavailable; nothing is lost then."""
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
        """None where the subject's earlier calls have not been read yet."""
        place, cells = self._place(subject), self._cells
        with self._stripe(place):
            if cells[GENERATION] == self._places.generation:
                return self._count(place, limits, anchor, now, calls) if cells[place + LOADED] else None
        self._places.forget()
        return self._take(subject, limits, anchor, now, calls)

    def _count(self, place: int, limits: Limits, anchor: int, now: int, calls: int) -> Taken:
        """Atomic: either both windows have room and both count the call, or nothing changes."""
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
        """What would be left after these calls; below zero where there is no room. Starts the window of `now` where the
        stored one is over. A window ahead of `now` was started by another process whose clock is a moment ahead, and is
        used as it is."""
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
            # The process that read first is right: since then, calls may have been counted and published.
            if cells[GENERATION] == generation and not cells[place + LOADED]:
                for at, window in ((place + RATE, counts.rate), (place + QUOTA, counts.quota)):
                    cells[at + START], cells[at + PERIOD] = window.start, window.period
                    cells[at + KNOWN], cells[at + FRESH], cells[at + SENT] = window.used, 0, 0
                cells[place + LOADED] = 1

    def _begin_anew(self) -> None:
        """Called when there are more subjects than places: fresh calls are kept for the next publication, and all
        places are given out again."""
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
