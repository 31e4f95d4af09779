"""How old a replica may be, and when it is read again: without any database."""

import time

import pytest

from hoistway.store.replica import KEPT_UP_FOR, Age, Breaker


def test_age_is_what_was_not_replayed() -> None:
    age = Age(10)
    age.mark(100.0, 1000)
    age.mark(101.0, 1000)
    age.mark(102.0, 2000)
    assert age.of(999, 103.0) is None
    assert (age.of(1000, 103.0), age.of(1999, 103.0), age.of(2000, 103.0), age.of(5000, 103.0)) == (2, 2, 1, 1)
    age.mark(120.0, 2000)
    assert (age.of(1999, 121.0), age.of(2000, 121.0)) == (None, 1)
    age.mark(121.0, 500)
    assert age.of(600, 121.0) == 0, "another primary begins anew"


def test_one_that_was_passed_over_must_keep_up_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    breaker = Breaker(5)
    assert not breaker.is_read()
    breaker.measured(1, now)
    assert breaker.is_read()
    now += 4.5
    assert not breaker.is_read(), "it may be older than allowed by now"
    breaker.measured(1, now)
    breaker.pass_over("silent")
    for _ in range(3):
        breaker.measured(0, now)
        assert not breaker.is_read()
        now += KEPT_UP_FOR / 2 - 0.1
    now += 0.3
    breaker.measured(6, now)
    assert not breaker.is_read()
    assert breaker.health.because == "old"
    breaker.measured(0, now)
    now += KEPT_UP_FOR
    breaker.measured(0, now)
    assert breaker.is_read()
