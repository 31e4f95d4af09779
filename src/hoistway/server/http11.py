"""HTTP/1.1 as uvicorn speaks it, with an answer whose bytes are all known leaving in one write (RFC 9112).

uvicorn writes head and body apart: two system calls here and two wake-ups at the other end, a tenth of what a token costs.
"""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hoistway.protocol.head import refused_head
from hoistway.server.ahead import OneByOne
from hoistway.server.finished import ARRIVES_WITHIN, answer, refusal
from hoistway.web.replies import WHOLE

LONGEST_HEAD = 64 * 1024
# A request line, headers, and among them the offer.
_OFFERS_H2C = re.compile(rb"(?i)\A[A-Z]+ [^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?(Upgrade): *h2c")


class _Refused(Exception):
    """The head of a request can't be taken; the parser lets no more than that be known outside, see `Http11._status`."""


class Http11(OneByOne):
    """Takes heads of up to 64 KiB that arrive within 30 seconds, and answers what is no HTTP as every other refusal.

    Reads the body of a request that offers to go on in HTTP/2 over plain http, as Java's client does with every first
    request; the parser would take it for none. A server may ignore the offer (RFC 9110 section 7.8)."""

    # Called when the connection is gone.
    leave: Callable[[], None] | None = None
    # Called with the status of a refusal of which the application is not told.
    refused: Callable[[int], None] | None = None

    # Bytes since a request began that are none of a body: of its head, of what stands between chunks, of trailers.
    _beside = 0
    _first = 0
    _in_hand = 0
    _in_body = False
    _status = 400
    _offered = False
    _slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        super().connection_made(transport)
        self._slow = self.loop.call_later(ARRIVES_WITHIN, self._refuse, 408)

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)
        if self.leave is not None:
            self.leave()

    def _parse(self, data: bytes) -> None:
        if b"h2c" in data:
            offer = _OFFERS_H2C.match(data)
            if offer is not None:
                data = data[: offer.start(1)] + b"Ignored" + data[offer.end(1) :]
        if self._offered:
            # Perhaps the body that the parser left, in any case nothing that could be a request.
            return
        self._in_hand = len(data)
        self._beside += self._in_hand
        HttpToolsProtocol.data_received(self, data)
        if self._beside > LONGEST_HEAD:
            self._refuse(431)
        elif self._slow is None and not (self._whole and self._is_busy()):
            # Part of a request; or an empty line, after which uvicorn would wait for ever.
            self._slow = self.loop.call_later(ARRIVES_WITHIN, self._refuse, 408)

    def on_header(self, name: bytes, value: bytes) -> None:
        # The parser leaves the white space behind a value (RFC 9112 section 5.1).
        name, value = name.lower(), value.strip(b" \t")
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # What came with its first byte may be the end of another one.
        self._first, self._beside, self._whole = self._in_hand, 0, False

    def on_headers_complete(self) -> None:
        # Only then can it be too long: a request whose bytes arrive at once is not counted header by header.
        if self._first + self._beside > LONGEST_HEAD and self._head_length() > LONGEST_HEAD:
            raise self._cause(431)
        status = refused_head(self.parser.get_http_version(), self.headers)
        if status is not None:
            raise self._cause(status)
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
        elif cycle is not None and self._leaves and not self._ahead:
            cycle.keep_alive = False

    def _cause(self, status: int) -> _Refused:
        self._status = status
        return _Refused()

    def _head_length(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing to warn of: an offer may be ignored."""

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
            if self.refused is not None:
                self.refused(status)
            self.transport.write(refusal(status, self.server_state.default_headers))
        if last is not None and self._in_body:
            last.disconnected = True
            last.message_event.set()
        self.transport.close()
