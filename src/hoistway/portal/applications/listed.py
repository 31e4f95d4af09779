"""The list of a customer's applications and of its requests for some."""

import re
from urllib.parse import urlencode

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.chosen import unknown
from hoistway.portal.visit import Reader, Visit
from hoistway.protocol.numbers import read_whole
from hoistway.protocol.params import Params
from hoistway.store.client_lists import page_of_clients
from hoistway.store.request_lists import page_of_requests

PAGE = 20
NEWEST = (2**62, "")
_PLACE = re.compile(r"([0-9]{1,15})\.([A-Za-z0-9-]{1,200})")


def read_place(query: Params, name: str, otherwise: tuple[int, str]) -> tuple[int, str]:
    """A position in the list: a time and an id, as `place` writes them. Raises InvalidRequest for anything else."""
    if query.get(name) is None:
        return otherwise
    found = _PLACE.fullmatch(query.get(name) or "")
    at = None if found is None else read_whole(found[1], 0, 10**15)
    if found is None or at is None:
        raise unknown(name, "follow the link to the next page")
    return at, found[2]


def place(created_at: int, row_id: str) -> str:
    return f"{created_at}.{row_id}"


async def list_applications(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/applications: `before` selects the page. `closed=yes` shows rejected and withdrawn requests, whose
    page `closed_before` selects."""
    before = read_place(visit.query, "before", NEWEST)
    rows = await page_of_clients(engine.db, reader.customer_id, before=before, most=PAGE + 1)
    closed = visit.query.get("closed") is not None
    older = read_place(visit.query, "closed_before", NEWEST)
    requests = await page_of_requests(
        engine.db, reader.customer_id, is_open=not closed, before=older if closed else NEWEST, most=PAGE + 1
    )
    more, last = None, rows[PAGE - 1].client if len(rows) > PAGE else None
    if last is not None:
        more = f"{visit.path}?{urlencode({'before': place(last.created_at, last.id)})}"
    more_closed, oldest = None, requests[PAGE - 1] if len(requests) > PAGE else None
    if closed and oldest is not None:
        query = {"closed": "yes", "closed_before": place(oldest.created_at, oldest.id)}
        more_closed = f"{visit.path}?{urlencode(query)}"
    return engine.pages.portal(
        "portal/applications.html",
        visit.frame,
        rows=rows[:PAGE],
        requests=requests[:PAGE],
        closed=closed,
        more=more,
        first=visit.path if visit.query.has("before") else None,
        more_closed=more_closed,
        now=engine.now(),
    )
