"""The geometry of charts, and numbers as people read them."""

import itertools

import pytest

from hoistway.web.chart import Drawn, Series, Told, both, draw_bars, draw_lines, scale
from hoistway.web.figures import Figures


def told(*series: Series, steps: int = 5) -> Told:
    figures = Figures("en")
    return Told(
        "c", "Title", "Summary", "calls", series, tuple((f"{n}", f"step {n}") for n in range(steps)), figures.short,
        figures.milliseconds,
    )  # fmt: skip


def inside(drawn: Drawn) -> bool:
    bars = all(b.x >= 0 and b.x + b.width <= drawn.width and drawn.top - 2 <= b.y <= drawn.base for b in drawn.bars)
    marks = (*drawn.grid, *drawn.steps, *drawn.names)
    return bars and all(0 <= mark.x <= drawn.width and 0 <= mark.y <= drawn.height for mark in marks)


@pytest.mark.parametrize(
    ("highest", "last"), [(0, 1), (1, 1), (3, 3), (7, 8), (0.7, 0.8), (99, 100), (101, 150), (12_345, 15_000)]
)
def test_a_scale_ends_with_a_round_value(highest: float, last: float) -> None:
    values = scale(highest)
    assert values[0] == 0
    assert values[-1] == last >= highest
    assert 2 <= len(values) <= 5


@pytest.mark.parametrize("steps", [1, 7, 24, 90])
def test_bars_stand_on_each_other_and_stay_inside(steps: int) -> None:
    most = Series("answered", "Answered", tuple(float(n + 1) for n in range(steps)), "1,000")
    few = Series("refused", "Refused", tuple(float(n % 2) for n in range(steps)), "10")
    for drawn in both(draw_bars, told(most, few, steps=steps)):
        assert inside(drawn)
        assert len(drawn.bars) == steps + steps // 2
        assert drawn.base - max(bar.y + bar.height for bar in drawn.bars) == pytest.approx(0)
        assert next(strip.text for strip in drawn.strips) == "step 0: Answered 1\u202fms, Refused 0\u202fms"


def test_what_is_rare_is_seen() -> None:
    often, rare = Series("answered", "A", (1_000_000.0,)), Series("failed", "F", (1.0,))
    wide, _narrow = both(draw_bars, told(often, rare, steps=1))
    assert wide.bars[1].height >= 1


def test_a_line_is_broken_where_values_are_missing_and_a_single_one_is_a_dot() -> None:
    gaps = Series("p50", "p50", (1.0, 2.0, None, 4.0, None))
    wide, narrow = both(draw_lines, told(gaps))
    assert len(wide.paths) == len(wide.dots) == 1
    assert wide.paths[0][1].count("L") == 1
    assert inside(wide)
    assert inside(narrow)


@pytest.mark.parametrize(("last", "apart"), [(1.0, 0.001), (9.9, 0.001), (0.0, 0.0), (1.0, 9.0 / 99)])
def test_names_at_the_ends_do_not_cover_each_other(last: float, apart: float) -> None:
    """In the middle, at the top, at the bottom and from the bottom to the top."""
    lines = [Series(f"p{n}", f"p{n}", (1.0, last + n * apart)) for n in (50, 95, 99)]
    for drawn in both(draw_lines, told(*lines, steps=2)):
        heights = sorted(mark.y for mark in drawn.names)
        assert len(heights) == 3
        assert all(b - a >= 14 for a, b in itertools.pairwise(heights))
        assert inside(drawn)


def test_labels_of_the_axis_do_not_cover_each_other() -> None:
    flat = Series("answered", "A", (1.0,) * 90)
    long = Told("c", "T", "S", "u", (flat,), (("31. Okt.", "x"),) * 90, str, str)
    for drawn in both(draw_bars, long):
        places = sorted((mark.x - 48 if mark.anchor == "end" else mark.x - 24) for mark in drawn.steps)
        assert all(b - a >= 52 for a, b in itertools.pairwise(places))


def test_nothing_at_all_is_drawn_too() -> None:
    for drawn in both(draw_lines, told(Series("p50", "p50", (None,) * 5))):
        assert (drawn.paths, drawn.dots, drawn.names) == ((), (), ())


@pytest.mark.parametrize(
    ("call", "english", "german"),
    [
        (lambda f: f.count(1_234_567), "1,234,567", "1.234.567"),
        (lambda f: f.short(9_999), "9,999", "9.999"),
        (lambda f: f.short(15_000), "15 k", "15 k"),
        (lambda f: f.short(2_500_000), "2.5 M", "2,5 M"),
        (lambda f: f.share(1, 3), "33.3%", "33,3 %"),
        (lambda f: f.share(1, 100_000), "< 0.1%", "< 0,1 %"),
        (lambda f: f.share(99_999, 100_000), "> 99.9%", "> 99,9 %"),
        (lambda f: f.share(0, 0), "–", "–"),
        (lambda f: f.share(0, 5), "0%", "0 %"),
        (lambda f: f.milliseconds(0.634), "0.63 ms", "0,63 ms"),
        (lambda f: f.milliseconds(48.2), "48 ms", "48 ms"),
        (lambda f: f.milliseconds(1_420), "1.4 s", "1,4 s"),
        (lambda f: f.milliseconds(None), "–", "–"),
        (lambda f: f.day(1_700_000_000), "14 Nov", "14. Nov."),
    ],
)
def test_numbers_in_both_languages(call: object, english: str, german: str) -> None:
    found = [call(Figures(lang)).replace("\u202f", " ") for lang in ("en", "de")]  # type: ignore[operator]
    assert found == [english, german]
