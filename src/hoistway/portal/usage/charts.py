"""The two charts of usage: how many calls there were, and how long they took."""

from collections.abc import Callable

from hoistway.portal.usage.filters import HOUR, Span
from hoistway.portal.usage.sums import Sum, whole
from hoistway.store.usage_shape import Kind
from hoistway.web.chart import Drawn, Series, Told, both, draw_bars, draw_lines
from hoistway.web.figures import Figures
from hoistway.web.templates.filters import date, instant
from hoistway.web.words import Words

Steps = list[tuple[int, Sum]]
PERCENTS = (50, 95, 99)


def step_words(figures: Figures, span: Span) -> Callable[[int], tuple[str, str]]:
    """(on the axis, in full) for the beginning of a step."""
    if span.step == HOUR:
        return lambda at: (figures.hour(at), instant(at))
    return lambda at: (figures.day(at), date(at))


def calls_chart(t: Words, figures: Figures, span: Span, steps: Steps, title: str) -> tuple[Drawn, Drawn]:
    words = step_words(figures, span)
    total = Sum()
    for _at, part in steps:
        total.add(part.calls, part.refused, part.failed, part.bins)
    counts = (("answered", total.answered), ("refused", total.refused), ("failed", total.failed))
    series = tuple(
        Series(kind, t[f"usage_{kind}"], tuple(getattr(part, kind) for _at, part in steps), figures.count(sum_))
        for kind, sum_ in counts
    )
    summary = t["usage_calls_summary"].format(**{kind: figures.count(sum_) for kind, sum_ in counts})
    unit = t["usage_unit_hour" if span.step == HOUR else "usage_unit_day"]
    told = Told(
        "calls", title, summary, unit, series, tuple(words(at) for at, _part in steps), figures.short,
        lambda value: figures.count(value or 0),
    )  # fmt: skip
    return both(draw_bars, told)


def latency_chart(
    t: Words, figures: Figures, span: Span, steps: Steps, kinds: list[Kind], title: str
) -> tuple[Drawn, Drawn]:
    words, total = step_words(figures, span), whole(kinds)
    series = tuple(
        Series(f"p{percent}", f"p{percent}", tuple(part.within(percent) for _at, part in steps)) for percent in PERCENTS
    )
    found = {f"p{percent}": figures.milliseconds(total.within(percent)) for percent in PERCENTS}
    summary = t["usage_latency_summary"].format(**found)
    told = Told(
        "latency", title, summary, t["usage_unit_ms"], series, tuple(words(at) for at, _part in steps), figures.short,
        figures.milliseconds,
    )  # fmt: skip
    return both(draw_lines, told)
