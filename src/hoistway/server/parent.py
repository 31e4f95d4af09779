"""The parent of the workers: owns the sockets, forks workers, replaces those that die, restarts itself, and stops
everything in order (docs/adr/0005-processes.md, docs/adr/0024-reload.md).
"""

import gc
import os
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from hoistway import heap, journal
from hoistway.journal import LOG
from hoistway.server.door import Door, adopt_door, open_door
from hoistway.server.handing import Handed
from hoistway.server.listening import CannotServe, Listen, let_nobody_begin, open_sockets
from hoistway.server.metrics.watching import Watching, watch
from hoistway.server.notifying import READY, STOPPING, notify
from hoistway.server.preparing import answers, prepare
from hoistway.server.ready import Ready
from hoistway.server.reloading import Reload
from hoistway.server.signals import Signals
from hoistway.server.start_line import start_facts
from hoistway.server.supervision import CannotStart, Workers
from hoistway.server.worker import Made, make_server, work
from hoistway.settings import Settings

__all__ = ["Again", "CannotServe", "Listen", "keep", "prepare", "run"]

STOP_WITHIN = 9.0
ASK_EVERY = 0.02
LOOK_EVERY = 60.0


class Again(Struct, frozen=True):
    """How the program is restarted: its command line, what must stay the same, where its door may be; and what it was
    handed on, if it was restarted."""

    command: Sequence[str]
    fixed: str
    doors: Sequence[Path]
    handed: Handed | None = None


class Making:
    """The server, made when the first worker needs it: what it loads is shared by all workers."""

    def __init__(self, read: Callable[[], Settings], listen: Listen, *, anew: bool) -> None:
        self._read, self._listen, self._anew = read, listen, anew
        self._made: Made | None = None
        # None until the server has been made.
        self.watching: Watching | None = None

    def __call__(self) -> Made:
        """Raises CannotServe, and what reading the settings raises."""
        if self._made is None:
            settings = self._read()
            watching = watch(settings, self._listen, anew=self._anew)
            self._made = make_server(settings, self._listen, watching.board)
            LOG.info("server starts", **start_facts(settings, self._listen))
            sys.stdout.flush()
            heap.give_back()
            # What is loaded now stays for ever. If the garbage collector looked at it in every worker, the shared pages
            # would be copied.
            gc.freeze()
            # Answers leave no reference cycles behind, so there is little to find: each search costs more than it
            # gains.
            gc.set_threshold(10_000, 20, 20)
            self.watching = watching
        return self._made


class Parent:
    def __init__(self, making: Making, sockets: Sequence[socket.socket], door: Door, signals: Signals) -> None:
        self._making, self._sockets, self._door, self._signals = making, sockets, door, signals
        self._ready = Ready(len(sockets))
        self._pid = os.getpid()
        self._watches = False
        self.workers = Workers(len(sockets), self._fork, self._ready.is_said)

    def _fork(self, index: int) -> int:
        try:
            made = self._making()
        except Exception as error:
            # Workers of the old program may be running, and would end with this process.
            raise CannotStart(str(error) or repr(error)) from error

        def begin() -> int:
            self._door.leave()
            own_first = [*self._sockets[index:], *self._sockets[:index]]
            return work(made, own_first, self._pid, lambda: self._ready.say(index))

        watching = self._making.watching
        fork = partial(self._signals.fork, begin)
        return fork() if watching is None else watching.forked(fork)()

    def _fork_apart(self, work: Callable[[], int]) -> int:
        """For a process that answers no requests of callers."""

        def begin() -> int:
            self._door.leave()
            for one in self._sockets:
                one.close()
            return work()

        return self._signals.fork(begin)

    def _begin_watching(self) -> None:
        watching = self._making.watching
        if watching is not None and not self._watches:
            self._watches = True
            watching.begin(self._fork_apart, self._pid)

    def stop_watching(self) -> None:
        if self._making.watching is not None:
            self._making.watching.stop(self._signals)

    def metrics_port(self) -> int:
        """0 where metrics are off."""
        watching = self._making.watching
        return 0 if watching is None else watching.port

    def _pause(self) -> float:
        due = self.workers.until_due(LOOK_EVERY)
        return due if self._making.watching is None else self._making.watching.until_due(due)

    def serve(self, listen: Listen, ready: Callable[[], None], reload: Reload | None, *, told: bool) -> int:
        """Runs until it is told to stop; returns the exit code."""
        workers, signals = self.workers, self._signals
        while not signals.say_stop():
            workers.fill()
            self._begin_watching()
            if not told and answers(listen):
                told = True
                ready()
                notify(READY)
            busy = not told or (reload is not None and reload.goes_on)
            signals.wait(ASK_EVERY if busy else self._pause(), self._door.files)
            if signals.say_stop():
                break
            workers.reap()
            if self._making.watching is not None:
                self._making.watching.look(workers)
            if not told and workers.all_failed():
                LOG.error("no worker could start", because="the lines before this one say why")
                return 1
            if told and reload is not None:
                reload.step()
        return 0

    def reload(self, again: Again) -> Reload:
        return Reload(
            self.workers,
            self._signals,
            self._door,
            self._sockets,
            again.command,
            again.fixed,
            self.stop_watching,
            self.metrics_port,
        )

    def stop(self) -> None:
        notify(STOPPING)
        let_nobody_begin(self._sockets)
        for one in self._sockets:
            one.close()
        self.workers.stop(self._signals, STOP_WITHIN)
        self.stop_watching()


def keep(read: Callable[[], Settings], listen: Listen, ready: Callable[[], None], again: Again | None = None) -> int:
    """Serves until SIGINT or SIGTERM and returns the exit code. `ready` is called when a worker answers. Raises
    CannotServe, and what `read` raises, unless workers of the old program are running."""
    journal.configure()
    journal.gather()
    handed = None if again is None else again.handed
    making = Making(read, listen, anew=handed is not None)
    if handed is None:
        sockets = open_sockets(listen)
        making()
        door = Door(None, None) if again is None else open_door(again.doors, listen.port)
    else:
        sockets = tuple(socket.socket(fileno=number) for number in handed.sockets)
        door = adopt_door(handed.door, handed.door_path, handed.askers, handed.waiting)
    with Signals() as signals:
        parent = Parent(making, sockets, door, signals)
        reload = None if again is None else parent.reload(again)
        if handed is not None and reload is not None:
            reload.follow(handed)
        try:
            code = parent.serve(listen, ready, reload, told=handed is not None)
        finally:
            if reload is not None:
                reload.end()
            door.close()
            parent.stop()
    return code


def run(settings: Settings, listen: Listen, ready: Callable[[], None]) -> int:
    """`keep`, without reloads."""
    return keep(lambda: settings, listen, ready)
