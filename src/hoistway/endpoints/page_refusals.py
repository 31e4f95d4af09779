"""A refusal as a page, where a person is looking: with the code, the fix and the correlation id."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.errors import OAuthError
from hoistway.web.cookies import cookie
from hoistway.web.pages import ErrorPage
from hoistway.web.refusals import log_refusal
from hoistway.web.replies import correlation_id
from hoistway.web.templates.filters import safe_href
from hoistway.web.words import Lang

LANGUAGE: Final = "hoistway_language"
LANGUAGES: Final[dict[str, Lang]] = {"en": "en", "de": "de"}
LONGEST_ADDRESS: Final = 20_000


def language(request: Request, ui_locales: str | None = None) -> Lang:
    """What the person chose on a page; otherwise "de" where it is asked for before English, else "en" (OpenID Connect
    Core ui_locales, then Accept-Language)."""
    chosen = LANGUAGES.get(cookie(request, LANGUAGE) or "")
    if chosen is not None:
        return chosen
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


def here_of(request: Request) -> str:
    """The address of this page; "" for the answer to a form, where a return would lose what was typed."""
    if request.method == "POST":
        return ""
    query = request.scope["query_string"]
    here = (request.scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")
    return here if is_own(here) else ""


def is_own(address: str) -> bool:
    """True for an address of this server that no browser could take for another server's."""
    return address.startswith("/") and len(address) <= LONGEST_ADDRESS and safe_href(address) is not None


def refusal_page(engine: Engine, request: Request, error: OAuthError) -> Response:
    log_refusal(correlation_id(request), request.url.path, error)
    lang = language(request)
    # Values from a stranger's link are not repeated, not even as the way back.
    ours = request.url.path.startswith(("/portal", "/console"))
    here, home = (here_of(request), "/portal") if ours else ("", "")
    page = ErrorPage(lang, error.error, error.public, correlation_id(request), engine.now(), here, home)
    status = 400 if error.status == 401 else error.status
    reply = engine.pages.error(page, status)
    if error.retry_after is not None:
        reply.headers["retry-after"] = str(error.retry_after)
    return reply
