"""How a replica stands: how old what it holds may be, and whether it is read (docs/adr/0026-replica.md)."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from hoistway.journal import LOG
from hoistway.store.db import Reads

MEASURE_EVERY: Final = 0.5
KEPT_UP_FOR: Final = 2.0
"""So long every measurement must have been in order before one that was passed over is read again."""

Reason = Literal["unmeasured", "silent", "old", "promoted", "foreign"]
BECAUSE: Final[dict[Reason, str]] = {
    "unmeasured": "it was not measured yet",
    "silent": "it does not answer",
    "old": "what it holds is older than HOISTWAY_REPLICA_AGE_SECONDS allows",
    "promoted": "it is no standby: it was promoted, or HOISTWAY_DATABASE_REPLICA is not the address of one",
    "foreign": "it is the standby of another database",
}


class Age:
    """The primary's log positions with the time before each was asked for. What a replica has replayed was the present then, at the
    earliest; so an idle primary does not age it. Positions are bytes, times are seconds that only grow."""

    __slots__ = ("_longest", "_marks")

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, at: float, position: int) -> None:
        if self._marks and position < self._marks[-1][1]:
            # Another primary, whose log is another one.
            self._marks.clear()
        self._marks.append((at, position))
        while self._marks[0][0] < at - self._longest - 1:
            self._marks.popleft()

    def of(self, replayed: int, now: float) -> float | None:
        """At most so many seconds; None where it is older than all that was noted."""
        return next((now - at for at, position in reversed(self._marks) if position <= replayed), None)


@dataclass(frozen=True, slots=True)
class Health:
    """`age` in seconds, at the last measurement; None where it is not known. `because` is None while the replica is read."""

    age: float | None
    because: Reason | None


class Breaker:
    """Whether the replica is read. Opened by measurements alone; passed over at the first that is wrong, and by whoever met no answer."""

    __slots__ = ("_age", "_because", "_good_since", "_measured_at", "_most_age")

    def __init__(self, most_age: float) -> None:
        self._most_age = most_age
        self._because: Reason | None = "unmeasured"
        self._age: float | None = None
        self._measured_at = self._good_since = 0.0

    def is_read(self) -> bool:
        """Between two measurements it may have grown as old as the time between them."""
        return self._because is None and (self._age or 0) + time.monotonic() - self._measured_at <= self._most_age

    @property
    def health(self) -> Health:
        return Health(self._age, self._because)

    def measured(self, age: float | None, now: float) -> None:
        """`age` is None where it is older than anybody knows."""
        self._age, self._measured_at = age, now
        if age is None or age > self._most_age:
            self.pass_over("old", "" if age is None else f"{age:.1f} s")
            return
        self._good_since = self._good_since or now
        if self._because == "unmeasured" or (self._because and now - self._good_since >= KEPT_UP_FOR):
            self._because = None
            LOG.info("replica is read", age_seconds=round(age, 3))

    def pass_over(self, because: Reason, what: str = "") -> None:
        """Says so when it begins."""
        if self._because in (None, "unmeasured"):
            facts = {"what": what} if what else {}
            LOG.warning("replica passed over", because=BECAUSE[because], effect="the primary answers", **facts)
        self._because, self._good_since = because, 0.0
        if because != "old":
            self._age = None


class Replica(Reads, Protocol):
    """`Reads` that the replica answers, or the primary where that can't."""

    @property
    def health(self) -> Health: ...

    async def measure(self) -> None:
        """How old it is, and whether it is the primary's. Raises DatabaseUnavailable where the primary does not answer."""
        ...

    async def close(self) -> None: ...
