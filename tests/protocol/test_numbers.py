"""Numbers as somebody wrote them: ASCII digits, few of them, in bounds."""

from datetime import UTC, datetime

import pytest

from hoistway.protocol.numbers import read_decimal, read_moment, read_whole

NONE = [
    "",
    "²",
    "٣",
    "１２",
    "1²",
    "৪",
    "+1",
    "-1",
    " 1",
    "1\n",
    "1_0",
    "1.0",
    "0x1",
    "1e3",
    "9" * 5000,
    "0" * 5000 + "1",
    "abc",
]


@pytest.mark.parametrize("text", [*NONE, "11", None])
def test_no_whole_number(text: str | None) -> None:
    assert read_whole(text, 0, 10) is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("010", 10), ("10", 10)])
def test_a_whole_number(text: str, number: int) -> None:
    assert read_whole(text, 0, 10) == number
    assert read_whole(text, 11, 20) is None


@pytest.mark.parametrize(
    ("text", "number"), [("1.6", 1.6), ("16e-1", 1.6), ("0", 0.0), ("1e-07", 1e-07), ("9.999", 9.999)]
)
def test_a_decimal(text: str, number: float) -> None:
    assert read_decimal(text, 0, 10) == number


@pytest.mark.parametrize(
    "text", ["", "²", "٣.٥", "nan", "inf", "1_0", " 1", "1,6", ".5", "5.", "-1", "10", "1e400", "9" * 5000]
)
def test_no_decimal(text: str) -> None:
    assert read_decimal(text, 0, 10) is None


def test_a_day_and_a_time() -> None:
    assert read_moment("2026-01-30") == datetime(2026, 1, 30, tzinfo=UTC)
    assert read_moment("2026-01-30T13:05") == datetime(2026, 1, 30, 13, 5, tzinfo=UTC)
    for text in (
        None,
        "",
        "٢٠٢٦-٠١-٣٠",
        "2026-02-30",
        "20260130",
        "2026-01-30 13:05",
        "2026-01-30T13:05Z",
        "2026-01-30\n",
    ):
        assert read_moment(text) is None
