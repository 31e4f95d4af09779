"""Reports each request, apart from its answer: as a line of the log and as a span, where these are on."""

from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, Final

from starlette.requests import Request

from hoistway.journal import LOG, LONGEST_PATH
from hoistway.protocol.traceparent import read_traceparent
from hoistway.server.traces import Traces
from hoistway.settings import Settings
from hoistway.web.replies import client_address

Scope = MutableMapping[str, Any]

PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Asked every few seconds by whatever looks after the server: no lines and no spans."""
_NOBODY: Final = ("", "")

REQUEST: ContextVar[Scope | None] = ContextVar("request", default=None)
"""The ASGI scope of the request in hand."""


def about_request() -> Mapping[str, object]:
    """Added to every line of the log. The header is read when the first line is written, which happens in few requests."""
    scope = REQUEST.get()
    if scope is None:
        return {}
    trace_id = scope.get("hoistway.trace")
    if trace_id is None:
        parent = read_traceparent(scope["headers"])
        trace_id = scope["hoistway.trace"] = "" if parent is None else parent.trace_id
    return {"trace_id": trace_id} if trace_id else {}


def log_answer(scope: Scope, status: int, seconds: float, trusted_proxies: int) -> None:
    """The table of these fields is in docs/operating.md."""
    customer_id, client_id = scope.get("hoistway.about", _NOBODY)
    LOG.info(
        "request",
        correlation_id=scope["correlation_id"],
        method=scope["method"],
        route=scope["hoistway.route"],
        path=scope["path"][:LONGEST_PATH],
        status=status,
        duration_ms=round(seconds * 1000, 2),
        address=client_address(Request(scope), trusted_proxies),
        client_id=client_id or None,
        customer_id=customer_id or None,
    )


class Telling:
    """Made in the worker, because spans are sent by a thread of its own."""

    __slots__ = ("_log", "_traces", "_trusted_proxies")

    def __init__(self, settings: Settings) -> None:
        self._log, self._trusted_proxies = settings.access_log, settings.trusted_proxies
        self._traces = None if settings.traces is None else Traces(settings.traces)

    @classmethod
    def open(cls, settings: Settings) -> "Telling | None":
        """None where neither is on; then it costs nothing."""
        return cls(settings) if settings.access_log or settings.traces is not None else None

    def begin(self, scope: Scope) -> None:
        if self._traces is not None and scope["path"] not in PROBES:
            self._traces.begin(scope)

    def end(self, scope: Scope, status: int, seconds: float) -> None:
        if self._log and scope["hoistway.route"] not in PROBES:
            log_answer(scope, status, seconds, self._trusted_proxies)
        if self._traces is not None:
            self._traces.end(scope, status)

    async def close(self) -> None:
        if self._traces is not None:
            await self._traces.close()
