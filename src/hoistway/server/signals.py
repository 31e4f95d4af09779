"""Signals that a parent hears, and children that begin without them."""

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
# In a child: for its parent alone.
_IGNORED = {signal.SIGINT, signal.SIGHUP}


def has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


class Signals:
    """Hears SIGINT and SIGTERM, which say to stop, and SIGHUP, which asks for a reload; these and SIGCHLD end a `wait`.
    A context manager, for the main thread.

    SIGHUP of a terminal that was closed says to stop, too, because nobody is left who could end what runs there; but not
    where SIGHUP was ignored at the start, as nohup does it."""

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
        # A parent that started itself anew has held them back until now.
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
        """True once, where a reload was asked for since."""
        asked, self._reload = self._reload, False
        return asked

    def wait(self, seconds: float, files: Sequence[int] = ()) -> None:
        """Until a signal arrives or one of `files` can be read, `seconds` at the most."""
        select.select([self._read.fileno(), *files], [], [], max(0.0, seconds))
        try:
            while self._read.recv(4096):
                pass
        except BlockingIOError:
            pass

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Signals that come meanwhile wait; what came before was heard."""
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        handler = signal.getsignal(signal.SIGHUP)
        if self._outlives_it:
            # The program that follows finds it as this one did.
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
        """In a child: SIGTERM ends it; Ctrl-C and SIGHUP, which a terminal sends to all, are left to the parent."""
        self._close()
        for number in HEARD:
            signal.signal(number, signal.SIG_IGN if number in _IGNORED else signal.SIG_DFL)

    def fork(self, work: Callable[[], int]) -> int:
        """The id of a child that does `work` and exits with what it returns."""
        # A signal that comes while the child still has the parent's handlers would be lost: it waits instead.
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
