"""Decides which pages may read an answer in a browser: those of registered origins (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.store.db import DatabaseUnavailable
from hoistway.web.replies import header

_HEADERS = (
    "authorization, content-type, if-match, if-none-match, ocp-apim-subscription-key, x-client-sku, x-client-ver, x-requested-with, "
    "traceparent, tracestate, request-id"
)
_EXPOSED = "etag, link, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-correlation-id"


async def allow_origin(engine: Engine, request: Request, reply: Response) -> Response:
    """Adds CORS headers where an enabled application has registered the page's origin; cookies are never allowed. While
    the database is away none are added; the answer reports that itself."""
    origin = header(request, b"origin")
    reply.raw_headers.append((b"vary", b"Origin"))
    if origin is None or len(origin) > 300 or origin == "null":
        return reply
    try:
        registered = await engine.directory.is_registered_origin(origin.lower(), engine.now())
    except DatabaseUnavailable:
        registered = False
    if registered:
        reply.headers["access-control-allow-origin"] = origin
        reply.headers["access-control-expose-headers"] = _EXPOSED
    return reply


def allow_any(reply: Response) -> Response:
    """For documents that are public and the same for everybody: any page may read them."""
    reply.raw_headers.append((b"access-control-allow-origin", b"*"))
    reply.raw_headers.append((b"access-control-expose-headers", b"etag, x-correlation-id"))
    return reply


async def preflight(engine: Engine, request: Request, methods: Sequence[str]) -> Response:
    """Answers OPTIONS, which browsers send before the request itself; `methods` are those of the address."""
    reply = Response(status_code=204, headers={"allow": ", ".join((*methods, "OPTIONS"))})
    reply = await allow_origin(engine, request, reply)
    if "access-control-allow-origin" in reply.headers:
        reply.headers["access-control-allow-methods"] = ", ".join(methods)
        reply.headers["access-control-allow-headers"] = ", ".join((_HEADERS, *await _own_names(engine)))
        reply.headers["access-control-max-age"] = "600"
    return reply


async def _own_names(engine: Engine) -> Sequence[str]:
    """Headers in which an API hears subscription keys beside the usual one."""
    try:
        apis = await engine.directory.apis(engine.now())
    except DatabaseUnavailable:
        return ()
    named = (api.key_names.header for api in apis.by_id.values() if api.key_names is not None)
    return sorted({name for names in named for name in names})
