"""Percentiles from bins, against those of the values themselves."""

import random
from statistics import quantiles

import pytest

from hoistway.protocol.latency import BINS, ENDS, bin_of, percentile


def binned(values: list[float]) -> list[int]:
    bins = [0] * BINS
    for value in values:
        bins[bin_of(value)] += 1
    return bins


def test_without_calls_there_is_none() -> None:
    assert percentile([0] * BINS, 0.5) is None


def test_a_bin_ends_with_its_end() -> None:
    assert [bin_of(end) for end in ENDS] == list(range(len(ENDS)))
    assert bin_of(ENDS[-1] + 1) == BINS - 1
    assert bin_of(0) == 0


@pytest.mark.parametrize("share", [50, 95, 99])
@pytest.mark.parametrize(("median", "spread"), [(1.2, 0.3), (40.0, 1.0), (300.0, 0.8)])
def test_sums_of_several_processes_are_as_near_as_a_bin_is_wide(share: int, median: float, spread: float) -> None:
    dice = random.Random(7)
    parts = [[median * dice.lognormvariate(0, spread) for _ in range(2_000)] for _ in range(4)]
    merged = [sum(counts) for counts in zip(*map(binned, parts), strict=True)]
    true = quantiles([value for part in parts for value in part], n=100)[share - 1]
    found = percentile(merged, share / 100)
    assert found is not None
    assert true / 1.6 <= found <= true * 1.6


def test_percentiles_grow_with_their_share() -> None:
    dice = random.Random(11)
    bins = binned([dice.lognormvariate(2, 2) for _ in range(500)])
    found = [percentile(bins, share / 100) or 0 for share in range(1, 101)]
    assert found == sorted(found)


def test_what_was_slower_than_the_last_end_is_said_to_have_taken_it() -> None:
    assert percentile(binned([60_000.0]), 0.5) == ENDS[-1]
