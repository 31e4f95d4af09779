"""Adds up rows of counted use: figures of the whole, and tables by operation, application and cause."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, field

from hoistway.protocol.latency import BINS, percentile
from hoistway.store.usage_shape import Kind, Moment


class Sum(Struct):
    """Calls that have something in common; `refused` were answered 4xx, `failed` 5xx."""

    id: str = ""
    name: str = ""
    calls: int = 0
    refused: int = 0
    failed: int = 0
    bins: list[int] = field(default_factory=lambda: [0] * BINS)

    @property
    def errors(self) -> int:
        return self.refused + self.failed

    @property
    def answered(self) -> int:
        return self.calls - self.errors

    def within(self, percent: int) -> float | None:
        """The milliseconds within which that percentage of the calls was answered."""
        return percentile(self.bins, percent / 100)

    def add(self, calls: int, refused: int, failed: int, bins: Sequence[int]) -> None:
        self.calls += calls
        self.refused += refused
        self.failed += failed
        self.bins = [a + b for a, b in zip(self.bins, bins, strict=True)]


class Cause(Struct, frozen=True):
    """Refusals with the same reason."""

    cause: str
    status: int
    calls: int


def _add(total: Sum, kind: Kind) -> None:
    refused = kind.calls if 400 <= kind.status < 500 else 0
    failed = kind.calls if kind.status >= 500 else 0
    total.add(kind.calls, refused, failed, kind.bins)


def whole(kinds: Iterable[Kind]) -> Sum:
    total = Sum()
    for kind in kinds:
        _add(total, kind)
    return total


def grouped(kinds: Iterable[Kind], name: Callable[[Kind], tuple[str, str]]) -> list[Sum]:
    """`name` returns id and name of the group; the largest group comes first."""
    found: dict[str, Sum] = {}
    for kind in kinds:
        group, words = name(kind)
        _add(found.setdefault(group, Sum(group, words)), kind)
    return sorted(found.values(), key=lambda group: (-group.calls, group.id))


def causes(kinds: Iterable[Kind]) -> list[Cause]:
    """The most frequent ones first."""
    found: dict[tuple[str, int], int] = {}
    for kind in kinds:
        if kind.status >= 400:
            found[kind.cause, kind.status] = found.get((kind.cause, kind.status), 0) + kind.calls
    rows = [Cause(cause, status, calls) for (cause, status), calls in found.items()]
    return sorted(rows, key=lambda row: (-row.calls, row.cause, row.status))


def steps_of(moments: Iterable[Moment], steps: Iterable[int]) -> list[tuple[int, Sum]]:
    """One sum for each step, including steps without calls."""
    found = {at: Sum() for at in steps}
    for moment in moments:
        if moment.at in found:
            calls = moment.answered + moment.refused + moment.failed
            found[moment.at].add(calls, moment.refused, moment.failed, moment.bins)
    return sorted(found.items())
