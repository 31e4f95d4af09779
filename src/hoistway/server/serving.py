"""The server of one worker: from which sockets it accepts, what it checks while it serves, and how it leaves (docs/adr/0024-reload.md)."""

import asyncio
import select
import signal
import socket
import time
from collections.abc import Sequence
from types import FrameType

import uvicorn

from hoistway.measures import NamedCounts
from hoistway.server.accepting import Listener
from hoistway.server.admission import Admission, Place, most_of_files
from hoistway.server.http11 import Http11
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.copied import Copied
from hoistway.server.metrics.families import MALFORMED
from hoistway.settings import Settings

# When everything stops: time for connections that were begun before, and for idle ones.
BEGUN_BEFORE = 0.2
RESTS_AT_STOP = 1.0
# A read takes everything that has arrived, so this limits how much a connection can make a worker hold.
RECEIVED_AT_ONCE = 64 * 1024
# How much the kernel holds of an answer that nobody reads; by default it would be 4 MB for each connection.
SENT_AHEAD = 128 * 1024


class Neighbours:
    """The sockets of the other workers. A connection that waits there for two looks in a row waits for a worker that
    died or is stuck."""

    def __init__(self, heard: Sequence[tuple[socket.socket, Listener]]) -> None:
        self._of = {listening.fileno(): listener for listening, listener in heard}
        self._poll = select.poll()
        for number in self._of:
            self._poll.register(number, select.POLLIN)
        self._waited: set[int] = set()

    def look(self) -> None:
        # A socket on which nobody is listening yet is reported as well, as hung up.
        waits = {number for number, event in self._poll.poll(0) if event & select.POLLIN}
        for number in waits & self._waited:
            self._of[number].take()
        self._waited = waits


class Server(uvicorn.Server):
    """uvicorn's server, with limits on who is connected and on how long an answer may wait to be read, and with
    patience at the end. `board` is where metrics are put."""

    def __init__(
        self, config: uvicorn.Config, settings: Settings, board: Board | None = None, *, patient: bool = True
    ) -> None:
        super().__init__(config)
        self._settings, self._board = settings, board
        self._copied: Copied | None = None
        self._malformed = NamedCounts(MALFORMED)
        self.certificate_ends_at = 0
        self._patient = patient
        # True where other workers accept connections meanwhile.
        self._leaves = False
        self._answer_within = config.timeout_graceful_shutdown or 0
        self._listeners: list[Listener] = []
        self._neighbours: Neighbours | None = None
        self._admission = Admission(0, None)

    def leave(self) -> None:
        """Ends it, while others accept connections on its socket."""
        self._leaves = self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # A terminal sends Ctrl-C to all processes. It is for the parent; uvicorn would take it for the wish to stop
        # at once.
        if sig != signal.SIGINT:
            self._leaves = False
            super().handle_exit(sig, frame)

    async def startup(self, sockets: Sequence[socket.socket] | None = None) -> None:
        """The first of `sockets` is its own."""
        await super().startup(sockets=[])
        settings, config = self._settings, self.config
        self._admission = Admission(
            most_of_files(settings.connections),
            None if settings.trusted_proxies else settings.connections_per_address,
        )
        if self._board is not None:
            self._copied = Copied(self._board)
            self._copied.put("hoistway_certificate_expiry_timestamp_seconds", (self.certificate_ends_at,))
        own, *others = sockets or ()
        # Accepted connections inherit the options of the listening socket.
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED_AT_ONCE)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD)
        own.listen(config.backlog)
        heard = [
            (one, Listener(one, self._make, self._admission, config.ssl, own=one is own)) for one in (own, *others)
        ]
        self._listeners = [listener for _socket, listener in heard]
        self._neighbours = Neighbours(heard[1:]) if others else None
        self.servers = self._listeners  # type: ignore[assignment]  # whatever can be closed

    def _make(self, place: Place) -> Http11:
        made = Http11(self.config, self.server_state, self.lifespan.state)
        made.leave, made.refused = place.leave, self._note_refused
        return made

    def _note_refused(self, status: int) -> None:
        self._malformed.add(str(status))

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._look(time.monotonic())
            if self._copied is not None:
                self._copied.put("hoistway_connections", (self._admission.open,))
                self._copied.count("hoistway_connections_turned_away_total", (self._admission.turned_away,))
                self._copied.count("hoistway_malformed_requests_total", self._malformed.of.values())
        if self._neighbours is not None and self._admission.has_room:
            self._neighbours.look()
        return await super().on_tick(counter)

    def _look(self, now: float) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, Http11):
                connection.look(now, self._settings.taken_within)

    async def shutdown(self, sockets: Sequence[socket.socket] | None = None) -> None:
        begun = time.monotonic()
        if self._patient:
            await self._take_leave(begun)
        for listener in self._listeners:
            listener.close()
            listener.give_up()
        # Connections that were idle long enough are closed now; answers that have begun get the rest of the time.
        spent = 0 if self._leaves else time.monotonic() - begun
        self.config.timeout_graceful_shutdown = max(1, round(self._answer_within - spent))
        await super().shutdown(sockets=list(sockets or ()))

    async def _take_leave(self, begun: float) -> None:
        if not self._leaves:
            # The parent lets no new connections begin; those that have begun are accepted.
            await asyncio.sleep(BEGUN_BEFORE)
            for listener in self._listeners:
                while listener.take():
                    await asyncio.sleep(0)
        for listener in self._listeners:
            listener.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, Http11):
                connection.leave_soon()
        while self._is_connected() and time.monotonic() - begun < self._patience():
            await asyncio.sleep(0.05)
            self._look(time.monotonic())

    def _is_connected(self) -> bool:
        return bool(self.server_state.connections) or any(one.is_welcoming for one in self._listeners)

    def _patience(self) -> float:
        """Computed again and again, because a worker that leaves may be told to stop."""
        return self.config.timeout_keep_alive + 1 if self._leaves else RESTS_AT_STOP
