"""HTTP/1.1 as uvicorn speaks it, with an answer whose bytes are all known leaving in one write (RFC 9112).

uvicorn writes head and body apart: two system calls here and two wake-ups at the other end, a tenth of what a token costs.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from hoistway.web.replies import WHOLE

# A request line, headers, and among them the offer.
_OFFERS_H2C = re.compile(rb"(?i)\A[A-Z]+ [^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?(Upgrade): *h2c")
# What a head never holds: RFC 9110 section 5.5, apart from the ends of its lines, which are counted.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Http11(HttpToolsProtocol):
    """Reads the body of a request that offers to go on in HTTP/2 over plain http, as Java's client does with every first
    request; the parser would take it for none. A server may ignore the offer (RFC 9110 section 7.8)."""

    def data_received(self, data: bytes) -> None:
        if b"h2c" in data:
            offer = _OFFERS_H2C.match(data)
            if offer is not None:
                data = data[: offer.start(1)] + b"Ignored" + data[offer.end(1) :]
        super().data_received(data)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        cycle: RequestResponseCycle | None = self.cycle
        # An upgrade that is refused has none of its own.
        if cycle is not None and cycle.scope is self.scope:
            extensions: Any = {WHOLE: partial(answer, cycle)}
            self.scope["extensions"] = extensions


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
