"""The state of the replica: how old its data may be, and whether it is used (docs/adr/0026-replica.md)."""

import time
from collections import deque
from typing import Final, Literal, Protocol

from msgspec import Struct

from hoistway.journal import LOG
from hoistway.store.db import Reads

MEASURE_EVERY: Final = 0.5
KEPT_UP_FOR: Final = 2.0
"""Seconds for which every measurement must be good before a replica that was passed over is read again."""

Reason = Literal["unmeasured", "silent", "old", "promoted", "foreign"]
BECAUSE: Final[dict[Reason, str]] = {
    "unmeasured": "it was not measured yet",
    "silent": "it does not answer",
    "old": "what it holds is older than HOISTWAY_REPLICA_AGE_SECONDS allows",
    "promoted": "it is no standby: it was promoted, or HOISTWAY_DATABASE_REPLICA is not the address of one",
    "foreign": "it is the standby of another database",
}


class Age:
    """Positions in the primary's log, each with the time before it was asked for. What the replica has replayed was
    current at that time or later, so an idle primary does not make it older. Positions are in bytes, times in seconds
    of a clock that only grows."""

    __slots__ = ("_longest", "_marks")

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, at: float, position: int) -> None:
        if self._marks and position < self._marks[-1][1]:
            # It is another primary, with another log.
            self._marks.clear()
        self._marks.append((at, position))
        while self._marks[0][0] < at - self._longest - 1:
            self._marks.popleft()

    def of(self, replayed: int, now: float) -> float | None:
        """At most that many seconds; None where it is older than all positions that are known."""
        return next((now - at for at, position in reversed(self._marks) if position <= replayed), None)


class Health(Struct, frozen=True):
    """`age` is in seconds, at the last measurement; None where it is unknown. `because` is None while the replica is
    used."""

    age: float | None
    because: Reason | None


class Breaker:
    """Whether the replica is used. Only measurements switch it on; it is switched off by the first bad one, and by any
    request that got no answer."""

    __slots__ = ("_age", "_because", "_good_since", "_measured_at", "_most_age")

    def __init__(self, most_age: float) -> None:
        self._most_age = most_age
        self._because: Reason | None = "unmeasured"
        self._age: float | None = None
        self._measured_at = self._good_since = 0.0

    def is_read(self) -> bool:
        """Between two measurements the age may have grown by the time between them."""
        return self._because is None and (self._age or 0) + time.monotonic() - self._measured_at <= self._most_age

    @property
    def health(self) -> Health:
        return Health(self._age, self._because)

    def measured(self, age: float | None, now: float) -> None:
        """`age` is None where it is older than can be told."""
        self._age, self._measured_at = age, now
        if age is None or age > self._most_age:
            self.pass_over("old", "" if age is None else f"{age:.1f} s")
            return
        self._good_since = self._good_since or now
        if self._because == "unmeasured" or (self._because and now - self._good_since >= KEPT_UP_FOR):
            self._because = None
            LOG.info("replica used", age_seconds=round(age, 3))

    def pass_over(self, because: Reason, what: str = "") -> None:
        """Logs it when it begins."""
        if self._because in (None, "unmeasured"):
            facts = {"what": what} if what else {}
            LOG.warning("replica not used", because=BECAUSE[because], effect="the primary answers", **facts)
        self._because, self._good_since = because, 0.0
        if because != "old":
            self._age = None


class Replica(Reads, Protocol):
    """`Reads` that the replica answers, or the primary where the replica can't."""

    @property
    def health(self) -> Health: ...

    async def measure(self) -> None:
        """Measures its age, and whether it belongs to the primary. Raises DatabaseUnavailable where the primary does
        not answer."""
        ...

    async def close(self) -> None: ...
