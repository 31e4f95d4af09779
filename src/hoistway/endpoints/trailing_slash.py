"""Handles an address that would be right without the slash at its end: people are redirected, programs get an error
that says so (RFC 9110 section 15.4.9).
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.home import NotFound
from hoistway.engine import Engine


def without_slash(request: Request) -> str | None:
    """The path as it was sent, without its last slash; None where it has none, or consists of it."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw[:-1].decode("latin-1") if len(raw) > 1 and raw.endswith(b"/") else None


def lead_on(request: Request, path: str) -> Response:
    """For readers of pages. The path belongs to a route, so it can't lead to another host."""
    query: bytes = request.scope["query_string"]
    address = path + (f"?{query.decode('latin-1')}" if query else "")
    return RedirectResponse(address, 308, {"cache-control": "no-store"})


def tell(engine: Engine, path: str) -> NotFound:
    """For programs, whose libraries would not follow a 308 with a POST."""
    address = engine.settings.base_url + path
    return NotFound(f"Nothing is at this address: use {address}, without the slash at its end.")
