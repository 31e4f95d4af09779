"""The operators' queue of requests for applications."""

from urllib.parse import urlencode

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.applications.listed import NEWEST, place, read_place
from hoistway.portal.chosen import chosen
from hoistway.portal.visit import Visit
from hoistway.store.request_lists import FILTERS, count_queue, queued_requests
from hoistway.store.users import User
from hoistway.web.frame import Crumb
from hoistway.web.portal_words import PORTAL_WORDS

PAGE = 50
OLDEST = (-1, "")


async def request_queue(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/requests: `show` is one of FILTERS, `after` selects the page."""
    shown = chosen(visit.query, "show", FILTERS, FILTERS[0])
    start = OLDEST if shown in {"open", "confirm", "asked"} else NEWEST
    rows = await queued_requests(engine.db, shown, after=read_place(visit.query, "after", start), most=PAGE + 1)
    query, more = {"show": shown}, None
    if len(rows) > PAGE:
        last = rows[PAGE - 1].request
        more = f"{visit.path}?{urlencode({**query, 'after': place(last.created_at, last.id)})}"
    return engine.pages.portal(
        "console/requests.html",
        visit.frame,
        rows=rows[:PAGE],
        filters=[name for name in FILTERS if name != "confirm" or engine.settings.four_eyes],
        chosen=shown,
        counts=await count_queue(engine.db),
        more=more,
        first=f"{visit.path}?{urlencode(query)}" if visit.query.has("after") else None,
        now=engine.now(),
        crumbs=(Crumb(PORTAL_WORDS[visit.lang]["frame_operate"], "/console"),),
    )
