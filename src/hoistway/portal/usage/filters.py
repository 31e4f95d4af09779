"""What a usage page is asked for, all of it in the address: time, surface, application, subscription, operation."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from hoistway.protocol.numbers import read_moment
from hoistway.protocol.params import Params
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.store.usage_shape import Asked, UsageRows

HOUR, DAY = 3600, 86_400
PERIODS: Final = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
USUAL: Final = "30d"
SURFACES: Final = ("api", "token")
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Span:
    """The rows to read, and the beginnings of all steps, also of those without calls."""

    rows: UsageRows
    since: int
    until: int
    step: int

    @property
    def steps(self) -> range:
        return range(self.since, self.until, self.step)


@dataclass(frozen=True, slots=True)
class Filters:
    """`day` is when the day began whose hours are shown, instead of a period. An id that is nobody's finds nothing."""

    period: str = USUAL
    day: int | None = None
    surface: str = "api"
    application: str = ""
    subscription: str = ""
    operation: str = ""

    def span(self, now: int) -> Span:
        """By the hour for a day, by the day for longer; the step under way is the last."""
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
        """The same page with other filters; those at their usual value are left out."""
        wanted = replace(self, **changes)  # type: ignore[arg-type]
        query = {name: getattr(wanted, name) for name in ("application", "subscription", "operation")}
        query |= {"surface": wanted.surface if wanted.surface != "api" else ""}
        if wanted.day is None:
            query |= {"period": wanted.period if wanted.period != USUAL else ""}
        else:
            query |= {"day": datetime.fromtimestamp(wanted.day, UTC).date().isoformat()}
        found = {name: value for name, value in query.items() if value}
        return f"{path}?{urlencode(found)}" if found else path


def _day(text: str | None, now: int, kept: int) -> int | None:
    """When that day began, if its hours are still kept."""
    day = read_moment(text)
    if day is None:
        return None
    at = int(day.timestamp()) // DAY * DAY
    return at if now - kept <= at <= now else None


def read_filters(query: Params, now: int, hours_kept: int, surfaces: tuple[str, ...] = SURFACES) -> Filters:
    """What makes no sense is as if it was not asked for."""
    period, surface = query.get("period") or USUAL, query.get("surface") or "api"
    words = {name: query.get(name) or "" for name in ("application", "subscription", "operation")}
    return Filters(
        period if period in PERIODS else USUAL,
        _day(query.get("day"), now, hours_kept),
        surface if surface in surfaces else "api",
        **{name: word if len(word) <= LONGEST else "" for name, word in words.items()},
    )
