"""Answers for programs: JSON that is never cached, and refusals in the dialect of the path."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.journal import Seldom
from hoistway.protocol.addresses import read_hop
from hoistway.protocol.dialect import Dialect, error_body, error_status
from hoistway.protocol.errors import InvalidClient, InvalidRequest, OAuthError

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
_JSON = (b"content-type", b"application/json")
# The extension of the ASGI scope by which the server takes a finished answer: (status, headers, body) -> written.
WHOLE = "hoistway.whole"
_STRANGE = Seldom(60)
_SECRET = (_JSON, (b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


class Reply(Response):
    """Starlette's response, made from finished bytes: building its headers from text takes longer than encoding a token
    answer."""

    def __init__(self, body: bytes, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]


def header(request: Request, name: bytes) -> str | None:
    """The first header of that name, in lower case; None where there is none."""
    # Written out instead of calling `header_in`, because a token request asks five times.
    for key, value in request.scope["headers"]:
        if key == name:
            found: str = value.decode("latin-1")
            return found
    return None


def header_once(request: Request, name: bytes) -> str | None:
    """Like `header`, for one that may come only once, as a credential: a proxy in front of this server may have read
    the other one (RFC 9110 section 5.3). Raises InvalidRequest where it is repeated."""
    found: bytes | None = None
    for key, value in request.scope["headers"]:
        if key == name:
            if found is not None:
                shown = name.decode("latin-1").title()
                raise InvalidRequest(f"The {shown} header was sent more than once: send it once.")
            found = value
    return None if found is None else found.decode("latin-1")


def header_in(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The same, from the headers of the ASGI scope."""
    for key, value in headers:
        if key == name:
            found: str = value.decode("latin-1")
            return found
    return None


def json_reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    more = () if headers is None else ((k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items())
    return Reply(msgspec.json.encode(body), status, (_JSON, *more))


def secret_reply(body: Any, status: int = 200) -> Response:
    """For tokens and for answers about them (RFC 6749 section 5.1)."""
    return Reply(msgspec.json.encode(body), status, _SECRET)


def file_reply(name: str, text: str, media_type: str) -> Response:
    """A file of that name to keep."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(text, 200, headers, f"{media_type}; charset=utf-8")


def correlation_id(request: Request) -> str:
    """Created by server/app.py for every request; it is also in the header X-Correlation-Id and in the log."""
    found: str = request.scope["correlation_id"]
    return found


def timestamp(now: int) -> str:
    """In the form of B2C: 2019-01-30 13:35:09Z."""
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
    """The caller's address without a port: that of the socket, or what the last `trusted_proxies` proxies report. Empty
    where they report none: such callers are not taken for one and the same, nor for the proxy, whose own address may lie in
    the network that an account is limited to."""
    client = request.scope["client"]
    seen: str = "" if client is None else client[0]
    if not trusted_proxies:
        return seen
    # Some proxies add a header line of their own, after any line that the caller sent. What they left empty is counted, or
    # what the caller wrote before it would stand in its place.
    lines = [value.decode("latin-1") for name, value in request.scope["headers"] if name == b"x-forwarded-for"]
    hops = [hop.strip() for line in lines for hop in line.split(",")]
    if len(hops) < trusted_proxies:
        _STRANGE.tell(
            "X-Forwarded-For names fewer addresses than HOISTWAY_TRUSTED_PROXIES", hops=len(hops), connected_from=seen
        )
        return ""
    found = read_hop(hops[-trusted_proxies])
    if found is None:
        _STRANGE.tell("X-Forwarded-For holds no address where a trusted proxy wrote", said=hops[-trusted_proxies][:60])
        return ""
    return found
