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
    """Pauses reading while there is a request to work on, even if somebody asks to resume: each request does, to get
    its body."""

    is_full = False

    def resume_reading(self) -> None:
        # Asked first, because each request calls this twice.
        if self.read_paused and not self.is_full:
            super().resume_reading()


class OneByOne(HttpToolsProtocol):
    """A request that was sent ahead is not even parsed before the request before it was answered and the client has
    read that answer; until then nothing more is read from the connection."""

    # True between two requests.
    _whole = True
    _running: RequestResponseCycle | None = None
    # Bytes that were sent ahead, and the position in them at which the next request begins.
    _ahead = b""
    _at = 0
    # When part of an answer was first seen waiting for the client.
    _untaken_since: float | None = None
    _waits_for_taking = False
    # When the connection became idle; None while it is not.
    _rests_since: float | None = None
    # True where the next answer is the last one.
    _leaves = False
    # True where the client has closed its sending half.
    _ended = False

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

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn always closes
        """Returns True to keep the connection until what has arrived whole is answered: a client may close its sending half
        behind its last request (RFC 9293 section 3.6). Half a request is never answered. Over TLS asyncio has no halves."""
        running = self._running
        is_owed = running is not None and not (running.response_complete or running.more_body)
        if self.scheme == "https" or not (self._ahead or self.pipeline or is_owed):
            return False
        self._ended = True
        self.leave_soon()
        return True

    def _is_busy(self) -> bool:
        """True while a request has not been answered."""
        return self._running is not None and not self._running.response_complete

    def _go_on(self) -> None:
        """Begins the waiting request, and parses what was sent ahead, one head at a time, as far as its turn has come."""
        while (self._ahead or self.pipeline) and not self.transport.is_closing():
            if (self._whole or self.pipeline) and (self._is_busy() or not self._is_taken()):
                self.flow.is_full = True
                self.flow.pause_reading()
                return
            if self.pipeline:
                # The head arrived together with the end of a body.
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
        if self._ended and not self._is_busy():
            self.transport.close()

    def _is_taken(self) -> bool:
        """False while part of the last answer is still here; `resume_writing` is called when it has left."""
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
        """Like uvicorn's, with two differences: a waiting request begins in the next turn of the loop, when this answer
        has left as far as possible; and no timer is set for an idle connection, because `look` ends it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline or self._ahead:
            self.loop.call_soon(self._go_on)
        elif self._ended:
            self.transport.close()
        else:
            self._rests_since = monotonic()

    def leave_soon(self) -> None:
        """The answer to the request that has arrived, or arrives next, says that it is the last one. An idle connection
        stays open, because its next request may already be on its way."""
        self._leaves = True
        last: RequestResponseCycle | None = self.pipeline[0][0] if self.pipeline else self._running
        if last is not None and not last.response_complete:
            # What was sent ahead is answered, too; the last of these answers says that it is the last.
            last.keep_alive = last.keep_alive and bool(self._ahead)
        elif self._rests and self._rests_since is None:
            # No request has arrived yet.
            self._rests_since = monotonic()

    @property
    def _rests(self) -> bool:
        return self._whole and not (self._ahead or self.pipeline or self._is_busy())

    def shutdown(self) -> None:
        """uvicorn's name for the end: idle connections are closed."""
        self.leave_soon()
        if self._rests:
            self.timeout_keep_alive_handler()

    def timeout_keep_alive_handler(self) -> None:
        # Unread bytes would be lost, and the client would take them for a request that nobody answered.
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
        """Called every second. Ends the connection where an answer was not read for that many seconds, or where it has
        been idle for as long as uvicorn allows."""
        if self._rests_since is not None and now - self._rests_since >= self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size() == 0:
            self._untaken_since = None
        elif self._untaken_since is None:
            self._untaken_since = now
        elif now - self._untaken_since >= within:
            LOG.warning("answer not read", address=self.client and self.client[0], seconds=within)
            # Reset rather than close: otherwise the system would keep its part of the answer, and go on sending it.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.transport.abort()

    # Assigned rather than wrapped, because every request passes here.
    _parse = HttpToolsProtocol.data_received
