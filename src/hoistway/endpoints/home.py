"""The address without a path, which leads to the portal, and the static files that pages load."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.engine import Engine
from hoistway.protocol.errors import InvalidRequest


class NotFound(InvalidRequest):
    """There is nothing at this address."""

    status = 404
    public = "Nothing is at this address: check it for a typing error."


async def home(engine: Engine, request: Request) -> Response:
    """GET /"""
    return RedirectResponse("/portal", 303)


async def static(engine: Engine, request: Request) -> Response:
    """GET /static/{name}: a file whose address contains the digest of its content may be cached for ever. Modules
    import each other by bare name, and are checked for changes each time."""
    found = engine.pages.static(request.path_params["name"])
    if found is None:
        raise NotFound
    body, media_type, etag = found
    kept = "public, max-age=31536000, immutable" if request.query_params.get("v") == etag.strip('"') else "no-cache"
    headers = {"cache-control": kept, "etag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type)
