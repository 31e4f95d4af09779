"""Requests and engines as the API's pure parts need them."""

from types import SimpleNamespace
from typing import Any, cast

from starlette.requests import Request

from hoistway.engine import Engine
from hoistway.measures import Measures

BASE = "https://id.example"


def make_request(path: str = "/api/v1/units", query: str = "", **headers: str) -> Request:
    """`if_none_match="…"` becomes the header If-None-Match."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "query_string": query.encode()}
    return Request({**scope, "headers": raw, "correlation_id": "c-1", "path_params": {}})


def make_engine(**parts: object) -> Engine:
    """An engine of which only the settings and the named parts exist."""
    return cast("Engine", SimpleNamespace(settings=SimpleNamespace(base_url=BASE), measures=Measures(), **parts))
