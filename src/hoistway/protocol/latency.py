"""Response times in bins whose ends grow by a constant factor, so that counts of several processes can be added up and
percentiles read from the sum. The bins are the Renard series R5, five in each decade (ISO 3).
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

# The milliseconds at which each bin ends. One more bin is for anything slower.
ENDS: Final = (
    0.25, 0.4, 0.63, 1.0, 1.6, 2.5, 4.0, 6.3, 10.0, 16.0, 25.0, 40.0, 63.0, 100.0, 160.0, 250.0, 400.0, 630.0, 1000.0,
    1600.0, 2500.0, 4000.0, 6300.0,
)  # fmt: skip
BINS: Final = len(ENDS) + 1
_STEP: Final = 1.6


def bin_of(milliseconds: float) -> int:
    """The index of the bin, from 0."""
    return bisect_left(ENDS, milliseconds)


def percentile(bins: Sequence[int], share: float) -> float | None:
    """The milliseconds within which `share` (0 to 1) of the calls were answered; None without calls. Within a bin the
    calls are assumed to be spread evenly on a logarithmic scale, so the error is at most the width of a bin, a factor
    of 1.6. For calls in the last bin the result is the beginning of that bin."""
    total = sum(bins)
    if total == 0:
        return None
    wanted, below = share * total, 0
    for place, count in enumerate(bins):
        if count and below + count >= wanted:
            if place == len(ENDS):
                return ENDS[-1]
            return float(ENDS[place] / _STEP ** (1 - (wanted - below) / count))
        below += count
    return ENDS[-1]
