"""Names hold nothing that is not seen: two that look the same are the same."""

import pytest

from hoistway.protocol.names import is_line, is_name

UNSEEN = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\u200e\u061c\u180e\u034f\u115f\u3164\uffa0\u2800\u00a0\u2003\u3000"
    "\ufe0f\U000e0041\U000e0101\U0001d159\u2028\x00\x1b\x7f\x85\n\r\t\ud800\ue000"
)


@pytest.mark.parametrize("unseen", UNSEEN)
def test_nothing_unseen(unseen: str) -> None:
    for name in (f"Lift{unseen}s", f"{unseen}Lifts", f"Lifts{unseen}", unseen):
        assert not is_line(name)


@pytest.mark.parametrize("name", ["Lifts", "Aufzüge Straße 7", "電梯", "رافعة", "Zoe\u0301", "A & B (№ 5)", "🛗", ""])
def test_what_people_write(name: str) -> None:
    assert is_line(name)


def test_how_long() -> None:
    assert [is_name("x" * length, 5, 2) for length in (1, 2, 5, 6)] == [False, True, True, False]
    assert not is_name("", 5)
