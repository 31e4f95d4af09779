"""Keeps processes running: one that ends is started again, after pauses that grow while it keeps ending at once; and
replaces them one after the other.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from hoistway.journal import LOG
from hoistway.server.signals import Signals

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
STEADY = 30.0
BEGINS_WITHIN = 60.0
LEAVES_WITHIN = 20.0
# Tells a worker to answer what has begun and then to end, while others accept.
LEAVE = signal.SIGUSR1


class CannotStart(Exception):
    """A process could not be started; the text says why."""


def next_pause(pause: float, lived: float) -> float:
    """Seconds before the next start of a process that lived that long, when the pause before was `pause` (0 at first)."""
    if pause == 0 or lived >= STEADY:
        return FIRST_PAUSE
    return min(pause * 2, LONGEST_PAUSE)


class Place(Struct):
    """The place of one process. `pid` is None while it waits until `due` to be filled again. `former` is the process
    that serves there until the one of `pid` does."""

    pid: int | None = None
    begun: float = 0.0
    pause: float = 0.0
    due: float = 0.0
    ended: int = 0
    former: int | None = None


def how_it_ended(status: int) -> dict[str, object]:
    """For the log: the exit code, or the name of the signal."""
    code = os.waitstatus_to_exitcode(status)
    return {"exit_code": code} if code >= 0 else {"signal": signal.Signals(-code).name}


def _status_of(pid: int) -> int | None:
    """None while it is running."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return status if found else None


class Workers:
    """`start` makes the process of a place and returns its id, or raises CannotStart; `serves` says whether it answers
    yet; `what` is its name in the log."""

    def __init__(
        self,
        count: int,
        start: Callable[[int], int],
        serves: Callable[[int, int], bool] = lambda _index, _pid: True,
        now: Callable[[], float] = time.monotonic,
        what: str = "worker",
    ) -> None:
        self.places = [Place() for _ in range(count)]
        self._start = start
        self._serves = serves
        self._now = now
        self._what = what
        # Processes that were told to leave, and when they will be killed.
        self._leaving: dict[int, float] = {}
        self.failed_to_follow = False

    def adopt(self, pids: Sequence[int | None]) -> None:
        """Takes over processes that are serving and will be replaced one after the other."""
        for place, pid in zip(self.places, pids, strict=True):
            place.former = pid

    @property
    def are_leaving(self) -> bool:
        return bool(self._leaving)

    @property
    def is_beginning(self) -> bool:
        """True while one of them does not serve yet."""
        return any(place.pid is not None and not self._serves(i, place.pid) for i, place in enumerate(self.places))

    def fill(self) -> None:
        """Starts processes that are missing and due."""
        for index, place in enumerate(self.places):
            if place.pid is None and place.former is None and place.due <= self._now():
                self._begin(index, place)

    def _begin(self, index: int, place: Place) -> None:
        place.begun = self._now()
        try:
            place.pid = self._start(index)
        except CannotStart as error:
            self._note_end(place, {"because": str(error)})

    def _note_end(self, place: Place, facts: dict[str, object]) -> None:
        lived = self._now() - place.begun
        place.pid, place.ended = None, place.ended + 1
        place.pause = next_pause(place.pause, lived)
        place.due = self._now() + place.pause
        self.failed_to_follow = self.failed_to_follow or place.former is not None
        LOG.warning(f"{self._what} ended", **facts, lived=round(lived, 1), again_in=place.pause)

    def replace(self) -> bool:
        """Goes on replacing, one at a time; True when none of the old ones is left."""
        for index, place in enumerate(self.places):
            if place.former is None:
                continue
            if place.pid is None:
                self._begin(index, place)
            elif self._serves(index, place.pid):
                self._dismiss(place.former, LEAVE)
                place.former = None
                continue
            elif self._now() > place.begun + BEGINS_WITHIN:
                self.failed_to_follow = True
            return False
        return True

    def keep_former(self) -> None:
        """Old processes that have not been replaced stay in their places."""
        for place in self.places:
            if place.former is None:
                continue
            if place.pid is not None:
                self._dismiss(place.pid, signal.SIGKILL)
            place.pid, place.former, place.begun = place.former, None, self._now()
        self.failed_to_follow = False

    def _dismiss(self, pid: int, number: signal.Signals) -> None:
        os.kill(pid, number)
        self._leaving[pid] = self._now() + LEAVES_WITHIN

    def until_due(self, most: float) -> float:
        """Seconds until there is something to do."""
        dues = [place.due for place in self.places if place.pid is None and place.former is None]
        return min((due - self._now() for due in (*dues, *self._leaving.values())), default=most)

    def all_failed(self) -> bool:
        """True where none of the processes that were started first is left."""
        return all(place.ended and place.former is None for place in self.places)

    def serving(self) -> tuple[int | None, ...]:
        """One for each place."""
        return tuple(place.pid if place.former is None else place.former for place in self.places)

    def reap(self, *, again: bool = True) -> None:
        """Notices which processes have ended, and logs one line for each, unless it was told to end."""
        for pid, deadline in list(self._leaving.items()):
            if _status_of(pid) is not None:
                del self._leaving[pid]
            elif deadline < self._now():
                self._say_killed(pid, LEAVES_WITHIN)
                self._dismiss(pid, signal.SIGKILL)
        for place in self.places:
            if place.former is not None and (status := _status_of(place.former)) is not None:
                if again:
                    LOG.warning(f"{self._what} ended", pid=place.former, **how_it_ended(status))
                # Its place is taken by the process that was started for it, or filled at once.
                place.former = None
            if place.pid is not None and (status := _status_of(place.pid)) is not None:
                if again:
                    self._note_end(place, {"pid": place.pid, **how_it_ended(status)})
                place.pid = None

    def stop(self, signals: Signals, seconds: float) -> None:
        """Tells all to end, and kills those that are left after `seconds`."""
        deadline = self._now() + seconds
        self._tell(signal.SIGTERM)
        while self._living() and self._now() < deadline:
            signals.wait(min(0.5, deadline - self._now()))
            self.reap(again=False)
        for pid in self._living():
            self._say_killed(pid, seconds)
        self._tell(signal.SIGKILL)
        for pid in self._living():
            os.waitpid(pid, 0)

    def _living(self) -> list[int]:
        here = [pid for place in self.places for pid in (place.pid, place.former) if pid is not None]
        return [*here, *self._leaving]

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._living():
            os.kill(pid, number)

    def _say_killed(self, pid: int, seconds: float) -> None:
        LOG.warning(f"{self._what} killed", pid=pid, because=f"requests in flight took longer than {seconds:g} s")
