"""Answers and refusals of SCIM (https://www.rfc-editor.org/rfc/rfc7644#section-3.12)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.pushed import NameTaken, TooMany
from hoistway.accounts.roles import OnlyAdministrator
from hoistway.endpoints.faults import away
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.protocol.bearer import challenge
from hoistway.protocol.errors import OAuthError
from hoistway.protocol.scim_filter import BadFilter
from hoistway.protocol.scim_operations import BadPatch
from hoistway.store.db import Conflict, DatabaseUnavailable
from hoistway.web.replies import Reply, correlation_id

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
Endpoint = Callable[[Engine, Request], Awaitable[Response]]


class ScimRefusal(Exception):
    """`detail` says the fix; `kind` is the scimType of the standard."""

    def __init__(self, status: int, detail: str, kind: str | None = None, retry_after: int | None = None) -> None:
        self.status, self.detail, self.kind, self.retry_after = status, detail, kind, retry_after
        # What a challenge says of the token; None where none was sent (RFC 6750 section 3.1).
        self.error: str | None = "invalid_token"
        super().__init__(detail)


def unknown() -> ScimRefusal:
    """The same for what does not exist and for what belongs to another customer."""
    return ScimRefusal(404, "There is nothing with this id in the customer of the token: look it up by a filter.")


def scim_reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    more = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    fixed = [(b"content-type", b"application/scim+json"), (b"cache-control", b"no-store")]
    return Reply(b"" if body is None else msgspec.json.encode(body), status, (*fixed, *more))


def refusal_reply(request: Request, refusal: ScimRefusal) -> Response:
    body: dict[str, Any] = {
        "schemas": [ERROR],
        "status": str(refusal.status),
        "detail": f"{refusal.detail} Correlation id: {correlation_id(request)}.",
    }
    headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    if refusal.kind is not None:
        body["scimType"] = refusal.kind
    if refusal.status == 401:
        said = None if refusal.error is None else refusal.detail
        headers["www-authenticate"] = challenge(error=refusal.error, description=said)
    return scim_reply(body, refusal.status, headers)


def from_oauth(error: OAuthError) -> ScimRefusal:
    return ScimRefusal(error.status, error.public, retry_after=error.retry_after)


def _refusal_of(engine: Engine, error: Exception) -> ScimRefusal:
    if isinstance(error, ScimRefusal):
        return error
    if isinstance(error, BadFilter):
        return ScimRefusal(400, f"The filter is not understood: {error}.", "invalidFilter")
    if isinstance(error, BadPatch):
        return ScimRefusal(400, str(error), error.kind)
    if isinstance(error, NameTaken):
        words = "The customer has a person of this userName: find it by a filter, and change that."
        return ScimRefusal(409, words, "uniqueness")
    if isinstance(error, TooMany):
        return ScimRefusal(400, "The customer has as many as it may: remove some first.", "tooMany")
    if isinstance(error, OnlyAdministrator):
        return ScimRefusal(409, "Nobody else administers the customer: make somebody else an administrator first.")
    if isinstance(error, DatabaseUnavailable):
        return from_oauth(away(engine, error))
    if isinstance(error, Conflict):
        return ScimRefusal(503, "Something else was changed at this moment: send it again.", retry_after=1)
    assert isinstance(error, OAuthError)  # noqa: S101  what `answered` catches
    return from_oauth(error)


def answered(endpoint: Endpoint) -> Endpoint:
    """Turns the refusals of an endpoint into answers, with one line each in the log."""

    async def answer(engine: Engine, request: Request) -> Response:
        try:
            return await endpoint(engine, request)
        except (
            ScimRefusal, BadFilter, BadPatch, NameTaken, TooMany, OnlyAdministrator, DatabaseUnavailable, Conflict, OAuthError,
        ) as error:  # fmt: skip
            refusal = _refusal_of(engine, error)
            because = str(error) if isinstance(error, DatabaseUnavailable | Conflict) else refusal.detail
        LOG.info(
            "refused", correlation_id=correlation_id(request), path=request.scope["path"], status=refusal.status,
            error=refusal.kind or "scim", because=because,
        )  # fmt: skip
        return refusal_reply(request, refusal)

    return answer
