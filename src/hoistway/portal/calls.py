"""Who of a customer called the APIs, through which application: for its administrators (docs/adr/0039-who-called.md)."""

from typing import Final

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.chosen import chosen
from hoistway.portal.visit import Reader, Visit
from hoistway.store.actor_uses import MOST, OTHERS, Used, actors_of
from hoistway.web.figures import Figures
from hoistway.web.frame import Crumb
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment
from hoistway.web.words import Words

PERIODS: Final = {"7d": 7, "30d": 30, "90d": 90}
USUAL: Final = "30d"
SHOWN: Final = 200
DAY: Final = 86_400


class Line(Struct, frozen=True):
    """`href` is the page of a person or account of this customer."""

    name: str
    href: str | None
    used: Used


async def calls(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/activity/calls: `period` is 7d, 30d or 90d, today included."""
    period = chosen(visit.query, "period", PERIODS, USUAL)
    now, t = engine.now(), PORTAL_WORDS[visit.lang]
    since = now - now % DAY - (PERIODS[period] - 1) * DAY
    rows = await actors_of(engine.db, reader.customer_id, since, SHOWN + 1)
    return engine.pages.portal(
        "portal/calls.html", visit.frame, lines=[_line(t, row) for row in rows[:SHOWN]], periods=tuple(PERIODS),
        period=period, cut=len(rows) > SHOWN, shown=SHOWN, most=MOST, figures=Figures(visit.lang),
        crumbs=(Crumb(t["activity"], "/portal/activity"),),
    )  # fmt: skip


def _line(t: Words, used: Used) -> Line:
    """Names of people who do not belong to the customer are not told."""
    if used.kind == OTHERS:
        return Line(t["calls_others"].format(most=MOST), None, used)
    if used.person is not None:
        return Line(used.person, f"/portal/people/{segment(used.actor)}", used)
    if used.account is not None:
        return Line(used.account, f"/portal/technical-accounts/{segment(used.actor)}", used)
    return Line(t["calls_former_person" if used.kind == "user" else "calls_former_account"], None, used)
