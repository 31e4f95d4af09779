"""HTTP/1.1 as uvicorn speaks it, with an answer whose bytes are all known leaving in one write (RFC 9112).

uvicorn writes head and body apart: two system calls here and two wake-ups at the other end, a tenth of what a token costs.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from hoistway.journal import LOG, random_id
from hoistway.web.replies import WHOLE

LONGEST_HEAD = 64 * 1024
ARRIVES_WITHIN = 30
# A request line, headers, and among them the offer.
_OFFERS_H2C = re.compile(rb"(?i)\A[A-Z]+ [^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?(Upgrade): *h2c")
# What a head never holds: RFC 9110 section 5.5, apart from the ends of its lines, which are counted.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# RFC 9110 section 7.2: a name or an address, perhaps with a port.
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]{0,5})?")
_REFUSALS = {
    400: "This is no request in HTTP/1.1: check method, address, that there is one Host, headers, and how "
    "the length of the body is told.",
    408: f"The request did not arrive whole within {ARRIVES_WITHIN} seconds: send it again.",
    431: "The head of the request is longer than 64 KiB: send a shorter address and fewer headers.",
    505: "This server speaks HTTP/1.1 and HTTP/1.0: send the request in one of these.",
}


class _Refused(Exception):
    """The head of a request can't be taken; the parser lets no more than that be known outside, see `Http11._status`."""


class Http11(HttpToolsProtocol):
    """Takes heads of up to 64 KiB that arrive within 30 seconds, and answers what is no HTTP as every other refusal.

    Reads the body of a request that offers to go on in HTTP/2 over plain http, as Java's client does with every first
    request; the parser would take it for none. A server may ignore the offer (RFC 9110 section 7.8)."""

    # Bytes since a request began that are none of a body: of its head, of what stands between chunks, of trailers.
    _beside = 0
    _first = 0
    _in_hand = 0
    _in_body = False
    _whole = True
    _status = 400
    _offered = False
    _running: RequestResponseCycle | None = None
    _slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        super().connection_made(transport)
        self._slow = self.loop.call_later(ARRIVES_WITHIN, self._refuse, 408)

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if b"h2c" in data:
            offer = _OFFERS_H2C.match(data)
            if offer is not None:
                data = data[: offer.start(1)] + b"Ignored" + data[offer.end(1) :]
        if self._offered:
            # Perhaps the body that the parser left, in any case nothing that could be a request.
            return
        self._in_hand = len(data)
        self._beside += self._in_hand
        super().data_received(data)
        if self._beside > LONGEST_HEAD:
            self._refuse(431)
        elif not self._whole and self._slow is None:
            self._slow = self.loop.call_later(ARRIVES_WITHIN, self._refuse, 408)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # What came with its first byte may be the end of another one.
        self._first, self._beside, self._whole = self._in_hand, 0, False

    def on_headers_complete(self) -> None:
        # Only then can it be too long: a request whose bytes arrive at once is not counted header by header.
        if self._first + self._beside > LONGEST_HEAD and self._head_length() > LONGEST_HEAD:
            raise self._cause(431)
        self._check_head()
        super().on_headers_complete()
        self._beside, self._in_body = 0, True
        # Trailers end here: none of them may be taken for a header that a proxy had set or left out (RFC 9110 section 6.5.1).
        self.headers = []
        cycle: RequestResponseCycle | None = self.cycle
        # An upgrade that is refused has none of its own.
        if cycle is not None and cycle.scope is self.scope:
            extensions: Any = {WHOLE: partial(answer, cycle)}
            self.scope["extensions"] = extensions
        # The parser ends with a request that offers another protocol, and looks for no body. None is spoken here, so this is
        # the last one: what follows can't be told from a request that somebody put into a body.
        if cycle is not None and self.parser.should_upgrade():
            self._offered, cycle.keep_alive = True, False

    def _cause(self, status: int) -> _Refused:
        self._status = status
        return _Refused()

    def _head_length(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _check_head(self) -> None:
        """The version (RFC 9110 section 15.6.6), and one Host (RFC 9112 section 3.2). Two of them lead a proxy and this server
        to different ones."""
        version = self.parser.get_http_version()
        if not version.startswith("1."):
            raise self._cause(505)
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) != 1 and (hosts or version != "1.0"):
            raise self._cause(400)
        if hosts and not _HOST.fullmatch(hosts[0]):
            raise self._cause(400)

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing to warn of: an offer may be ignored."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body, self._whole = False, True
        if self._slow is not None:
            self._arrived()
        super().on_message_complete()

    def _arrived(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._status)

    def _refuse(self, status: int) -> None:
        """Ends the connection: behind the answers that are still to come, and with one of its own unless that request has one."""
        self._arrived()
        if self.transport.is_closing():
            return
        if self._in_body and self.pipeline:
            # It was queued, and never begins.
            self.pipeline.popleft()
            self._in_body = False
        last: RequestResponseCycle | None = self.pipeline[0][0] if self.pipeline else self._running
        if last is not None and not self._in_body and not last.response_complete:
            last.keep_alive = False
            self.flow.pause_reading()
            return
        never_asked = status == 408 and self._whole
        if not never_asked and (last is None or not self._in_body or not last.response_started):
            self.transport.write(_refusal(status, self.server_state.default_headers))
        if last is not None and self._in_body:
            last.disconnected = True
            last.message_event.set()
        self.transport.close()


def _refusal(status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    correlation_id = random_id()
    LOG.info("refused", correlation_id=correlation_id, error="invalid_request", because=_REFUSALS[status])
    body = msgspec.json.encode(
        {"error": "invalid_request", "error_description": _REFUSALS[status], "correlation_id": correlation_id}
    )
    lines = [
        *headers,
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-correlation-id", correlation_id.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    return STATUS_LINE[status] + b"".join(b"%b: %b\r\n" % line for line in lines) + b"\r\n" + body


def answer(cycle: RequestResponseCycle, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
    """Writes all of an answer; `headers` names the length of the body. False where nothing was written and `send` has to do it:
    the other end reads slowly, or has gone. Raises RuntimeError for a header that would not be one."""
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
    if head.count(b"\r") != lines or head.count(b"\n") != lines or _CONTROL.search(head):
        raise RuntimeError("Invalid HTTP header value.")
    # The way from the scope back to the cycle ends here: a circle would wait for the garbage collector.
    cycle.scope.pop("extensions", None)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(head + b"\r\n" + (b"" if cycle.scope["method"] == "HEAD" else body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
