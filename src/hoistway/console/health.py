"""Health of the installation: the API, tokens and sign-ins over all customers, lockouts, legacy flows, counted losses."""

import msgspec
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.usage.filters import DAY, read_filters
from hoistway.portal.usage.page import seen
from hoistway.portal.usage.sums import whole
from hoistway.portal.visit import Visit
from hoistway.store.audit import latest_entries
from hoistway.store.legacy_uses import DailyUse, legacy_uses_by_day
from hoistway.store.usage_losses import lost_by_all
from hoistway.store.usage_shape import EVERYBODY, Kind
from hoistway.store.users import User
from hoistway.web.chart import Drawn, Series, Told, both, draw_lines
from hoistway.web.figures import Figures
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.templates.filters import date
from hoistway.web.words import Words

PATH = "/console/health"
SURFACES = ("api", "token", "sign_in")
FLOWS = ("password", "implicit")
LEGACY_DAYS = 30
LATEST = 10
LOCKED = {"sign-in-locked", "invalid_grant:90114"}

Days = list[tuple[int, dict[str, int]]]


def legacy_days(uses: list[DailyUse], now: int) -> Days:
    """Every day of the last thirty with the uses of each flow, the oldest first."""
    found = {(use.day, use.flow): use.uses for use in uses}
    days = []
    for at in range(now - now % DAY - (LEGACY_DAYS - 1) * DAY, now, DAY):
        name = date(at)
        days.append((at, {flow: found.get((name, flow), 0) for flow in FLOWS}))
    return days


def legacy_chart(t: Words, figures: Figures, days: Days) -> tuple[Drawn, Drawn]:
    sums = {flow: sum(uses[flow] for _at, uses in days) for flow in FLOWS}
    series = tuple(Series(flow, flow, tuple(float(uses[flow]) for _at, uses in days)) for flow in FLOWS)
    summary = t["health_legacy_summary"].format(**{flow: figures.count(uses) for flow, uses in sums.items()})
    told = Told(
        "legacy", t["health_legacy"], summary, t["health_legacy_unit"], series,
        tuple((figures.day(at), date(at)) for at, _uses in days), figures.short,
        lambda value: figures.count(value or 0),
    )  # fmt: skip
    return both(draw_lines, told)


def locked_out(kinds: list[Kind]) -> int:
    return sum(kind.calls for kind in kinds if kind.cause in LOCKED)


async def health(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/health: filters in the address."""
    now, t, figures = engine.now(), PORTAL_WORDS[visit.lang], Figures(visit.lang)
    filters = read_filters(visit.query, now, engine.settings.keep_hourly_use, SURFACES)
    values = await seen(engine, visit.lang, EVERYBODY, filters, PATH, {})
    every: list[Kind] = values["every"]
    days = legacy_days(await legacy_uses_by_day(engine.db, date(now - (LEGACY_DAYS - 1) * DAY)), now)
    failed = await latest_entries(engine.db, "sign_in.failed", LATEST) if "audit" in visit.frame.acts else []
    return engine.pages.portal(
        "console/health.html", visit.frame, **values, locked=locked_out(every),
        wholes=[(surface, whole(kind for kind in every if kind.surface == surface)) for surface in SURFACES],
        lost=await lost_by_all(engine.db, filters.span(now).since), legacy=legacy_chart(t, figures, days),
        legacy_days=list(reversed(days)), used=any(sum(uses.values()) for _at, uses in days),
        failed=failed, replica=None if engine.replica is None else engine.replica.health, most_age=engine.settings.replica_age,
        numbers=[msgspec.json.decode(entry.detail).get("failures_today") for entry in failed],
    )  # fmt: skip
