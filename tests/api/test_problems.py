"""Refusals of the API (https://www.rfc-editor.org/rfc/rfc9457)."""

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.problems import TYPES, Problem, answer, bad_request, not_found
from hoistway.engine import Engine
from hoistway.protocol.errors import InvalidRequest, OAuthError, PayloadTooLarge, TemporarilyUnavailable
from tests.api.requests import BASE, make_engine, make_request

METADATA = f'resource_metadata="{BASE}/.well-known/oauth-protected-resource/api/v1"'


async def refused(error: Exception) -> Response:
    async def endpoint(engine: Engine, request: Request) -> Response:
        raise error

    return await answer(endpoint, make_engine(), make_request())


async def test_the_members() -> None:
    reply = await refused(not_found())
    body = msgspec.json.decode(bytes(reply.body))
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert "www-authenticate" not in reply.headers
    assert body.pop("detail")
    slug = body.pop("type").removeprefix(f"{BASE}/portal/guides/errors#")
    assert slug in TYPES
    assert body == {"title": "Not found", "status": 404, "correlation_id": "c-1"}


async def test_the_challenge_without_a_token_has_no_error() -> None:
    reply = await refused(Problem(401, "token-missing", "Token missing", "Send one."))
    assert reply.headers["www-authenticate"] == f'Bearer realm="hoistway", {METADATA}'


async def test_the_challenge_names_the_scope() -> None:
    problem = Problem(403, "scope-missing", "Scope", "Ask for it.", error="insufficient_scope", scope="units.read")
    challenge = (await refused(problem)).headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="units.read"' in challenge
    assert METADATA in challenge
    assert (
        'error="invalid_request"'
        in (await refused(bad_request("No.", error="invalid_request"))).headers["www-authenticate"]
    )


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (InvalidRequest("Repeat nothing."), 400, "bad-request"),
        (PayloadTooLarge(), 413, "too-large"),
        (TemporarilyUnavailable(retry_after=5), 503, "unavailable"),
    ],
)
async def test_refusals_of_shared_readers(error: OAuthError, status: int, slug: str) -> None:
    reply = await refused(error)
    body = msgspec.json.decode(bytes(reply.body))
    assert (reply.status_code, body["status"]) == (status, status)
    assert body["detail"] == error.public
    assert body["type"].endswith(f"#{slug}")
    assert reply.headers.get("retry-after") == (None if error.retry_after is None else "5")
