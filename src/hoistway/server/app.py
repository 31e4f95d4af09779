"""The ASGI application: opens what requests need, finds the endpoint, and turns exceptions into answers (https://asgi.readthedocs.io)."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hoistway import clock, journal
from hoistway.endpoints.b2c import b2c, methods_of
from hoistway.endpoints.cors import allow_origin, preflight
from hoistway.endpoints.faults import away, fault
from hoistway.endpoints.home import NotFound
from hoistway.endpoints.trailing_slash import lead_on, tell, without_slash
from hoistway.engine import Engine
from hoistway.journal import LOG, LONGEST_PATH, random_id
from hoistway.limits.memory import Memory
from hoistway.measures import OTHER
from hoistway.protocol.errors import MethodNotAllowed, OAuthError
from hoistway.routes import Route, Surface
from hoistway.routing import find_route, surface_of
from hoistway.server.bulk import keep_bulk
from hoistway.server.housekeeping import (
    keep_counts,
    keep_house,
    keep_limits,
    keep_mail,
    keep_up,
    publish_last,
    write_counts,
)
from hoistway.server.in_flight import InFlight
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.copied import keep_copied
from hoistway.server.metrics.requests import Requests
from hoistway.server.opening import close_engine, keep_portal, open_engine
from hoistway.server.replica import keep_replica
from hoistway.server.telling import REQUEST, Telling, about_request
from hoistway.server.telling_ends import keep_told
from hoistway.settings import Settings
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.patience import begin
from hoistway.web.replies import WHOLE, Reply
from hoistway.web.segments import has_slash, marked, unmarked

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ENDS_WITHIN = 2.0
_NONE: dict[str, Any] = {}
_NOSNIFF = (b"x-content-type-options", b"nosniff")


async def _write_last_counts(engine: Engine) -> None:
    """At the end: it does not wait longer for a database that does not answer, and logs what is lost."""
    try:
        async with asyncio.timeout(1.5):
            await write_counts(engine)
    except Exception as error:
        LOG.error("counts lost", because=repr(error))
    if engine.tally.held:
        LOG.warning("counts lost", kinds_of_calls=engine.tally.held, calls_not_counted=engine.tally.lost)


class App:
    """An ASGI application; one in each process. `memory` is where the processes of a machine count calls together,
    `board` where they put their metrics, or None."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], int] = clock.now,
        memory: Memory | None = None,
        board: Board | None = None,
    ) -> None:
        journal.configure(about_request)
        self._settings = settings
        self._now = now
        self._memory = memory
        self._board = board
        self._count: Callable[[str, int, float], None] | None = None
        self._telling: Telling | None = None
        self._engine: Engine | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._in_flight = InFlight(settings) if settings.trusted_proxies else None
        # RFC 6797 section 7.2: never over plain http. Behind a proxy that ends TLS, only the base URL tells.
        self._https = settings.is_https
        self._hsts = (b"strict-transport-security", b"max-age=%d" % settings.hsts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._in_flight is None:
            await self._http(scope, receive, send)
        elif scope["type"] == "http" and self._in_flight is not None:
            self._in_flight.enter(scope)
            try:
                await self._http(scope, receive, send)
            finally:
                self._in_flight.leave(scope)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._engine = await open_engine(self._settings, self._now, self._memory)
            await keep_portal(self._engine)
            self._telling = Telling.open(self._settings)
        except Exception as error:
            LOG.error("start failed", because=str(error))
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        keeping = (keep_up, keep_limits, keep_house, keep_counts, keep_mail, keep_told, keep_replica, keep_bulk)
        stop = asyncio.Event()
        self._tasks = [asyncio.create_task(keep(self._engine, stop)) for keep in keeping]
        if self._board is not None:
            self._count = Requests(self._board).count
            self._tasks.append(asyncio.create_task(keep_copied(self._engine, self._board, stop)))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        stop.set()
        _done, late = await asyncio.wait(self._tasks, timeout=ENDS_WITHIN)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await publish_last(self._engine)
        await _write_last_counts(self._engine)
        await close_engine(self._engine)
        if self._telling is not None:
            await self._telling.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._engine is None:
            raise RuntimeError("the application was not started")
        correlation_id = scope["correlation_id"] = random_id()
        begin()
        REQUEST.set(scope)
        telling = self._telling
        if telling is not None:
            telling.begin(scope)
        begun = perf_counter()
        reply = await self._answer(self._engine, scope, receive)
        headers = reply.raw_headers
        headers.append((b"x-correlation-id", correlation_id.encode()))
        for name, _value in headers:
            if name == b"x-content-type-options":
                break
        else:
            headers.append(_NOSNIFF)
        if self._https or scope["scheme"] == "https":
            headers.append(self._hsts)
        if self._count is not None:
            self._count(scope["hoistway.route"], reply.status_code, perf_counter() - begun)
        if telling is not None:
            telling.end(scope, reply.status_code, perf_counter() - begun)
        whole = scope.get("extensions", _NONE).get(WHOLE)
        if whole is None or not isinstance(reply, Reply) or not whole(reply.status_code, headers, reply.body):
            await reply(scope, receive, send)

    async def _answer(self, engine: Engine, scope: Scope, receive: Receive) -> Response:
        raw: bytes = scope.get("raw_path") or b""
        # Looked for here first, because nearly no address has one.
        if b"%2" in raw and has_slash(raw):
            route, found = find_route(marked(raw))
            params = {name: unmarked(value) for name, value in found.items()}
        else:
            route, params = find_route(scope["path"])
        scope["path_params"] = params
        scope["hoistway.route"] = OTHER if route is None else route.path
        request = Request(scope, receive)
        refusal: OAuthError | None = None
        try:
            if self._in_flight is not None:
                self._in_flight.check(scope)
            if params and any("\x00" in value for value in params.values()):
                # No id holds one, and PostgreSQL takes none.
                raise NotFound
            return await self._route(engine, request, route)
        except DatabaseUnavailable as error:
            refusal = away(engine, error)
        except OAuthError as error:
            refusal = error
        except Exception as error:
            LOG.error("bug", correlation_id=scope["correlation_id"], path=scope["path"][:LONGEST_PATH], exc_info=error)
        return await self._refused(engine, request, surface_of(route, scope["path"]), refusal)

    async def _refused(self, engine: Engine, request: Request, surface: Surface, error: OAuthError | None) -> Response:
        """A browser's page may read a refusal for programs like any other answer."""
        reply = fault(engine, request, surface, error)
        if surface == "page":
            return reply
        try:
            return await allow_origin(engine, request, reply)
        except Exception as bug:
            LOG.error(
                "bug",
                correlation_id=request.scope["correlation_id"],
                path=request.url.path[:LONGEST_PATH],
                exc_info=bug,
            )
            return reply

    async def _at_bare(self, engine: Engine, request: Request, path: str) -> Response | None:
        """Answers where a route matches this path only without its last slash."""
        route, _ = find_route(marked(path.encode("latin-1")) if has_slash(path.encode("latin-1")) else path)
        methods = methods_of(path) if route is None else route.methods
        if not methods:
            return None
        surface = surface_of(route, path)
        if surface == "page" and request.method in ("GET", "HEAD") and "GET" in methods:
            return lead_on(request, path)
        return await self._refused(engine, request, surface, tell(engine, path))

    async def _route(self, engine: Engine, request: Request, route: Route | None) -> Response:
        methods = methods_of(request.url.path) if route is None else route.methods
        bare = without_slash(request) if not methods else None
        if bare is not None and (reply := await self._at_bare(engine, request, bare)) is not None:
            return reply
        method = request.scope["method"]
        if method == "OPTIONS" and methods:
            return await preflight(engine, request, methods)
        if route is None and request.url.path.startswith("/api/"):
            return await self._refused(engine, request, "api", NotFound())
        if route is None and request.url.path.startswith("/scim/"):
            return await self._refused(engine, request, "scim", NotFound())
        if route is None and request.url.path.startswith(("/portal/", "/console/")):
            return fault(engine, request, "page", NotFound())
        if route is None:
            return await b2c(engine, request)
        if method not in route.methods and not (method == "HEAD" and "GET" in route.methods):
            refusal = await self._refused(engine, request, route.surface, MethodNotAllowed())
            refusal.headers["allow"] = ", ".join(route.methods)
            return refusal
        return await route.endpoint(engine, request)
