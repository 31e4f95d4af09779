"""Turns a refusal into an answer in the dialect of the path, and a line in the log."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import MethodNotAllowed, OAuthError
from hoistway.web.refusals import log_refusal
from hoistway.web.replies import correlation_id, refusal_reply


def refuse(engine: Engine, request: Request, error: OAuthError, dialect: Dialect, *, allow: str = "POST") -> Response:
    """JSON for programs; pages have endpoints/page_refusals."""
    log_refusal(correlation_id(request), request.url.path, error)
    reply = refusal_reply(request, error, dialect, engine.now())
    if isinstance(error, MethodNotAllowed):
        reply.headers["allow"] = allow
    return reply
