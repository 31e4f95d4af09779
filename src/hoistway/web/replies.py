"""Answers as programs get them: JSON that nobody caches, refusals in the dialect of the path."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.protocol.dialect import Dialect, error_body, error_status
from hoistway.protocol.errors import InvalidClient, OAuthError

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


def json_reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def secret_reply(body: Any, status: int = 200) -> Response:
    """For tokens and what is said about them (RFC 6749 section 5.1)."""
    return json_reply(body, status, NO_STORE)


def correlation_id(request: Request) -> str:
    """Made by app.py for every request; also in the header X-Correlation-Id and in the log."""
    found: str = request.scope["correlation_id"]
    return found


def timestamp(now: int) -> str:
    """As B2C writes it: 2019-01-30 13:35:09Z."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def refusal_reply(request: Request, error: OAuthError, dialect: Dialect, now: int) -> Response:
    """RFC 6749 section 5.2."""
    body = error_body(dialect, error, correlation_id=correlation_id(request), at=timestamp(now))
    reply = secret_reply(body, error_status(dialect, error))
    if isinstance(error, InvalidClient) and error.challenge:
        reply.headers["www-authenticate"] = 'Basic realm="hoistway", charset="UTF-8"'
    if error.retry_after is not None:
        reply.headers["retry-after"] = str(error.retry_after)
    return reply


def client_address(request: Request, trusted_proxies: int) -> str:
    """The caller's address: the socket's, or what the last `trusted_proxies` proxies say they saw."""
    if trusted_proxies:
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies]
    return request.client.host if request.client is not None else "unknown"
