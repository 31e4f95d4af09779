"""What a parent hands to itself when it starts anew: sockets, workers, and who waits for an answer (docs/adr/0024-reload.md)."""

import os
import sys
from collections.abc import MutableMapping

import msgspec

# Not HOISTWAY_…: no setting, and nobody is to be warned of it.
_HANDED, _TRIAL = "_HOISTWAY_HANDED", "_HOISTWAY_TRIAL"


class Handed(msgspec.Struct, frozen=True):
    """`sockets`, `door`, `askers` and `waiting` are numbers of open files; `workers` are process ids, one a socket, None where
    none serves just now. `fixed` is what a reload can't change. `askers` hear what comes of this reload, `waiting` of the next;
    `again` says that one was asked for by signal."""

    sockets: tuple[int, ...]
    workers: tuple[int | None, ...]
    fixed: str
    door: int | None = None
    door_path: str | None = None
    askers: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    again: bool = False

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
    """None where this process was started by somebody else. What was handed on is inherited by no child."""
    said = environ.pop(_HANDED, None)
    if said is None:
        return None
    handed = msgspec.json.decode(said, type=Handed)
    for file in handed.files:
        os.set_inheritable(file, False)
    return handed


class Tried(msgspec.Struct, frozen=True):
    """What a process is asked that is only to find out whether it could serve. `fixed` is what a reload can't change; `changes`
    is False where it may not even upgrade the schema."""

    fixed: str
    changes: bool


def take_trial(environ: MutableMapping[str, str]) -> Tried | None:
    """None where this process is no trial."""
    said = environ.pop(_TRIAL, None)
    return None if said is None else msgspec.json.decode(said, type=Tried)


def trial_environment(tried: Tried) -> dict[str, str]:
    return {**os.environ, _TRIAL: msgspec.json.encode(tried).decode()}


def start_anew(command: list[str], handed: Handed) -> None:
    """Returns only by raising OSError, and then nothing is changed. The caller holds signals back: between the two programs
    they would end the process."""
    environ = {**os.environ, _HANDED: msgspec.json.encode(handed).decode()}
    for file in handed.files:
        os.set_inheritable(file, True)
    try:
        os.execve(command[0], command, environ)  # noqa: S606  the program that runs already
    finally:
        for file in handed.files:
            os.set_inheritable(file, False)
