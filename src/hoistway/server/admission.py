"""Who may be connected: accepts connections within bounds, in all and by address, those in a TLS handshake too.

asyncio's own server has no word about a connection before its handshake is over, so each socket is accepted here
(https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.connect_accepted_socket)."""

import asyncio
import errno
import resource
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address

import uvicorn

from hoistway.journal import LOG
from hoistway.server.finished import refusal
from hoistway.server.http11 import Http11
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.copied import Copied
from hoistway.settings import Settings

HANDSHAKE_WITHIN = 10
ACCEPTED_AT_ONCE = 64
# A read of a connection takes what has arrived, so this bounds what one can make a worker hold.
RECEIVED_AT_ONCE = 64 * 1024
# What the kernel holds of an answer that nobody reads: by itself it would take 4 MB for each connection.
SENT_AHEAD = 128 * 1024
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

    def left(self, who: str) -> None:
        self.open -= 1
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]


class Listener:
    """Accepts on one socket, for `make` to answer. uvicorn closes it like one of asyncio's servers."""

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[Place], Http11],
        admission: Admission,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._listening, self._make, self._admission, self._tls = listening, make, admission, tls
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._full = Repeated("connection refused")
        self._plain = Repeated("plain http on the port for https")
        self._closed = False
        listening.setblocking(False)
        self._listen()

    def _listen(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, peer = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                # The one that waits would be announced again and again.
                LOG.error("no connection can be accepted", because=error.strerror)
                self._loop.remove_reader(self._listening)
                self._loop.call_later(1, self._listen)
                return
            place = self._admission.enter(peer[0])
            if place is None:
                self._turn_away(connection, peer[0])
                continue
            task = self._loop.create_task(self._welcome(connection, place, peer[0]))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

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
            if self._closed:
                # It arrived behind the look through all connections with which uvicorn ends them.
                protocol.shutdown()

    def close(self) -> None:
        """Handshakes end; what is accepted without one is there in the next turn, and would be left half made if it ended before."""
        self._closed = True
        self._loop.remove_reader(self._listening)
        if self._tls is not None:
            for task in self._arriving:
                task.cancel()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""


class Server(uvicorn.Server):
    """uvicorn's, with bounds on who is connected and on how long an answer may wait to be taken. `board` is where metrics are put."""

    def __init__(self, config: uvicorn.Config, settings: Settings, board: Board | None = None) -> None:
        super().__init__(config)
        self._settings, self._board = settings, board
        self._copied: Copied | None = None
        self._admission = Admission(settings.connections, None)
        self.certificate_ends_at = 0

    async def startup(self, sockets: Sequence[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        settings, config = self._settings, self.config
        self._admission = admission = Admission(
            most_of_files(settings.connections),
            None if settings.trusted_proxies else settings.connections_per_address,
        )
        if self._board is not None:
            self._copied = Copied(self._board)
            self._copied.put("hoistway_certificate_expiry_timestamp_seconds", (self.certificate_ends_at,))
        for listening in sockets or ():
            # Accepted connections have what the listening one has.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED_AT_ONCE)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD)
            listening.listen(config.backlog)
        heard = [Listener(one, self._make, admission, config.ssl) for one in sockets or ()]
        self.servers = heard  # type: ignore[assignment]  # whatever can be closed

    def _make(self, place: Place) -> Http11:
        made = Http11(self.config, self.server_state, self.lifespan.state)
        made.leave = place.leave
        return made

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            now = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Http11):
                    connection.look(now, self._settings.taken_within)
            if self._copied is not None:
                self._copied.put("hoistway_connections", (self._admission.open,))
                self._copied.count("hoistway_connections_turned_away_total", (self._admission.turned_away,))
        return await super().on_tick(counter)


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
