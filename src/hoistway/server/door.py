"""The Unix socket over which `hoistway reload` asks the parent for a reload, and learns the outcome (unix(7))."""

import os
import socket
import stat
import struct
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from hoistway.journal import LOG
from hoistway.store.open import sqlite_path

RELOAD, TRY = b"reload\n", b"try\n"
MOST_CALLERS = 8
SAYS_WITHIN = 5.0
BUSY = f"{MOST_CALLERS} callers wait already, and the server hears no more: ask again when they have their answer"
SERVICE_FOLDER = Path("/run/hoistway")


class Outcome(msgspec.Struct, frozen=True):
    """`because` is empty where it succeeded. A program of the version before tells no warnings."""

    done: bool
    because: str = ""
    warnings: tuple[str, ...] = ()


def folders(data: Path | None, database: str | None, environ: Mapping[str, str]) -> list[Path]:
    """Folders for the socket, of which the first that exists is used: the demonstration's own; the one that systemd
    made for the service (RuntimeDirectory=); that of the SQLite file; and the user's own temporary one."""
    if data is not None:
        return [data]
    own = [Path(name) for name in environ.get("RUNTIME_DIRECTORY", "").split(":") if name]
    file = None if database is None else sqlite_path(database)
    beside = [] if file is None else [file.parent]
    return [*(own or [SERVICE_FOLDER]), *beside, temporary()]


def temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"hoistway-{os.geteuid()}"


def name_for(port: int | str) -> str:
    return f"serve-{port}.sock"


@contextmanager
def opened(folder: Path, owners: Collection[int] | None) -> Iterator[tuple[Path, int]]:
    """Opens the folder; gives its path below /proc/self/fd, and its owner. That path is short enough for a Unix socket (108
    bytes), and leads to this very folder even if somebody puts another one in its place. `owners` are the users to whom
    it may belong, None for any. The folder for temporary files must be this user's own and no link, because anybody may
    put a link there. Raises OSError; PermissionError where others may write to the folder."""
    no_link = 0
    if folder == temporary():
        owners, no_link = {os.geteuid()}, os.O_NOFOLLOW
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | no_link)
    try:
        facts = os.fstat(opened)
        if owners is not None and facts.st_uid not in owners:
            raise PermissionError(f"{folder} belongs to another user")
        if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"others may write to {folder}")
        yield Path(f"/proc/self/fd/{opened}"), facts.st_uid
    finally:
        os.close(opened)


def user_of(peer: socket.socket) -> int:
    """The user at the other end, as the system reports it."""
    user: int
    _pid, user, _group = struct.unpack(
        "3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    )
    return user


def is_trusted(user: int) -> bool:
    return user in {0, os.geteuid()}


class Door:
    """The parent's end. `listening` is None where there was no folder for it; then a reload can only be asked for with
    SIGHUP."""

    def __init__(self, listening: socket.socket | None, path: Path | None) -> None:
        self.listening = listening
        self.path = path
        self._callers: dict[socket.socket, float] = {}
        self.waiting: list[socket.socket] = []
        self.trying: list[socket.socket] = []
        self.asked: list[socket.socket] = []
        if listening is not None:
            listening.setblocking(False)

    @property
    def files(self) -> list[int]:
        """The files to wait for."""
        own = [] if self.listening is None else [self.listening.fileno()]
        return [*own, *(one.fileno() for one in self._callers)]

    def listen(self) -> bool:
        """Reads from callers; True where somebody asked for something."""
        before = len(self.waiting) + len(self.trying)
        with suppress(BlockingIOError, InterruptedError):
            while self.listening is not None:
                self._admit(self.listening.accept()[0])
        for caller, until in list(self._callers.items()):
            self._hear(caller, until)
        return len(self.waiting) + len(self.trying) > before

    def _admit(self, caller: socket.socket) -> None:
        caller.setblocking(False)
        if not is_trusted(user_of(caller)):
            caller.close()
        elif max(len(self._callers), len(self.waiting), len(self.trying)) >= MOST_CALLERS:
            self.tell(Outcome(False, BUSY), [caller])
        else:
            self._callers[caller] = time.monotonic() + SAYS_WITHIN

    def _hear(self, caller: socket.socket, until: float) -> None:
        try:
            said = caller.recv(16)
        except BlockingIOError:
            if time.monotonic() < until:
                return
            said = b""
        except OSError:
            said = b""
        del self._callers[caller]
        wanted = {RELOAD: self.waiting, TRY: self.trying}.get(said)
        if wanted is None:
            caller.close()
        else:
            wanted.append(caller)

    def begin(self) -> None:
        """Callers that waited get the outcome of the reload that begins now."""
        self.asked += self.waiting
        self.waiting = []

    def tell(self, outcome: Outcome, to: list[socket.socket]) -> None:
        for one in to:
            with one, suppress(OSError):
                one.send(msgspec.json.encode(outcome) + b"\n")
        to.clear()

    def close(self) -> None:
        """Callers that still wait notice that the server ends."""
        for one in (*self._callers, *self.waiting, *self.trying, *self.asked):
            one.close()
        if self.listening is not None:
            self.listening.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Called in a child, which has no use for it."""
        self.path = None
        self.close()


def adopt_door(listening: int | None, path: str | None, asked: Sequence[int], waiting: Sequence[int]) -> Door:
    """The door that the parent handed on to itself."""
    door = Door(None if listening is None else socket.socket(fileno=listening), None if path is None else Path(path))
    door.asked = [socket.socket(fileno=one) for one in asked]
    door.waiting = [socket.socket(fileno=one) for one in waiting]
    for one in (*door.asked, *door.waiting):
        one.setblocking(False)
    return door


def open_door(choices: Sequence[Path], port: int) -> Door:
    reason = ""
    for folder in choices:
        try:
            if folder == temporary():
                folder.mkdir(mode=0o700, exist_ok=True)
            return Door(_bind(folder, port), folder / name_for(port))
        except OSError as error:
            reason = f"{folder}: {error.strerror or error}"
    LOG.warning("no socket for reloads", because=reason, fix="send SIGHUP, or set RUNTIME_DIRECTORY")
    return Door(None, None)


def _bind(folder: Path, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A folder of another user, even of root, is refused: a file of that name there may be that user's.
        with opened(folder, {os.geteuid()}) as (inside, _owner):
            address = inside / name_for(port)
            # Left by a server that was killed, because a running one would hold the port.
            address.unlink(missing_ok=True)
            listening.bind(str(address))
            address.chmod(0o600)
            listening.listen(MOST_CALLERS)
    except OSError:
        listening.close()
        raise
    return listening
