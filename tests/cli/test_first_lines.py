"""What remembers the first line of each unit: exact, and no larger than it may be."""

import pytest

from hoistway.commands import first_lines
from hoistway.commands.first_lines import FirstLines


def test_each_mark_has_the_line_where_it_was_first() -> None:
    seen = FirstLines()
    marks = [hash(("c", f"u-{number}")) for number in range(20_000)] + [0, 1 << 64, -1]
    first = {(mark & (1 << 64) - 1) or 1: None for mark in marks}
    assert sum(seen.seen(mark, line) is None for line, mark in enumerate(marks, 1)) == len(first)
    assert [seen.seen(mark, 0) for mark in marks[:20_000]] == list(range(1, 20_001))


def test_it_grows_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_lines, "MOST", 10)
    seen = FirstLines()
    assert all(seen.seen(mark, mark) is None for mark in range(1, 21))
    assert seen.is_full
    assert (seen.seen(10, 99), seen.seen(11, 99)) == (10, None)


def test_a_value_stays_with_its_mark_when_it_grows() -> None:
    seen = FirstLines(with_values=True)
    marks = [hash(f"u-{number}") for number in range(10_000)]
    assert all(seen.seen(mark, line, line << 40) is None for line, mark in enumerate(marks, 1))
    assert [seen.value(mark) for mark in marks] == [line << 40 for line in range(1, 10_001)]
    assert (seen.seen(marks[6], 1, 1), seen.value(marks[6])) == (7, 7 << 40)
