"""What a usage page is asked for, all in its address: time, surface, application, subscription, operation."""

from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from hoistway.portal.chosen import chosen, short, unknown
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.params import Params
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_shape import Asked, UsageRows
from hoistway.web.templates.filters import date

HOUR, DAY = 3600, 86_400
PERIODS: Final = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
USUAL: Final = "30d"
SURFACES: Final = ("api", "token")
LONGEST: Final = 200


class Span(Struct, frozen=True):
    """Which rows to read, and the beginnings of all steps, including those without calls."""

    rows: UsageRows
    since: int
    until: int
    step: int

    @property
    def steps(self) -> range:
        return range(self.since, self.until, self.step)


class Filters(Struct, frozen=True):
    """`day` is the beginning of the day whose hours are shown, instead of a period. An unknown id finds nothing."""

    period: str = USUAL
    day: int | None = None
    surface: str = "api"
    application: str = ""
    subscription: str = ""
    operation: str = ""

    def span(self, now: int) -> Span:
        """By the hour for a day, by the day for longer periods; the current step is the last one."""
        if self.day is not None:
            return Span(HOURS, self.day, self.day + DAY, HOUR)
        days = PERIODS[self.period]
        if days == 1:
            until = now - now % HOUR + HOUR
            return Span(HOURS, until - DAY, until, HOUR)
        until = now - now % DAY + DAY
        return Span(DAYS, until - days * DAY, until, DAY)

    def asked(self, customer_id: str, now: int) -> Asked:
        span = self.span(now)
        return Asked(
            customer_id, span.since, span.until, self.surface, self.application, self.subscription, self.operation
        )

    def address(self, path: str, **changes: object) -> str:
        """The same page with other filters; filters with their default values are left out."""
        wanted = replace(self, **changes)
        query = {name: getattr(wanted, name) for name in ("application", "subscription", "operation")}
        query |= {"surface": wanted.surface if wanted.surface != "api" else ""}
        if wanted.day is None:
            query |= {"period": wanted.period if wanted.period != USUAL else ""}
        else:
            query |= {"day": date(wanted.day)}
        found = {name: value for name, value in query.items() if value}
        return f"{path}?{urlencode(found)}" if found else path


def _day(query: Params, now: int, kept: int) -> int | None:
    """The beginning of that day. Raises InvalidRequest where it is no day, or its hours are no longer kept."""
    text = query.get("day")
    if text is None:
        return None
    day = read_moment(text)
    at = -1 if day is None else int(day.timestamp()) // DAY * DAY
    if not now - kept <= at <= now:
        raise unknown("day", f"give one of the last {kept // DAY} as 2026-01-30")
    return at


def read_filters(query: Params, now: int, hours_kept: int, surfaces: tuple[str, ...] = SURFACES) -> Filters:
    """Raises InvalidRequest for a value that the page does not know."""
    return Filters(
        chosen(query, "period", PERIODS, USUAL),
        _day(query, now, hours_kept),
        chosen(query, "surface", surfaces, "api"),
        **{name: short(query, name, LONGEST) for name in ("application", "subscription", "operation")},
    )
