"""Refusals of the API as problem+json (https://www.rfc-editor.org/rfc/rfc9457)."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from hoistway.api import bodies
from hoistway.endpoints.counting import tell_cause
from hoistway.endpoints.faults import away
from hoistway.engine import Engine
from hoistway.journal import LOG, LONGEST_PATH
from hoistway.protocol.bearer import challenge
from hoistway.protocol.dialect import ERRORS_GUIDE
from hoistway.protocol.errors import InvalidRequest, OAuthError
from hoistway.store.db import DatabaseUnavailable
from hoistway.web.compression import packed
from hoistway.web.replies import correlation_id, header_once, json_reply

TYPES: Mapping[str, str] = {
    "bad-request": "A parameter, header or body is malformed, unknown or repeated.",
    "token-missing": "The request brings no access token.",
    "token-refused": "The access token is expired, revoked, meant for another API, or its holder has lost access.",
    "sign-in-insufficient": "The person behind the token proved less, or longer ago, than the API requires (RFC 9470).",
    "scope-missing": "The access token lacks the scope of the operation.",
    "not-found": "It does not exist, or the token's customer may not see it.",
    "precondition-failed": "What is to be changed is not in the version that If-Match names.",
    "changes-gone": "Changes since then are not known any more, or the token sees another part: read the whole list again.",
    "too-large": "The body is larger than the operation reads.",
    "media-type": "The body is of another type or encoding than the operation reads.",
    "key-missing": "The product needs a subscription key and the request brings none.",
    "key-refused": "The subscription key is unknown, ended, another customer's, or its subscription is not active.",
    "rate-exceeded": "More calls in a short time than the product allows: wait as long as Retry-After says.",
    "quota-exceeded": "More calls in a long time than the product allows: wait as long as Retry-After says.",
    "unavailable": "The server can't answer at the moment.",
}
"""The anchor in `type`, which is the page that explains the problem; the OpenAPI document holds this list too."""

_BY_STATUS = {413: "too-large", 415: "media-type", 503: "unavailable"}
Endpoint = Callable[[Engine, Request], Awaitable[Response]]


class Problem(Exception):
    """`slug` is one of TYPES, `detail` says the fix. `error` is the RFC 6750 code where the token is at fault; `log` is
    what is added for the log, `demands` are further members of the challenge."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        error: str | None = None,
        scope: str | None = None,
        headers: Mapping[str, str] | None = None,
        log: str | None = None,
        demands: Mapping[str, str] | None = None,
    ) -> None:
        self.demands = demands or {}
        self.status, self.slug, self.title, self.detail = status, slug, title, detail
        self.error, self.scope, self.headers = error, scope, headers or {}
        super().__init__(log or detail)


class Turned(Problem):
    """A refusal because of a key or a limit, in the words and format of API Management, which existing programs read."""

    def __init__(
        self, status: int, slug: str, message: str, headers: Mapping[str, str], log: str | None = None
    ) -> None:
        super().__init__(status, slug, slug, message, headers=headers, log=log)


def not_found() -> Problem:
    """The same for what does not exist and for what belongs to another customer."""
    detail = "Nothing with this id is visible to the token's customer: check the id."
    return Problem(404, "not-found", "Not found", detail)


def bad_request(detail: str, *, error: str | None = None) -> Problem:
    return Problem(400, "bad-request", "Bad request", detail, error=error)


def sent_once(request: Request, name: bytes) -> str | None:
    """Like `header_once`. Raises Problem."""
    try:
        return header_once(request, name)
    except InvalidRequest as error:
        raise bad_request(error.public, error=error.error) from error


def _from_oauth(error: OAuthError) -> Problem:
    retry = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    slug = _BY_STATUS.get(error.status, "bad-request")
    title = HTTPStatus(error.status).phrase.capitalize()
    return Problem(error.status, slug, title, error.public, headers=retry, log=error.log)


def problem_reply(engine: Engine, request: Request, problem: Problem) -> Response:
    """RFC 9457 section 3; the challenge follows RFC 6750 section 3, with the metadata of RFC 9728 section 5.1."""
    if isinstance(problem, Turned):
        body = bodies.Turned(status_code=problem.status, message=problem.detail)
        return json_reply(body, problem.status, {"cache-control": "no-store", **problem.headers})
    base = engine.settings.base_url
    described = bodies.Problem(
        type=f"{base}{ERRORS_GUIDE}#{problem.slug}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        correlation_id=correlation_id(request),
    )
    reply = json_reply(described, problem.status, {"cache-control": "no-store", **problem.headers})
    reply.headers["content-type"] = "application/problem+json"
    if problem.status in {401, 403} or problem.error is not None:
        reply.headers["www-authenticate"] = challenge(
            error=problem.error,
            description=problem.detail if problem.error is not None else None,
            scope=problem.scope,
            resource_metadata=f"{base}/.well-known/oauth-protected-resource/api/v1",
            **problem.demands,
        )
    return reply


async def answer(
    endpoint: Endpoint,
    engine: Engine,
    request: Request,
    to: Callable[[Engine, Request, Problem], Response] = problem_reply,
) -> Response:
    """Runs an endpoint of an API and turns its refusals into problems, with one line each in the log; `to` makes the
    answer."""
    try:
        return await packed(await endpoint(engine, request))
    except Problem as raised:
        problem = raised
    except OAuthError as error:
        problem = _from_oauth(error)
    except DatabaseUnavailable as error:
        problem = _from_oauth(away(engine, error))
    tell_cause(request, problem.slug, "" if problem.slug == "bad-request" else problem.detail)
    LOG.info(
        "refused",
        correlation_id=correlation_id(request),
        path=request.scope["path"][:LONGEST_PATH],
        status=problem.status,
        error=problem.slug,
        because=str(problem),
    )
    return to(engine, request, problem)
