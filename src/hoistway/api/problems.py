"""Refusals of the API as problem+json (https://www.rfc-editor.org/rfc/rfc9457)."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.bearer import challenge
from hoistway.protocol.errors import OAuthError
from hoistway.web.replies import correlation_id, json_reply

Endpoint = Callable[[Engine, Request], Awaitable[Response]]


class Problem(Exception):
    """`detail` says the fix; `error` is the RFC 6750 code where the token is at fault."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        error: str | None = None,
        scope: str | None = None,
        log: str | None = None,
    ) -> None:
        self.status, self.title, self.detail = status, title, detail
        self.error, self.scope = error, scope
        super().__init__(log or detail)


def not_found() -> Problem:
    """The same for what does not exist and for what belongs to another customer."""
    return Problem(404, "Not found", "Nothing with this id is visible to the token's customer: check the id.")


def bad_request(detail: str) -> Problem:
    return Problem(400, "Bad request", detail)


def problem_reply(engine: Engine, request: Request, problem: Problem) -> Response:
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "correlation_id": correlation_id(request),
    }
    reply = json_reply(body, problem.status, {"cache-control": "no-store"})
    reply.headers["content-type"] = "application/problem+json"
    if problem.status in {401, 403}:
        metadata = f"{engine.settings.base_url}/.well-known/oauth-protected-resource/api/v1"
        description = problem.detail if problem.error is not None else None
        reply.headers["www-authenticate"] = challenge(
            error=problem.error, description=description, scope=problem.scope, resource_metadata=metadata
        )
    return reply


async def answer(endpoint: Endpoint, engine: Engine, request: Request) -> Response:
    """Runs an endpoint of the API; its refusals become problems."""
    try:
        return await endpoint(engine, request)
    except Problem as problem:
        return problem_reply(engine, request, problem)
    except OAuthError as error:
        return problem_reply(engine, request, Problem(error.status, "Bad request", error.public, log=error.log))
