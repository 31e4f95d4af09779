"""Keeps processes alive: whatever ends is started again, after pauses that grow while it ends at once."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from hoistway.journal import LOG

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
STEADY = 30.0
STOP = frozenset({signal.SIGINT, signal.SIGTERM})
_HEARD = STOP | {signal.SIGCHLD}


class Signals:
    """Hears SIGINT and SIGTERM; these and SIGCHLD end a `wait`. A context manager, for the main thread."""

    def __init__(self) -> None:
        self._stop = False
        self._read, self._write = socket.socketpair()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Signals":
        self._read.setblocking(False)
        self._write.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._hear) for number in _HEARD}
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._close()

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._stop = self._stop or number in STOP

    def say_stop(self) -> bool:
        return self._stop

    def wait(self, seconds: float) -> None:
        """Until a signal arrives, `seconds` at the most."""
        select.select([self._read], [], [], max(0.0, seconds))
        try:
            while self._read.recv(4096):
                pass
        except BlockingIOError:
            pass

    def leave(self) -> None:
        """In a child: SIGTERM ends it, and Ctrl-C, which a terminal sends to all, is left to the parent."""
        self._close()
        for number in _HEARD:
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)

    def _close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._read.close()
        self._write.close()

    def fork(self, work: Callable[[], int]) -> int:
        """The id of a child that does `work` and exits with what it returns."""
        # A signal that comes while the child still has the parent's handlers would be lost: it waits instead.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self.leave()
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
                code = work()
            finally:
                os._exit(code)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        return pid


def next_pause(pause: float, lived: float) -> float:
    """Seconds before the next start of what lived so long, having waited `pause` before (0 at first)."""
    if pause == 0 or lived >= STEADY:
        return FIRST_PAUSE
    return min(pause * 2, LONGEST_PAUSE)


@dataclass(slots=True)
class Place:
    """Where one process belongs. `pid` is None while it waits until `due` to be filled again."""

    pid: int | None = None
    begun: float = 0.0
    pause: float = 0.0
    due: float = 0.0
    ended: int = 0


def how_it_ended(status: int) -> dict[str, object]:
    """For the log: the exit code, or the signal's name."""
    code = os.waitstatus_to_exitcode(status)
    return {"exit_code": code} if code >= 0 else {"signal": signal.Signals(-code).name}


class Workers:
    """`start` makes a process and returns its id; `what` is what the log calls it."""

    def __init__(
        self, count: int, start: Callable[[], int], now: Callable[[], float] = time.monotonic, what: str = "worker"
    ) -> None:
        self.places = [Place() for _ in range(count)]
        self._start = start
        self._now = now
        self._what = what

    def fill(self) -> None:
        """Starts what is missing and due."""
        for place in self.places:
            if place.pid is None and place.due <= self._now():
                place.begun = self._now()
                place.pid = self._start()

    def until_due(self, most: float) -> float:
        """Seconds until `fill` has something to do."""
        return min((place.due - self._now() for place in self.places if place.pid is None), default=most)

    def all_failed(self) -> bool:
        """True where not one of those that were started first is left."""
        return all(place.ended for place in self.places)

    def reap(self, *, again: bool = True) -> None:
        """Notes which processes have ended, in one line of the log each, unless that is what they were told."""
        for place in self.places:
            if place.pid is None:
                continue
            pid, status = os.waitpid(place.pid, os.WNOHANG)
            if pid == 0:
                continue
            lived = self._now() - place.begun
            place.pid, place.ended = None, place.ended + 1
            place.pause = next_pause(place.pause, lived)
            place.due = self._now() + place.pause
            if again:
                facts = how_it_ended(status) | {"pid": pid, "lived": round(lived, 1), "again_in": place.pause}
                LOG.warning(f"{self._what} ended", **facts)

    def stop(self, signals: Signals, seconds: float) -> None:
        """Tells all to end, and kills what is left after `seconds`."""
        deadline = self._now() + seconds
        self._tell(signal.SIGTERM)
        while self._living() and self._now() < deadline:
            signals.wait(min(0.5, deadline - self._now()))
            self.reap(again=False)
        for pid in self._living():
            LOG.warning(f"{self._what} killed", pid=pid, because=f"requests in flight took longer than {seconds:g} s")
        self._tell(signal.SIGKILL)
        for pid in self._living():
            os.waitpid(pid, 0)

    def _living(self) -> list[int]:
        return [place.pid for place in self.places if place.pid is not None]

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._living():
            os.kill(pid, number)
