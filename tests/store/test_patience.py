"""How long a request may wait for the database, where it asks it hundreds of times."""

from collections.abc import Iterator

import pytest

from hoistway.store.patience import ANSWER_BY, ANSWER_WITHIN, begin, renew


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that a test turns."""
    now = [1_000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    token = ANSWER_BY.set(None)
    yield now
    ANSWER_BY.reset(token)


def test_after_each_answer_there_is_as_much_time_again_up_to_an_end(at: list[float]) -> None:
    begin()
    for _ in range(4):
        at[0] += 2
        renew(until=1_010)
    assert ANSWER_BY.get() == 1_010, "and no more than that in all"
    at[0] = 1_012
    renew(until=1_010)
    assert ANSWER_BY.get() == 1_010


def test_what_was_left_is_never_less(at: list[float]) -> None:
    begin(60)
    renew(until=1_030)
    assert ANSWER_BY.get() == 1_060


def test_outside_of_a_request_nothing_is_bounded_by_it(at: list[float]) -> None:
    renew(until=1_030)
    assert ANSWER_BY.get() is None
    begin()
    assert ANSWER_BY.get() == at[0] + ANSWER_WITHIN
