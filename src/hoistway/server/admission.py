"""Who may be connected: accepts connections within bounds, in all and by address, those in a TLS handshake too.

asyncio's own server has no word about a connection before its handshake is over, so each socket is accepted here
(https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.connect_accepted_socket)."""

import asyncio
import errno
import resource
import socket
import ssl
import time
from collections.abc import Callable
from ipaddress import IPv6Address

from hoistway.journal import LOG
from hoistway.server.finished import refusal
from hoistway.server.http11 import Http11

HANDSHAKE_WITHIN = 10
ACCEPTED_AT_ONCE = 64
SAY_EVERY = 10.0
FILES_BESIDE = 150  # the database, the log, libraries
_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def of_one(address: str) -> str:
    """Whom an address stands for: an IPv6 one, for the network of 64 bits that is given to one subscriber (RFC 6177)."""
    if ":" not in address:
        return address
    whole = IPv6Address(address.partition("%")[0])
    return str(whole.ipv4_mapped or IPv6Address(whole.packed[:8] + bytes(8)))


class Repeated:
    """One line of the log for what happens again and again: at once, then at most every few seconds, with how often it did."""

    __slots__ = ("_again_at", "_event", "_times")

    def __init__(self, event: str) -> None:
        self._event = event
        self._again_at = 0.0
        self._times = 0

    def say(self, **facts: object) -> None:
        self._times += 1
        now = time.monotonic()
        if now >= self._again_at:
            LOG.warning(self._event, times=self._times, **facts)
            self._again_at, self._times = now + SAY_EVERY, 0


class Place:
    """Of one connection; given back once."""

    __slots__ = ("_admission", "_who")

    def __init__(self, admission: "Admission", who: str) -> None:
        self._admission = admission
        self._who: str | None = who

    def leave(self) -> None:
        if self._who is not None:
            self._admission.left(self._who)
            self._who = None


class Admission:
    """At most `most` connections, and `most_of_one` of one address; None where a proxy in front speaks for all of them.

    No address has more than what is free, so that a few can't take all of it: the last places are for those who have none."""

    __slots__ = ("_is_fair", "_most", "_most_of_one", "_of", "open", "turned_away")

    def __init__(self, most: int, most_of_one: int | None) -> None:
        self._most = most
        self._most_of_one = most if most_of_one is None else most_of_one
        self._of: dict[str, int] = {}
        self._is_fair = most_of_one is not None
        self.open = self.turned_away = 0

    def enter(self, address: str) -> Place | None:
        """None where there is no room."""
        who = of_one(address)
        mine, free = self._of.get(who, 0), self._most - self.open
        if free <= 0 or mine >= self._most_of_one or (self._is_fair and mine >= free):
            self.turned_away += 1
            return None
        self._of[who] = mine + 1
        self.open += 1
        return Place(self, who)

    @property
    def has_room(self) -> bool:
        return self.open < self._most

    def left(self, who: str) -> None:
        self.open -= 1
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]


class Listener:
    """Accepts on one socket, for `make` to answer: at once where it is the worker's own, else when `take` is called. uvicorn closes
    it like one of asyncio's servers."""

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
        """Accepts what waits, a bounded number; True where more may wait."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, peer = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return False
            except OSError as error:
                if error.errno == errno.EINVAL:
                    # Nobody listened on it yet.
                    return False
                if error.errno not in _NO_ROOM:
                    raise
                # The one that waits would be announced again and again.
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
            # It arrived behind the look through all connections with which they are told.
            if self._ends:
                protocol.shutdown()
            elif self._closed:
                protocol.leave_soon()

    def close(self) -> None:
        """Accepts nothing more. The socket is not its own to close."""
        self._closed = True
        self._loop.remove_reader(self._listening)

    @property
    def is_welcoming(self) -> bool:
        """True while a connection that was accepted is in its handshake."""
        return bool(self._arriving)

    def give_up(self) -> None:
        """Ends handshakes; what is accepted without one is there in the next turn, and would be left half made if it ended before."""
        self._ends = True
        if self._tls is not None:
            for task in self._arriving:
                task.cancel()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""


def most_of_files(wanted: int) -> int:
    """How many connections there can be, having asked the system for as many files as that takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + FILES_BESIDE
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    got = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (got, hard))
    if got < needed:
        LOG.warning("fewer connections than set", connections=got - FILES_BESIDE, because="the limit of open files")
    return max(1, got - FILES_BESIDE)
