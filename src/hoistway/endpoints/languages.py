"""Stores the language that a person chooses at the foot of a page, in their browser for a year."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.page_refusals import LANGUAGE, LANGUAGES, is_own
from hoistway.engine import Engine
from hoistway.protocol.errors import InvalidRequest
from hoistway.web.cookies import remember
from hoistway.web.forms import read_query


async def choose_language(engine: Engine, request: Request) -> Response:
    """GET /language: `to` is "en" or "de", `back` the page to return to."""
    params = read_query(request)
    to, back = LANGUAGES.get(params.get("to") or ""), params.get("back") or ""
    if to is None:
        raise InvalidRequest("Pages speak en and de: send one of them as `to`.")
    reply = RedirectResponse(back if is_own(back) else "/portal", 303, {"cache-control": "no-store"})
    remember(reply, LANGUAGE, to, https=engine.settings.is_https)
    return reply
