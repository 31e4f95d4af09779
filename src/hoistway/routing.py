"""Finds the route of an address, and who reads its answer."""

from starlette.routing import compile_path

from hoistway.endpoints.b2c import is_page
from hoistway.routes import ROUTES, Route, Surface

_EXACT = {route.path: route for route in ROUTES if "{" not in route.path}
_PATTERNS = [(compile_path(route.path)[0], route) for route in ROUTES if "{" in route.path]


def find_route(path: str) -> tuple[Route | None, dict[str, str]]:
    """The route and its path parameters."""
    route = _EXACT.get(path)
    if route is not None:
        return route, {}
    for pattern, candidate in _PATTERNS:
        found = pattern.match(path)
        if found is not None:
            return candidate, found.groupdict()
    return None, {}


def surface_of(route: Route | None, path: str) -> Surface:
    """Who reads the answer of this address."""
    if route is not None:
        return route.surface
    return "page" if is_page(path) else "oauth"
