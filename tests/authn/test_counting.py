"""What a wrong password counts for: once where it is repeated, every time for the minute, and over days."""

import pytest
from msgspec.structs import replace

from hoistway.authn.counting import (
    ACCOUNT,
    ADDRESS,
    DAY,
    LONGEST_DELAY,
    MINUTE,
    PAIR,
    WEEK,
    Rule,
    after_failure,
    delay_after,
    is_repeated,
    wait_of,
)
from hoistway.store.throttle import Counter

NOW = 1_700_000_000


def fail(counter: Counter, rule: Rule, guess: str, now: int) -> Counter:
    return after_failure(counter, rule, guess, now, repeated=is_repeated(counter, guess, now))


@pytest.mark.parametrize(
    ("failures", "delay"), [(9, 0), (10, 60), (11, 120), (18, 15_360), (19, LONGEST_DELAY), (10_000, LONGEST_DELAY)]
)
def test_a_delay_doubles(failures: int, delay: int) -> None:
    assert delay_after(failures, 10) == delay


@pytest.mark.parametrize(("rule", "free"), [(PAIR, 10), (ACCOUNT, 10), (ADDRESS, 50)])
def test_different_guesses_lock(rule: Rule, free: int) -> None:
    counter = Counter("x")
    for number in range(free):
        assert wait_of(counter, rule, NOW) <= 0
        counter = fail(counter, rule, f"guess-{number}", NOW)
    assert wait_of(counter, rule, NOW) == 60


def test_the_same_guess_counts_once_but_for_the_minute() -> None:
    counter, now = Counter("x"), NOW
    for _ in range(PAIR.in_minute or 0):
        assert wait_of(counter, PAIR, now) <= 0
        counter = fail(counter, PAIR, "old", now)
    assert counter.failures == counter.week_failures == 1
    assert wait_of(counter, PAIR, now + 10) == MINUTE - 10
    assert wait_of(counter, PAIR, now + MINUTE) <= 0
    again = fail(counter, PAIR, "old", now + MINUTE)
    assert (again.failures, again.minute_failures, again.day_failures) == (1, 1, counter.day_failures + 1)


def test_the_same_guess_counts_again_the_next_day() -> None:
    counter = fail(Counter("x"), PAIR, "old", NOW)
    assert not is_repeated(counter, "old", NOW + DAY)


def test_signing_in_between_is_no_second_chance_for_ever() -> None:
    """Nine guesses, then the owner signs in, and so on: the week goes on counting."""
    counter, now, looked_at = Counter("x"), NOW, 0
    while wait_of(counter, PAIR, now) <= 0 and looked_at < 1_000:
        counter = replace(counter, failures=0, last_guess=None)
        for number in range(9):
            counter = fail(counter, PAIR, f"{now}-{number}", now)
            looked_at += 1
        now += MINUTE
    assert looked_at == 54
    assert wait_of(counter, PAIR, now + WEEK) <= 0
