"""A refusal where a person is looking: a page with the code, the fix and the correlation id."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.errors import OAuthError
from hoistway.web.pages import ErrorPage
from hoistway.web.refusals import log_refusal
from hoistway.web.replies import correlation_id, timestamp
from hoistway.web.words import Lang


def language(request: Request, ui_locales: str | None = None) -> Lang:
    """ "de" where it is asked for before English, else "en" (OpenID Connect Core ui_locales, then Accept-Language)."""
    words = (ui_locales or "").split() or [
        part.split(";")[0] for part in request.headers.get("accept-language", "").split(",")
    ]
    for word in words:
        short = word.strip().lower()[:2]
        if short == "de":
            return "de"
        if short == "en":
            return "en"
    return "en"


def refusal_page(engine: Engine, request: Request, error: OAuthError) -> Response:
    log_refusal(correlation_id(request), request.url.path, error)
    lang = language(request)
    page = ErrorPage(lang, error.error, error.public, correlation_id(request), timestamp(engine.now()))
    status = 400 if error.status == 401 else error.status
    reply = engine.pages.error(page, status)
    if error.retry_after is not None:
        reply.headers["retry-after"] = str(error.retry_after)
    return reply
