"""Writes finished answers as one piece of bytes (RFC 9112 section 2.1)."""

from collections.abc import Sequence

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from hoistway.journal import LOG, random_id

ARRIVES_WITHIN = 30
# All bytes that a head may contain (RFC 9110 section 5.5) and the ends of its lines, which are counted. Deleting these
# bytes shows forbidden ones in a quarter of the time of a regular expression.
_TEXT = bytes((9, 10, 13, *range(32, 127), *range(128, 256)))
_REFUSALS = {
    400: "This is no request in HTTP/1.1: check method, address, that there is one Host, headers, and how "
    "the length of the body is told.",
    408: f"The request did not arrive whole within {ARRIVES_WITHIN} seconds: send it again.",
    431: "The head of the request is longer than 64 KiB: send a shorter address and fewer headers.",
    505: "This server speaks HTTP/1.1 and HTTP/1.0: send the request in one of these.",
    503: "Too many connections are open: close those that are not needed, and try again in a few seconds.",
}


def refusal(status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The last answer of a connection, complete, with these headers before its own."""
    correlation_id = random_id()
    error = "temporarily_unavailable" if status == 503 else "invalid_request"
    if status != 503:
        LOG.info("refused", correlation_id=correlation_id, error=error, because=_REFUSALS[status])
    body = msgspec.json.encode(
        {"error": error, "error_description": _REFUSALS[status], "correlation_id": correlation_id}
    )
    lines = [
        *headers,
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-correlation-id", correlation_id.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *(((b"retry-after", b"5"),) if status == 503 else ()),
    ]
    return STATUS_LINE[status] + b"".join(b"%b: %b\r\n" % line for line in lines) + b"\r\n" + body


def answer(cycle: RequestResponseCycle, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
    """Writes a complete answer; `headers` include the length of the body. Returns False where nothing was written and
    `send` has to do it, because the client reads slowly or has gone. Raises RuntimeError for a header that is not
    valid."""
    if cycle.flow.write_paused or cycle.disconnected or cycle.response_started:
        return False
    parts = [STATUS_LINE[status]]
    for name, value in cycle.default_headers:
        parts += (name, b": ", value, b"\r\n")
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    if not cycle.keep_alive:
        parts.append(b"connection: close\r\n")
    head = b"".join(parts)
    lines = 1 + len(cycle.default_headers) + len(headers) + (not cycle.keep_alive)
    if head.count(b"\r") != lines or head.count(b"\n") != lines or head.translate(None, _TEXT):
        raise RuntimeError("Invalid HTTP header value.")
    # Removes the reference from the scope to the cycle, which would otherwise wait for the garbage collector.
    cycle.scope.pop("extensions", None)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(head + b"\r\n" + (b"" if cycle.scope["method"] == "HEAD" else body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
