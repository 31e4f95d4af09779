"""Signals that the parent handles, and children that start without its handlers."""

import os
import select
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOP = frozenset({signal.SIGINT, signal.SIGTERM})
HEARD = STOP | {signal.SIGCHLD, signal.SIGHUP}
# Ignored in a child: they are for its parent.
_IGNORED = {signal.SIGINT, signal.SIGHUP}


def has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


class Signals:
    """Handles SIGINT and SIGTERM, which mean stop, and SIGHUP, which asks for a reload; these and SIGCHLD end a `wait`.
    A context manager, for the main thread.

    SIGHUP also means stop when it comes from a terminal that was closed, because nobody is left who could end what runs
    there; but not where SIGHUP was ignored at the start, as nohup does."""

    def __init__(self) -> None:
        self._stop = False
        self._reload = False
        self._had_terminal = has_terminal()
        self._outlives_it = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        self._read, self._write = socket.socketpair()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Signals":
        self._read.setblocking(False)
        self._write.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._hear) for number in HEARD}
        # A restarted parent has held them back until now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._close()

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if number in STOP:
            self._stop = True
        elif number == signal.SIGHUP and self._had_terminal and not has_terminal():
            self._stop = self._stop or not self._outlives_it
        elif number == signal.SIGHUP:
            self._reload = True

    def say_stop(self) -> bool:
        return self._stop

    def ask_reload(self) -> None:
        self._reload = True

    def wants_reload(self) -> bool:
        return self._reload

    def take_reload(self) -> bool:
        """True once for each reload that was asked for."""
        asked, self._reload = self._reload, False
        return asked

    def wait(self, seconds: float, files: Sequence[int] = ()) -> None:
        """Until a signal arrives or one of `files` can be read, for `seconds` at most."""
        select.select([self._read.fileno(), *files], [], [], max(0.0, seconds))
        try:
            while self._read.recv(4096):
                pass
        except BlockingIOError:
            pass

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Signals that arrive inside wait until the end; earlier ones were handled."""
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        handler = signal.getsignal(signal.SIGHUP)
        if self._outlives_it:
            # The next program finds it as this one did.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGHUP, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._read.close()
        self._write.close()

    def leave(self) -> None:
        """In a child: SIGTERM ends it. Ctrl-C and SIGHUP, which a terminal sends to all processes, are left to the
        parent."""
        self._close()
        for number in HEARD:
            signal.signal(number, signal.SIG_IGN if number in _IGNORED else signal.SIG_DFL)

    def fork(self, work: Callable[[], int]) -> int:
        """The id of a child that runs `work` and exits with its result."""
        # A signal that arrives while the child still has the parent's handlers would be lost; so it has to wait.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
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
