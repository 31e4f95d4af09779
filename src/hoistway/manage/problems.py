"""Refusals of the management API as problem+json (https://www.rfc-editor.org/rfc/rfc9457)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import said
from hoistway.api.problems import TYPES as SHARED
from hoistway.api.problems import Problem
from hoistway.engine import Engine
from hoistway.protocol.bearer import challenge
from hoistway.protocol.manage_scopes import PATH
from hoistway.web.replies import correlation_id, json_reply

TYPES: Final[Mapping[str, str]] = {
    **{
        slug: SHARED[slug]
        for slug in (
            "bad-request", "token-missing", "scope-missing", "precondition-failed", "too-large", "media-type", "unavailable",
        )
    },
    "token-refused": "The access token is expired, revoked, meant for another API, or not one of a daemon of the operator.",
    "not-found": "It does not exist.",
    "invalid": "A member has a value that it may not have, or that does not fit what is stored; `errors` names each.",
    "taken": "The id, name or address is taken.",
    "in-use": "It can't be deleted while something refers to it; `errors` names what.",
    "refused": "A rule that holds at the console and the command line, too, forbids it.",
    "precondition-required": "A change names the version that it was decided by, in If-Match.",
    "key-reused": "The Idempotency-Key was sent before, with another request.",
    "too-many-jobs": "So many jobs are open, or lines of jobs kept, that there is no room for one more.",
    "too-many-keys": "So many creations with an Idempotency-Key are kept that there is no room for one more.",
}  # fmt: skip
"""The end of `type`; the OpenAPI document holds this list too."""


class Wrong(Struct):
    member: Annotated[str, said("The member of the request's body, or what refers to the thing.", "name")]
    detail: Annotated[str, said("What is wrong with it.", "Use 1 to 200 characters that can be seen.")]


class Refusal(Struct):
    """RFC 9457."""

    type: Annotated[
        str,
        said(
            "Which kind of problem; x-problem-types of the document lists them by what follows #.",
            "https://id.example.com/manage/v1/openapi.json#invalid",
            extra_json_schema={"format": "uri"},
        ),
    ]
    title: Annotated[str, said("The kind in words.", "Not acceptable as it is")]
    status: Annotated[int, said("The HTTP status.", 422)]
    detail: Annotated[str, said("What to do about it.", "name: Use 1 to 200 characters that can be seen.")]
    correlation_id: Annotated[
        str,
        said("Name it when you ask for help: log and audit trail have it too.", "3f0c9a52-7f0e-4c39-a6f5-8a8f5a0a8c55"),
    ]
    errors: Annotated[list[Wrong], Meta(description="Each member that is wrong; empty where that is not the point.")]


class Invalid(Problem):
    """With what is wrong with each member."""

    def __init__(self, status: int, slug: str, title: str, errors: Sequence[Wrong], detail: str | None = None) -> None:
        self.errors = list(errors)
        super().__init__(status, slug, title, detail or " ".join(f"{one.member}: {one.detail}" for one in errors))


def invalid(errors: Mapping[str, str]) -> Problem:
    """By member of the body."""
    wrong = [Wrong(name, detail) for name, detail in errors.items()]
    return Invalid(422, "invalid", "Not acceptable as it is", wrong)


def taken(member: str, detail: str) -> Problem:
    return Invalid(409, "taken", "Taken", [Wrong(member, detail)])


def refused(detail: str) -> Problem:
    return Problem(409, "refused", "Refused", detail)


def scope_missing(scope: str) -> Problem:
    detail = f"The access token lacks the scope {scope}: ask for it when getting the token."
    return Problem(403, "scope-missing", "Scope missing", detail, error="insufficient_scope", scope=scope)


def not_found() -> Problem:
    return Problem(404, "not-found", "Not found", "There is nothing with this id: check the id.")


def needs_version() -> Problem:
    detail = "Send If-Match with the ETag of the version that you read; nothing was changed."
    return Problem(428, "precondition-required", "Precondition required", detail)


def problem_reply(engine: Engine, request: Request, problem: Problem) -> Response:
    """RFC 9457 section 3; the challenge follows RFC 6750 section 3, with the metadata of RFC 9728 section 5.1."""
    base = engine.settings.base_url
    body = Refusal(
        type=f"{base}{PATH}/openapi.json#{problem.slug}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        correlation_id=correlation_id(request),
        errors=problem.errors if isinstance(problem, Invalid) else [],
    )
    reply = json_reply(body, problem.status, {"cache-control": "no-store", **problem.headers})
    reply.headers["content-type"] = "application/problem+json"
    if problem.status in {401, 403} or problem.error is not None:
        reply.headers["www-authenticate"] = challenge(
            error=problem.error,
            description=problem.detail if problem.error is not None else None,
            scope=problem.scope,
            resource_metadata=f"{base}/.well-known/oauth-protected-resource{PATH}",
        )
    return reply
