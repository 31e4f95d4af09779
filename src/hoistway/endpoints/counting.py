"""Notes how each call was answered, when it is: who asked for what, how it ended and how long it took; never what was sent.

Counting looks at the answer afterwards and waits for nothing (docs/adr/0006-portal.md)."""

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
    """For whom the request is counted; said as soon as it is certain, so that a refusal after it counts for them too."""
    request.scope["hoistway.about"] = (customer_id or "", client_id or "")


async def counts_for(engine: Engine, customer_id: str | None, client_id: str | None) -> str | None:
    """Whose use it is: the customer's whom the token names, in the sandbox that of the application's owner."""
    if customer_id != SANDBOX or client_id is None:
        return customer_id
    known = await engine.directory.client(ClientId(client_id), engine.now())
    return None if known is None else known.client.customer_id


def tell_subscription(request: Request, subscription_id: str, customer_id: str) -> None:
    """Whose key came with it. With a token of another customer it counts for that one, who must not learn of it."""
    request.scope["hoistway.subscription"] = (subscription_id, customer_id)


def tell_cause(request: Request, cause: str, detail: str = "") -> None:
    """Why it was refused: a code of ours, and a sentence that holds nothing of what was sent."""
    request.scope["hoistway.cause"] = (cause, detail)


def note_answer(engine: Engine, request: Request, surface: str, operation: str, status: int, begun: float) -> None:
    """`begun` is what perf_counter said before."""
    scope: Mapping[str, Any] = request.scope
    customer_id, client_id = scope.get("hoistway.about", _NOBODY)
    cause, detail = scope.get("hoistway.cause", _NOBODY)
    subscription_id, holder = scope.get("hoistway.subscription", _NOBODY)
    engine.tally.note(
        engine.now(), customer_id, client_id, subscription_id if holder == customer_id else "", surface, operation, status,
        cause if status < 500 or cause else "server_error", (perf_counter() - begun) * 1000, scope["correlation_id"], detail,
    )  # fmt: skip


def counted(answer: Answer, operations: Mapping[str, str]) -> Answer:
    """The same endpoint of the API, counted; `operations` says what each method is called there."""

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
