"""Counts each call once it is answered: who asked for what, how it ended and how long it took; never the content.

Counting happens after the answer and waits for nothing (docs/adr/0006-portal.md).
"""

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.ids import ClientId
from hoistway.protocol.sandbox import SANDBOX

Answer = Callable[[Engine, Request], Awaitable[Response]]
_NOBODY = ("", "")


def tell_about(request: Request, customer_id: str | None, client_id: str | None) -> None:
    """Names the customer and application for which the request is counted. Call it as soon as they are certain, so that
    a later refusal is counted for them, too."""
    request.scope["hoistway.about"] = (customer_id or "", client_id or "")


async def counts_for(engine: Engine, customer_id: str | None, client_id: str | None) -> str | None:
    """The customer whose use it is: the one that the token names or, in the sandbox, the application's owner."""
    if customer_id != SANDBOX or client_id is None:
        return customer_id
    known = await engine.directory.client(ClientId(client_id), engine.now())
    return None if known is None else known.client.customer_id


def tell_subscription(request: Request, subscription_id: str, customer_id: str) -> None:
    """Names the subscription of the key that was sent. With a token of another customer it is not named, because that
    customer, for whom the call counts, must not learn of it."""
    request.scope["hoistway.subscription"] = (subscription_id, customer_id)


def tell_cause(request: Request, cause: str, detail: str = "") -> None:
    """Names the reason of a refusal: one of our codes, and a sentence that repeats nothing of the request."""
    request.scope["hoistway.cause"] = (cause, detail)


def note_answer(engine: Engine, request: Request, surface: str, operation: str, status: int, begun: float) -> None:
    """`begun` is the value of perf_counter at the beginning."""
    scope: Mapping[str, Any] = request.scope
    customer_id, client_id = scope.get("hoistway.about", _NOBODY)
    cause, detail = scope.get("hoistway.cause", _NOBODY)
    subscription_id, holder = scope.get("hoistway.subscription", _NOBODY)
    caller = scope.get("hoistway.caller")
    if caller is not None and caller.subject.customer_id == customer_id:
        # Not in the sandbox, where everybody is simulated.
        engine.tally.actors.add(engine.now(), customer_id, caller.subject.kind, caller.subject.id, client_id, status)
    engine.tally.note(
        engine.now(), customer_id, client_id, subscription_id if holder == customer_id else "", surface, operation, status,
        cause if status < 500 or cause else "server_error", (perf_counter() - begun) * 1000, scope["correlation_id"], detail,
    )  # fmt: skip


def counted(answer: Answer, operations: Mapping[str, str]) -> Answer:
    """The same endpoint of the API, with counting; `operations` maps its methods to names of operations."""

    async def answered(engine: Engine, request: Request) -> Response:
        begun, status = perf_counter(), 500
        try:
            reply = await answer(engine, request)
            status = reply.status_code
        finally:
            operation = operations.get(request.scope["method"]) or operations["GET"]
            note_answer(engine, request, "api", operation, status, begun)
        return reply

    return answered
