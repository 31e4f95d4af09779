"""Counting in memory stays in its bounds, and says what it lost."""

from hoistway.usage.tally import MOST_SAMPLED, MOST_SAMPLES, SAMPLES_OF_ONE, Tally
from tests.usage.counts import AT, call


def test_what_does_not_fit_is_lost_and_known_by_customer_and_time() -> None:
    tally = Tally(most=2)
    call(tally, 3, client="one")
    call(tally, 4, client="two")
    call(tally, 5, client="three", at=AT + 1)
    call(tally, 6, customer="c-b", at=AT + 2)
    call(tally, client="one", at=AT + 3)
    assert (tally.held, tally.lost) == (2, 11)
    tally.take()
    losses = [batch.losses for batch in tally.waiting if batch.losses]
    assert losses == [{"c-a": [5, AT + 1, AT + 1], "c-b": [6, AT + 2, AT + 2]}]
    tally.waiting.clear()
    assert (tally.lost, tally.lost_ever) == (0, 11), "what is written is still lost"


def test_losers_are_bounded_too() -> None:
    tally = Tally(most=0)
    for number in range(3_000):
        call(tally, customer=f"c-{number}")
    tally.take()
    (batch,) = tally.waiting
    assert len(batch.losses) <= 1_001
    assert sum(loss[0] for loss in batch.losses.values()) == 3_000
    assert batch.losses[""][0] == 2_000


def test_a_database_that_is_away_does_not_make_memory_grow_by_time() -> None:
    tally = Tally()
    for second in range(0, 3_000, 3):
        call(tally, 50, at=AT + second % 60)
        tally.take()
    assert tally.held <= 4
    assert tally.lost == 0


def test_samples_are_few_however_many_calls_and_applications() -> None:
    tally = Tally(most=10**6)
    call(tally, 10_000)
    for number in range(6_000):
        call(tally, 2, client=f"client-{number}")
    tally.take()
    groups = tally.waiting[-1].samples
    assert len(groups) <= MOST_SAMPLED
    assert sum(map(len, groups.values())) <= MOST_SAMPLES + MOST_SAMPLED
    assert len(groups["c-a", "spa", 0]) == SAMPLES_OF_ONE


def test_nobodys_calls_are_part_of_the_sums_alone() -> None:
    tally = Tally()
    call(tally, 2, customer="", client="", status=401, cause="token-missing")
    call(tally, 3)
    tally.take()
    cells = {(key[0], key[6]): cell[0] for batch in tally.waiting for key, cell in batch.cells}
    assert cells == {("", 401): 2, ("", 200): 3, ("c-a", 200): 3}
    assert not any(customer == "" for batch in tally.waiting for customer, _, _ in batch.samples)
