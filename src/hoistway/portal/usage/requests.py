"""The last requests of the customer's applications, and what was wrong with each."""

import re
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.chosen import chosen, short, unknown
from hoistway.portal.usage.causes import because
from hoistway.portal.usage.filters import DAY, HOUR, LONGEST
from hoistway.portal.usage.page import choices, client_names
from hoistway.portal.visit import Reader, Visit
from hoistway.protocol.params import Params
from hoistway.store.recent_requests import Wanted, list_requests
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_shape import Asked
from hoistway.web.figures import Figures
from hoistway.web.portal_words import PORTAL_WORDS

PATH = "/portal/usage/requests"
PAGE = 50
OUTCOMES = {"refused": 1, "answered": 0}
_ID = re.compile(r"[0-9a-f-]{1,80}")


class RequestFilters(Struct, frozen=True):
    """`outcome` is a key of OUTCOMES or ""; `before` is the last id of the page before."""

    application: str = ""
    correlation: str = ""
    outcome: str = ""
    before: str = ""

    def wanted(self, customer_id: str) -> Wanted:
        return Wanted(
            customer_id, self.application, self.correlation, OUTCOMES.get(self.outcome), before=self.before or None
        )

    def address(self, before: str) -> str:
        query = {
            "application": self.application, "correlation": self.correlation, "outcome": self.outcome, "before": before,
        }  # fmt: skip
        found = {name: value for name, value in query.items() if value}
        return f"{PATH}?{urlencode(found)}" if found else PATH


def read_request_filters(query: Params) -> RequestFilters:
    """Raises InvalidRequest for a value that the page does not know."""
    before = query.get("before") or ""
    if before and not _ID.fullmatch(before):
        raise unknown("before", "follow the link to older requests")
    return RequestFilters(
        short(query, "application", LONGEST),
        short(query, "correlation", LONGEST).lower(),
        chosen(query, "outcome", ("", *OUTCOMES), ""),
        before,
    )


async def requests(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET /portal/usage/requests: filters and the page in the address."""
    now, t = engine.now(), PORTAL_WORDS[visit.lang]
    filters = read_request_filters(visit.query)
    rows = await list_requests(engine.db, filters.wanted(reader.customer_id), PAGE + 1)
    since = now - engine.settings.keep_requests
    kinds = await DAYS.kinds(engine.db, Asked(reader.customer_id, since - since % DAY, now + 1))
    more = filters.address(rows[PAGE - 1].request.id) if len(rows) > PAGE else None
    return engine.pages.portal(
        "portal/usage_requests.html", visit.frame, fig=Figures(visit.lang), filters=filters, path=PATH,
        applications=choices((kind.client_id for kind in kinds), client_names(kinds), filters.application), outcomes=tuple(OUTCOMES),
        rows=[(row, because(t, row.request.cause)) for row in rows[:PAGE]], more=more,
        first=filters.address("") if filters.before else None, kept=engine.settings.keep_requests // (24 * HOUR),
    )  # fmt: skip
