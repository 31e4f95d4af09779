"""What a parent hands on to itself when it restarts: sockets, workers, and callers that wait for an answer (docs/adr/0024-reload.md)."""

import os
import sys
from collections.abc import MutableMapping

import msgspec

# Not HOISTWAY_…, because it is no setting, and must not cause a warning about unknown ones.
_HANDED, _TRIAL = "_HOISTWAY_HANDED", "_HOISTWAY_TRIAL"


class Handed(msgspec.Struct, frozen=True):
    """`sockets`, `door`, `askers` and `waiting` are numbers of open files. `workers` are process ids, one for each
    socket, None where none is serving. `fixed` is what a reload can't change. `askers` get the outcome of this reload,
    `waiting` that of the next one; `again` is True where another reload was asked for by signal. `warnings` are those of the trial."""

    sockets: tuple[int, ...]
    workers: tuple[int | None, ...]
    fixed: str
    door: int | None = None
    door_path: str | None = None
    askers: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    again: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[int, ...]:
        return (*self.sockets, *(() if self.door is None else (self.door,)), *self.askers, *self.waiting)


def own_command() -> list[str]:
    """The command line that this process was started with. A script is run by the interpreter that it names itself, which is another one
    when a link on the way to it leads to another version now."""
    if sys.orig_argv[1:2] == sys.argv[:1] and os.access(sys.argv[0], os.X_OK) and "/" in sys.argv[0]:
        return sys.orig_argv[1:]
    return [sys.executable, *sys.orig_argv[1:]]


def take_handed(environ: MutableMapping[str, str]) -> Handed | None:
    """None where somebody else started this process. Children do not inherit what was handed on."""
    said = environ.pop(_HANDED, None)
    if said is None:
        return None
    handed = msgspec.json.decode(said, type=Handed)
    for file in handed.files:
        os.set_inheritable(file, False)
    return handed


class Tried(msgspec.Struct, frozen=True):
    """The orders of a trial, a process that only finds out whether it could serve. `fixed` is what a reload can't change.
    `changes` is False where the trial may not upgrade the schema. `metrics_port` is where the running server answers
    Prometheus: 0 where it does not, None where it is of a version that does not tell."""

    fixed: str
    changes: bool
    metrics_port: int | None = None


def take_trial(environ: MutableMapping[str, str]) -> Tried | None:
    """None where this process is not a trial."""
    said = environ.pop(_TRIAL, None)
    return None if said is None else msgspec.json.decode(said, type=Tried)


def trial_environment(tried: Tried) -> dict[str, str]:
    return {**os.environ, _TRIAL: msgspec.json.encode(tried).decode()}


def start_anew(command: list[str], handed: Handed) -> None:
    """Returns only by raising OSError, and then nothing has changed. The caller holds signals back, because they would
    end the process between the two programs."""
    environ = {**os.environ, _HANDED: msgspec.json.encode(handed).decode()}
    for file in handed.files:
        os.set_inheritable(file, True)
    try:
        os.execve(command[0], command, environ)  # noqa: S606  the program that runs already
    finally:
        for file in handed.files:
            os.set_inheritable(file, False)
