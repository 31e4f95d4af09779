"""The parent's part of the metrics: it keeps the process that answers scrapers running, and knows which workers are alive."""

from collections.abc import Callable

from hoistway.journal import LOG
from hoistway.server.listening import CannotServe, Listen, bind
from hoistway.server.metrics.board import Board
from hoistway.server.metrics.exporter import SETTING, export, make_exporter
from hoistway.server.signals import Signals
from hoistway.server.supervision import Workers
from hoistway.settings import Settings

STOP_WITHIN = 2.0


class Watching:
    """Does nothing where metrics are off; then `board` is None."""

    def __init__(self, settings: Settings, board: Board | None) -> None:
        self.board = board
        self._settings = settings
        self._exporter: Workers | None = None

    @property
    def port(self) -> int:
        """0 where metrics are off."""
        return 0 if self._settings.metrics is None else self._settings.metrics.port

    def forked(self, fork: Callable[[], int]) -> Callable[[], int]:
        """The same for workers that have a row of the board."""
        board = self.board
        return fork if board is None else lambda: board.fork(fork)

    def begin(self, fork: Callable[[Callable[[], int]], int], parent: int) -> None:
        """`fork` runs work in a child, and returns its id."""
        address = self._settings.metrics
        if self.board is None or address is None:
            return
        server = make_exporter(self.board, self._settings)
        self._exporter = Workers(1, lambda _place: fork(lambda: export(server, address, parent)), what="exporter")
        self._exporter.fill()

    def look(self, workers: Workers) -> None:
        """Called after each look at the workers: those that have ended leave the board."""
        if self.board is None or self._exporter is None:
            return
        living = [place.pid for place in workers.places if place.pid is not None]
        self.board.note_workers(living, sum(place.ended for place in workers.places))
        self._exporter.reap()
        self._exporter.fill()

    def until_due(self, most: float) -> float:
        """Seconds until `look` has something to do."""
        return most if self._exporter is None else self._exporter.until_due(most)

    def stop(self, signals: Signals) -> None:
        if self._exporter is not None:
            self._exporter.stop(signals, STOP_WITHIN)


def try_address(settings: Settings, listen: Listen, *, held: bool) -> None:
    """Checks the address for metrics. `held` is True where the running server may occupy it, so that it is not bound to
    try it. Raises CannotServe."""
    address = settings.metrics
    if address is None:
        return
    if address.port == listen.port:
        raise CannotServe(f"{SETTING} needs a port of its own: it must not be the one of --port")
    if not held:
        try:
            bind(Listen(address.host, address.port), shared=False, setting=SETTING).close()
        except CannotServe as error:
            raise CannotServe(f"{SETTING}: {error}") from error


def watch(settings: Settings, listen: Listen, *, anew: bool = False) -> Watching:
    """Raises CannotServe where the address for metrics can't be bound. With `anew`, in a program that was restarted
    beside running workers, the old exporter may still hold the address; then the new one tries until it gets it."""
    address = settings.metrics
    if address is None:
        return Watching(settings, None)
    try_address(settings, listen, held=anew)
    if not address.is_near:
        LOG.warning(
            "metrics can be read from other machines", address=address.host, because="let Prometheus alone reach it"
        )
    return Watching(settings, Board(listen.workers))
