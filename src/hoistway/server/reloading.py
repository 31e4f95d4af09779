"""A reload: first a trial, then the restarted program, then one worker after the other (docs/adr/0024-reload.md)."""

import socket
import time
from collections.abc import Callable, Sequence

from hoistway.journal import LOG
from hoistway.server.door import Door, Outcome
from hoistway.server.handing import Handed, Tried, start_anew, trial_environment
from hoistway.server.notifying import READY, notify, reloading
from hoistway.server.signals import Signals
from hoistway.server.supervision import BEGINS_WITHIN, Workers
from hoistway.server.trial import Trial


class Reload:
    """`step` does whatever can be done now; it never waits."""

    def __init__(
        self,
        workers: Workers,
        signals: Signals,
        door: Door,
        sockets: Sequence[socket.socket],
        command: Sequence[str],
        fixed: str,
        before: Callable[[], None],
        metrics_port: Callable[[], int],
    ) -> None:
        """`before` ends what must not exist when the program is restarted; it comes back by itself if the restart
        fails. `metrics_port` is 0 where metrics are off."""
        self._metrics_port = metrics_port
        self._warnings: tuple[str, ...] = ()
        self._workers, self._signals, self._door, self._sockets = workers, signals, door, sockets
        self._command, self._fixed, self._before = list(command), fixed, before
        self._trial: Trial | None = None
        # True for a trial without a reload.
        self._only_tries = False
        self._replaced_until: float | None = None
        self._begun = 0.0

    @property
    def goes_on(self) -> bool:
        return self._trial is not None or self._replaced_until is not None or self._is_wanted

    @property
    def _is_wanted(self) -> bool:
        return self._signals.wants_reload() or bool(self._door.waiting or self._door.trying)

    def follow(self, handed: Handed) -> None:
        """Called first in the restarted program."""
        self._workers.adopt(handed.workers)
        self._warnings = handed.warnings
        self._begun = time.monotonic()
        self._replaced_until = self._begun + BEGINS_WITHIN * len(handed.workers)
        if handed.again:
            self._signals.ask_reload()

    def step(self) -> None:
        self._door.listen()
        if self._trial is not None:
            self._look_at_trial(self._trial)
        elif self._replaced_until is not None:
            self._replace(self._replaced_until)
        # One generation is replaced only when the one before it has left, so there are never more than two.
        elif self._is_wanted and not self._workers.are_leaving:
            self._try()

    def _try(self) -> None:
        self._warnings = ()
        self._only_tries = not (self._signals.take_reload() or self._door.waiting)
        if not self._only_tries:
            self._door.begin()
            notify(reloading())
        try:
            tried = Tried(self._fixed, not self._only_tries, self._metrics_port())
            self._trial = Trial(self._command, trial_environment(tried))
        except OSError as error:
            self._failed(f"{self._command[0]} can't be started: {error.strerror}")

    def _look_at_trial(self, trial: Trial) -> None:
        outcome = trial.outcome()
        if outcome is None:
            return
        self._trial = None
        self._door.tell(outcome, self._door.trying)
        if self._only_tries:
            return
        self._warnings = outcome.warnings
        for warning in self._warnings:
            LOG.warning("reload warns", because=warning)
        if not outcome.done:
            self._failed(outcome.because)
            return
        self._before()
        # The block ends only where the program was not restarted: a stop was asked for meanwhile, or `exec` failed.
        with self._signals.held_back():
            if self._signals.say_stop():
                return
            try:
                start_anew(self._command, self._handed())
            except OSError as error:
                self._failed(f"{self._command[0]} can't be started: {error.strerror}")

    def _handed(self) -> Handed:
        door = self._door.listening
        return Handed(
            sockets=tuple(one.fileno() for one in self._sockets),
            workers=self._workers.serving(),
            fixed=self._fixed,
            door=None if door is None else door.fileno(),
            door_path=None if self._door.path is None else str(self._door.path),
            askers=tuple(one.fileno() for one in self._door.asked),
            waiting=tuple(one.fileno() for one in self._door.waiting),
            again=self._signals.wants_reload(),
            warnings=self._warnings,
        )

    def _replace(self, until: float) -> None:
        done = self._workers.replace() and not self._workers.is_beginning
        # Whoever hears that it is done may count on it: nobody is answered by the old code or shown the old certificate any more.
        if done and not self._workers.are_leaving:
            self._replaced_until = None
            LOG.info("reloaded", workers=len(self._sockets), seconds=round(time.monotonic() - self._begun, 1))
            self._door.tell(Outcome(True, warnings=self._warnings), self._door.asked)
            notify(READY)
        elif not done and (self._workers.failed_to_follow or time.monotonic() > until):
            self._replaced_until = None
            self._workers.keep_former()
            self._failed("a new worker did not start; the log says why")

    def _failed(self, reason: str) -> None:
        LOG.error("reload failed", because=reason, serving="as before")
        self._door.tell(Outcome(False, reason, self._warnings), [*self._door.asked, *self._door.trying])
        self._door.asked.clear()
        self._door.trying.clear()
        notify(READY)

    def end(self) -> None:
        if self._trial is not None:
            self._trial.end()
