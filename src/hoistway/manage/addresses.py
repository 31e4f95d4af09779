"""The addresses of the management API, from its operations."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.problems import answer
from hoistway.engine import Engine
from hoistway.manage.guard import admit
from hoistway.manage.openapi import openapi
from hoistway.manage.operations import Operation
from hoistway.manage.problems import problem_reply
from hoistway.manage.registry import OPERATIONS
from hoistway.protocol.manage_scopes import PATH

Endpoint = Callable[[Engine, Request], Awaitable[Response]]


def _guarded(operations: Mapping[str, Operation]) -> Endpoint:
    """By method. No operation is carried out but through the guard."""

    async def carry_out(engine: Engine, request: Request) -> Response:
        operation = operations["GET" if request.method == "HEAD" else request.method]
        manager = await admit(engine, request, operation.scope)
        return await operation.endpoint(engine, request, manager)

    async def answered(engine: Engine, request: Request) -> Response:
        return await answer(carry_out, engine, request, problem_reply)

    return answered


async def _document(engine: Engine, request: Request) -> Response:
    return await answer(openapi, engine, request, problem_reply)


def _addresses() -> dict[str, dict[str, Operation]]:
    found: dict[str, dict[str, Operation]] = {}
    for one in OPERATIONS:
        found.setdefault(one.address, {})[one.method] = one
    return found


ADDRESSES: Final[tuple[tuple[str, Endpoint, tuple[str, ...]], ...]] = (
    *((path, _guarded(operations), tuple(operations)) for path, operations in _addresses().items()),
    (f"{PATH}/openapi.json", _document, ("GET",)),
)
"""Path, endpoint, methods."""
