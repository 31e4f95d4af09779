"""Accepts connections within the bounds of admission.py.

asyncio's own server does not report a connection before its handshake is over, so each socket is accepted here
(https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.connect_accepted_socket).
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

from hoistway.journal import LOG
from hoistway.server.admission import Admission, Place, Repeated
from hoistway.server.finished import refusal
from hoistway.server.http11 import Http11

HANDSHAKE_WITHIN = 10
ACCEPTED_AT_ONCE = 64
_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Listener:
    """Accepts connections on one socket and hands them to `make`: at once on the worker's own socket, on another one
    when `take` is called. uvicorn closes it like a server of asyncio's."""

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[Place], Http11],
        admission: Admission,
        tls: ssl.SSLContext | None,
        *,
        own: bool = True,
    ) -> None:
        self._listening, self._make, self._admission, self._tls = listening, make, admission, tls
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._full = Repeated("connection refused")
        self._plain = Repeated("plain http on the port for https")
        self._closed = self._ends = False
        listening.setblocking(False)
        if own:
            self._listen()

    def _listen(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listening, self.take)

    def take(self) -> bool:
        """Accepts waiting connections, up to a bound; True where more may be waiting."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, peer = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return False
            except OSError as error:
                if error.errno == errno.EINVAL:
                    # Nobody is listening on it yet.
                    return False
                if error.errno not in _NO_ROOM:
                    raise
                # Stop for a moment: otherwise the waiting connection would be announced again and again.
                LOG.error("no connection can be accepted", because=error.strerror)
                if self._loop.remove_reader(self._listening):
                    self._loop.call_later(1, self._listen)
                return False
            place = self._admission.enter(peer[0])
            if place is None:
                self._turn_away(connection, peer[0])
                continue
            task = self._loop.create_task(self._welcome(connection, place, peer[0]))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)
        return True

    def _turn_away(self, connection: socket.socket, address: str) -> None:
        self._full.say(address=address, connections=self._admission.open, because="too many connections")
        with connection:
            connection.setblocking(False)
            if self._tls is None:
                try:
                    connection.send(refusal(503, ()))
                except OSError:
                    return

    async def _welcome(self, connection: socket.socket, place: Place, address: str) -> None:
        protocol = self._make(place)
        patience = None if self._tls is None else HANDSHAKE_WITHIN
        try:
            await self._loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=self._tls, ssl_handshake_timeout=patience
            )
        except BaseException as error:
            place.leave()
            connection.close()
            if isinstance(error, ssl.SSLError) and error.reason == "HTTP_REQUEST":
                self._plain.say(address=address, because="the client should use https://")
            elif not isinstance(error, OSError | asyncio.CancelledError):
                raise
        else:
            # It arrived after uvicorn had gone through all connections to tell them.
            if self._ends:
                protocol.shutdown()
            elif self._closed:
                protocol.leave_soon()

    def close(self) -> None:
        """Accepts nothing more. The socket belongs to the parent and stays open."""
        self._closed = True
        self._loop.remove_reader(self._listening)

    @property
    def is_welcoming(self) -> bool:
        """True while an accepted connection is in its handshake."""
        return bool(self._arriving)

    def give_up(self) -> None:
        """Ends handshakes. Connections accepted without TLS are complete in the next turn of the loop; ended before
        that, they would be left half made."""
        self._ends = True
        if self._tls is not None:
            for task in self._arriving:
                task.cancel()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""
