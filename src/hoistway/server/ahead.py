"""Requests that a client sends ahead, before it has the answer to the one before (RFC 9112 section 9.3.2)."""

import asyncio
import select
import socket
import struct
from time import monotonic
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hoistway.journal import LOG

_ENDS = b"\r\n\r\n"
_AT_ONCE = struct.pack("ii", 1, 0)


class _Flow(FlowControl):
    """Reads nothing more while there is something to go on with, whoever asks: each request does, for its body."""

    is_full = False

    def resume_reading(self) -> None:
        if not self.is_full:
            super().resume_reading()


class OneByOne(HttpToolsProtocol):
    """A request that was sent ahead is not even parsed before the one before it was answered and that answer was taken: until
    then nothing more is read."""

    # True between two requests.
    _whole = True
    _running: RequestResponseCycle | None = None
    # Bytes that were sent ahead, and where in them the next request begins.
    _ahead = b""
    _at = 0
    # Since when part of an answer waits for the other end, as far as anybody looked.
    _untaken_since: float | None = None
    _waits_for_taking = False
    # Since when nothing is asked any more; None until then.
    _rests_since: float | None = None
    # True where the next answer is the last one.
    _leaves = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        super().connection_made(transport)
        self.flow: _Flow = _Flow(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None and self._running is not self.cycle:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)
        self._ahead = b""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        self._rests_since = None
        if (
            self._ahead
            or self.pipeline
            or self._untaken_since is not None
            or (self._whole and self._is_busy())
            or data.count(_ENDS) > 1
        ):
            self._ahead = self._ahead[self._at :] + data
            self._at = 0
            self._go_on()
        else:
            self._parse(data)

    def _is_busy(self) -> bool:
        """True while a request is not answered yet."""
        return self._running is not None and not self._running.response_complete

    def _go_on(self) -> None:
        """Begins the request that waits, and parses what was sent ahead, head by head, as far as it is its turn."""
        while (self._ahead or self.pipeline) and not self.transport.is_closing():
            if (self._whole or self.pipeline) and (self._is_busy() or not self._is_taken()):
                self.flow.is_full = True
                self.flow.pause_reading()
                return
            if self.pipeline:
                # Its head came with the end of a body.
                self._start_asgi_task(*self.pipeline.pop())
                continue
            end = self._ahead.find(_ENDS, self._at)
            end = len(self._ahead) if end < 0 else end + len(_ENDS)
            part = self._ahead[self._at : end]
            self._at = end
            if end == len(self._ahead):
                self._ahead, self._at = b"", 0
            self._parse(part)
        if self.flow.is_full:
            self.flow.is_full = False
            self.flow.resume_reading()

    def _is_taken(self) -> bool:
        """False where part of the last answer is still here; then `resume_writing` is called when it has left."""
        if self.transport.get_write_buffer_size() == 0:
            self._untaken_since = None
            return True
        self._waits_for_taking = True
        self.transport.set_write_buffer_limits(high=0)
        return False

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._waits_for_taking:
            self._waits_for_taking, self._untaken_since = False, None
            self.transport.set_write_buffer_limits()
            self.loop.call_soon(self._go_on)

    def on_response_complete(self) -> None:
        """As uvicorn's, but for two things: a request that waits begins in the next turn of the loop, when this answer has left
        as far as it could; and no timer is set for a connection that rests, `look` ends it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline or self._ahead:
            self.loop.call_soon(self._go_on)
        else:
            self._rests_since = monotonic()

    def leave_soon(self) -> None:
        """Says with the answer to what has arrived, or arrives next, that it is the last one. A connection that rests goes on
        resting, because its next request may be under way."""
        self._leaves = True
        last: RequestResponseCycle | None = self.pipeline[0][0] if self.pipeline else self._running
        if last is not None and not last.response_complete:
            # What was sent ahead is answered, too, the last of it as the last.
            last.keep_alive = last.keep_alive and bool(self._ahead)
        elif self._rests and self._rests_since is None:
            # Nothing was asked yet.
            self._rests_since = monotonic()

    @property
    def _rests(self) -> bool:
        return self._whole and not (self._ahead or self.pipeline or self._is_busy())

    def shutdown(self) -> None:
        """uvicorn's word for the end: what rests is closed."""
        self.leave_soon()
        if self._rests:
            self.timeout_keep_alive_handler()

    def timeout_keep_alive_handler(self) -> None:
        # Bytes that wait to be read would be lost, and the other end would take them for a request that nobody answered.
        if not self._has_arrived():
            super().timeout_keep_alive_handler()

    def _has_arrived(self) -> bool:
        connection = self.transport.get_extra_info("socket")
        if connection is None or connection.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))

    def look(self, now: float, within: float) -> None:
        """Called every second: ends the connection where an answer was not taken for so many seconds, and one that rests for
        as long as uvicorn lets it."""
        if self._rests_since is not None and now - self._rests_since >= self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size() == 0:
            self._untaken_since = None
        elif self._untaken_since is None:
            self._untaken_since = now
        elif now - self._untaken_since >= within:
            LOG.warning("answer not read", address=self.client and self.client[0], seconds=within)
            # The system would keep, and offer, what it has of the answer.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()

    # Named anew, not wrapped: every request comes through here.
    _parse = HttpToolsProtocol.data_received
