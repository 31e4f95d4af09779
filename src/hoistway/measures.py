"""Numbers that rooms keep about their work, read once a second by server/metrics (docs/adr/0022-metrics.md).

Each costs a tenth of a microsecond, so they are kept whether or not anybody reads them.
"""

from bisect import bisect_left
from itertools import product
from typing import Final

from msgspec import Struct, field

ENDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds at which the bins of a duration end; one more takes what was longer."""
OTHER: Final = "other"


class Times:
    """How often something took how long. `counts` has a number for each bin, `total` is in seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(ENDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(ENDS, seconds)] += 1
        self.total += seconds


class NamedCounts:
    """Counts by names that are known in advance; any other name counts as "other", so that nobody can add names."""

    __slots__ = ("_known", "of")

    def __init__(self, *known: tuple[str, ...]) -> None:
        self._known = tuple(dict.fromkeys((*names, OTHER)) for names in known)
        self.of: dict[tuple[str, ...], int] = dict.fromkeys(product(*self._known), 0)

    def add(self, *names: str) -> None:
        if names not in self.of:
            names = tuple(name if name in known else OTHER for name, known in zip(names, self._known, strict=True))
        self.of[names] += 1

    def add_many(self, count: int, *names: str) -> None:
        """Of names that are known."""
        self.of[names] += count


SIGN_IN_KINDS: Final = ("person", "technical_account", "provider", "passkey")
SIGN_INS: Final = ("succeeded", "wrong", "unknown", "disabled", "changed", "locked", "unavailable")
CARRIED: Final = ("carried", "wrong", "another", "unavailable", "throttled", "withheld")
MAILS: Final = ("sent", "put_off", "given_up")
OUTCOMES: Final = ("done", "put_off", "failed")
DATABASE_REFUSALS: Final = ("busy", "not_writable", "damaged", "unavailable")


class Measures(Struct):
    """One in each process. `jobs` are the things it does beside requests, `succeeded_at` is when each last succeeded,
    by the wall clock."""

    tokens: NamedCounts = field(default_factory=lambda: NamedCounts((), ()))
    jobs: NamedCounts = field(default_factory=lambda: NamedCounts((), OUTCOMES))
    sign_ins: NamedCounts = field(default_factory=lambda: NamedCounts(SIGN_IN_KINDS, SIGN_INS))
    carried: NamedCounts = field(default_factory=lambda: NamedCounts(CARRIED))
    mails: NamedCounts = field(default_factory=lambda: NamedCounts(MAILS))
    logouts: NamedCounts = field(default_factory=lambda: NamedCounts(MAILS))
    database_refusals: NamedCounts = field(default_factory=lambda: NamedCounts(DATABASE_REFUSALS))
    succeeded_at: dict[str, int] = field(default_factory=dict)
    carried_accounts: dict[str, int] = field(default_factory=dict)
    mails_waiting: int = 0
    logouts_waiting: int = 0
    audit_unsealed: int = 0
    verified_hits: int = 0
    verified_misses: int = 0

    def note_job(self, name: str, outcome: str, now: int) -> None:
        """`outcome` is one of OUTCOMES."""
        self.jobs.add(name, outcome)
        if outcome == "done":
            self.succeeded_at[name] = now
