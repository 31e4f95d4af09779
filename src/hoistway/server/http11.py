"""uvicorn's HTTP/1.1, except that an answer whose bytes are all known leaves in one write (RFC 9112).

uvicorn writes head and body separately: two system calls here and two wake-ups at the client, which take a tenth of the
time of a token request.
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
# A request line and headers, among them the offer to upgrade.
_OFFERS_H2C = re.compile(rb"(?i)\A[A-Z]+ [^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?(Upgrade): *h2c")


class _Refused(Exception):
    """The head of a request can't be accepted. The parser reports nothing more than that; see `Http11._status`."""


class Http11(OneByOne):
    """Accepts heads of up to 64 KiB that arrive within 30 seconds, and refuses anything that is not HTTP in the form of
    every other refusal.

    It also reads the body of a request that offers to change to HTTP/2 over plain http, as Java's client does with
    every first request; the parser alone would not read it. A server may ignore the offer (RFC 9110 section 7.8)."""

    # Called when the connection has ended.
    leave: Callable[[], None] | None = None
    # Called with the status of a refusal of which the application is not told.
    refused: Callable[[int], None] | None = None

    # Bytes since a request began that are not part of a body: its head, what is between chunks, trailers.
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
            # This may be the body that the parser left unread; it is certainly no request.
            return
        self._in_hand = len(data)
        self._beside += self._in_hand
        HttpToolsProtocol.data_received(self, data)
        if self._beside > LONGEST_HEAD:
            self._refuse(431)
        elif self._slow is None and not (self._whole and self._is_busy()):
            # Part of a request, or an empty line, after which uvicorn would wait for ever.
            self._slow = self.loop.call_later(ARRIVES_WITHIN, self._refuse, 408)

    def on_header(self, name: bytes, value: bytes) -> None:
        # The parser keeps white space after a value (RFC 9112 section 5.1).
        name, value = name.lower(), value.strip(b" \t")
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # What arrived together with its first byte may be the end of the request before.
        self._first, self._beside, self._whole = self._in_hand, 0, False

    def on_headers_complete(self) -> None:
        # It can only be too long after several reads: a request that arrives at once is not counted header by header.
        if self._first + self._beside > LONGEST_HEAD and self._head_length() > LONGEST_HEAD:
            raise self._cause(431)
        status = refused_head(self.parser.get_http_version(), self.headers)
        if status is not None:
            raise self._cause(status)
        super().on_headers_complete()
        self._beside, self._in_body = 0, True
        # Trailers are dropped: none may be used as a header that a proxy had set or removed (RFC 9110 section 6.5.1).
        self.headers = []
        cycle: RequestResponseCycle | None = self.cycle
        # A refused upgrade has no end of its own.
        if cycle is not None and cycle.scope is self.scope:
            extensions: Any = {WHOLE: partial(answer, cycle)}
            self.scope["extensions"] = extensions
        # The parser stops at a request that offers another protocol, and looks for no body. No other protocol is spoken
        # here, so this request is the last one: what follows can't be told from a request that somebody put into a
        # body.
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
        """No warning: an offer may be ignored."""

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
        """Ends the connection after the pending answers, with an answer of its own unless that request has one already."""
        self._arrived()
        if self.transport.is_closing():
            return
        if self._in_body and self.pipeline:
            # It was waiting in the queue, and is dropped without having begun.
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
