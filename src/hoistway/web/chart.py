"""Computes charts as geometry that a template draws in SVG (https://www.w3.org/TR/SVG2/): stacked bars, or lines.

Nothing here is markup: names reach the page through the template, which escapes them.
"""

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Final

from msgspec import Struct, field

MOST_SERIES: Final = 4
_HEAD, _FOOT, _LEFT, _LINE = 24, 28, 44, 16


class Series(Struct, frozen=True):
    """`kind` is a class of usage.css, which defines colour and pattern. `total` is shown after the name. None is a gap."""

    kind: str
    name: str
    values: tuple[float | None, ...]
    total: str = ""


class Told(Struct, frozen=True):
    """The texts of a chart: `unit` of the values, and for each step a short label for the axis and a long one."""

    id: str
    title: str
    summary: str
    unit: str
    series: tuple[Series, ...]
    steps: tuple[tuple[str, str], ...]
    number: Callable[[float], str]
    value: Callable[[float | None], str]


class Mark(Struct, frozen=True):
    """A text at a position."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    kind: str = ""


class Box(Struct, frozen=True):
    """A bar, or the strip over one step that shows `text` while a pointer is on it."""

    x: float
    y: float
    width: float
    height: float
    kind: str = ""
    text: str = ""


class Drawn(Struct, frozen=True):
    """One chart at one width. `paths` are (kind, SVG path data); `dots` are single values between gaps."""

    told: Told
    size: str
    width: int
    height: int
    left: float
    right: float
    base: float
    top: float
    grid: tuple[Mark, ...]
    steps: tuple[Mark, ...]
    names: tuple[Mark, ...]
    strips: tuple[Box, ...]
    bars: tuple[Box, ...] = ()
    paths: tuple[tuple[str, str], ...] = ()
    dots: tuple[Mark, ...] = field(default=())


def scale(highest: float, most: int = 4) -> list[float]:
    """Round values from 0 to at least the greatest value, with at most `most` steps of 1, 2 or 5 times a power of ten."""
    if highest <= 0:
        return [0.0, 1.0]
    power = 10.0**-9
    while True:
        for factor in (1, 2, 5):
            step = factor * power
            if step * most >= highest:
                return [round(step * n, 9) for n in range(int(-(-highest // step)) + 1)]
        power *= 10


def _marks(told: Told, x_of: Callable[[int], float], room: float, edge: int, y: float) -> tuple[Mark, ...]:
    """As many labels below the axis as fit, counted from the newest, which may reach the edge of the chart."""
    widest = max((len(short) for short, _long in told.steps), default=1) * 6.6 + 12
    every = max(1, ceil(len(told.steps) * widest / max(1.0, room)))
    newest, *places = range(len(told.steps) - 1, -1, -every)
    last = Mark(x_of(newest), y, told.steps[newest][0])
    clear = last.x
    if last.x + widest / 2 - 6 > edge:
        last, clear = Mark(edge, y, last.text, "end"), edge - widest / 2
    return last, *(Mark(x_of(place), y, told.steps[place][0]) for place in places if x_of(place) <= clear - widest + 6)


def _strips(told: Told, left: float, step: float, top: float, base: float) -> tuple[Box, ...]:
    boxes = []
    for place, (_short, long) in enumerate(told.steps):
        said = ", ".join(f"{series.name} {told.value(series.values[place])}" for series in told.series)
        boxes.append(Box(left + place * step, top, step, base - top, text=f"{long}: {said}"))
    return tuple(boxes)


def draw_bars(told: Told, size: str, width: int, height: int) -> Drawn:
    """Stacked bars with the first series at the bottom; the names are shown above, in the order of the series."""
    rows = 1 if size == "wide" else len(told.series)
    top, base, right = _HEAD + rows * (_LINE + 4), float(height - _FOOT), width - 22.0
    steps = max(1, len(told.steps))
    values = scale(max((sum(v or 0 for v in column) for column in zip(*_values(told), strict=True)), default=0))
    step, per = (right - _LEFT) / steps, (base - top) / values[-1]
    gap = 1 if step < 6 else min(8, step * 0.25)
    bars = []
    for place in range(len(told.steps)):
        y = base
        for series in told.series:
            tall = (series.values[place] or 0) * per
            if tall > 0:
                # Anything that happened is visible, however rare it was.
                tall = max(tall, 1.5)
                y -= tall
                bars.append(Box(_LEFT + place * step + gap / 2, y, step - gap, tall, series.kind))
    names = _names_above(told, size, right)
    return Drawn(
        told, size, width, height, _LEFT, right, base, top, _grid(told, values, base, per),
        _marks(told, lambda place: _LEFT + (place + 0.5) * step, right - _LEFT, width, height - 8), names,
        _strips(told, _LEFT, step, top, base), tuple(bars),
    )  # fmt: skip


def _values(told: Told) -> Iterable[tuple[float | None, ...]]:
    return (series.values for series in told.series)


def _names_above(told: Told, size: str, right: float) -> tuple[Mark, ...]:
    """Side by side where they fit, otherwise below each other."""
    marks, x = [], float(_LEFT)
    for place, series in enumerate(told.series):
        text = f"{series.name} {series.total}".strip()
        y = _HEAD + _LINE - 4 + (0 if size == "wide" else place * (_LINE + 4))
        marks.append(Mark(x, y, text, "start", series.kind))
        if size == "wide":
            x = min(right, x + 40 + len(text) * 7)
    return tuple(marks)


def _grid(told: Told, values: Sequence[float], base: float, per: float) -> tuple[Mark, ...]:
    return tuple(Mark(_LEFT - 6, base - value * per, told.number(value), "end") for value in values)


def draw_lines(told: Told, size: str, width: int, height: int) -> Drawn:
    """A line for each series with its name at the end; the line is interrupted where a value is missing."""
    longest = max((len(series.name) for series in told.series), default=0)
    top, base, right = float(_HEAD + 8), float(height - _FOOT), width - 12.0 - 7.5 * longest
    values = scale(max((v for column in _values(told) for v in column if v is not None), default=0))
    step, per = (right - _LEFT) / max(1, len(told.steps)), (base - top) / values[-1]

    def x_of(place: int) -> float:
        return _LEFT + (place + 0.5) * step

    paths, dots, ends = [], [], []
    for series in told.series:
        for run in _runs(series.values):
            points = [(x_of(place), base - value * per) for place, value in run]
            if len(points) == 1:
                dots.append(Mark(points[0][0], points[0][1], "", kind=series.kind))
            else:
                paths.append((series.kind, "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)))
        known = [value for value in series.values if value is not None]
        if known:
            ends.append(Mark(right + 6, base - known[-1] * per + 4, series.name, "start", series.kind))
    return Drawn(
        told, size, width, height, _LEFT, right, base, top, _grid(told, values, base, per),
        _marks(told, x_of, right - _LEFT, width, height - 8), _apart(ends, top, base), _strips(told, _LEFT, step, top, base),
        (), tuple(paths), tuple(dots),
    )  # fmt: skip


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Consecutive values without a gap, with their positions."""
    runs: list[list[tuple[int, float]]] = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1][0] == place - 1:
            runs[-1].append((place, value))
        else:
            runs.append([(place, value)])
    return runs


def _apart(marks: Sequence[Mark], top: float, base: float) -> tuple[Mark, ...]:
    """Moves names apart that would cover each other, from the lowest upwards."""
    below = sorted(marks, key=lambda mark: -mark.y)
    heights: list[float] = []
    for mark in below:
        heights.append(min(mark.y, heights[-1] - _LINE if heights else base + 4))
    # A name that would be above the chart pushes the others down again.
    for place in reversed(range(len(heights))):
        heights[place] = max(heights[place], top if place == len(heights) - 1 else heights[place + 1] + _LINE)
    return tuple(Mark(mark.x, y, mark.text, mark.anchor, mark.kind) for mark, y in zip(below, heights, strict=True))


def both(draw: Callable[[Told, str, int, int], Drawn], told: Told) -> tuple[Drawn, Drawn]:
    """For wide and for narrow windows, so that text keeps its size; the style sheet shows one of the two."""
    return draw(told, "wide", 560, 250), draw(told, "narrow", 300, 250)
