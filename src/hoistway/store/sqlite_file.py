"""A SQLite file and a connection to it; a file that went away or was replaced is noticed (https://www.sqlite.org/howtocorrupt.html)."""

import os
import sqlite3
import stat
import time
from pathlib import Path

from hoistway.store.collation import fold
from hoistway.store.damage import Damage
from hoistway.store.db import Conflict, Damaged, DatabaseUnavailable, NotWritable

# SQLite itself goes on with a file that has no name any more, and what it then writes is lost.
_LOOK_EVERY = 0.05
_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_INTERRUPT,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNSAVED = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}
# Of another version, or restored in part: said by /readyz, and no bug. It has no code of its own.
_INCOMPLETE = ("no such table", "no such column")
# What durability rests on, for every connection that writes, those of migrations too: what was answered is on the disk. Safety
# beside it: no row refers to nothing.
DURABLE = {"journal_mode": "WAL", "synchronous": "FULL"}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
RESTS_ON = {**DURABLE, "foreign_keys": "ON"}


def refusal(error: sqlite3.Error) -> Exception:
    """What callers of the store hear instead."""
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(str(error))
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _UNSAVED:
        return NotWritable(str(error))
    if code is not None and code & 0xFF in _DAMAGED:
        return Damaged(str(error))
    if str(error).startswith(_INCOMPLETE) or (code is not None and code & 0xFF in _UNAVAILABLE):
        return DatabaseUnavailable(str(error))
    return error


def noted(damage: Damage, error: sqlite3.Error, statement: str) -> Exception:
    """The same, told to the operator where it is damage."""
    refused = refusal(error)
    if isinstance(refused, Damaged):
        damage.failed(refused, statement)
    return refused


def _lower(text: str | int | float | None) -> str | int | float | None:
    return fold(text) if isinstance(text, str) else text


def connect(path: Path) -> sqlite3.Connection:
    """Opens the file, which must exist, with the settings every process must share: WAL, durable commits, foreign keys.

    Raises DatabaseUnavailable."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
            timeout=0,
        )
        connection.execute("PRAGMA busy_timeout = 2000")
        for name, value in RESTS_ON.items():
            connection.execute(f"PRAGMA {name} = {value}")
        connection.execute("PRAGMA cache_size = -8000")
        # The loop must never wait inside SQLite for another process's lock: `write` waits outside, asynchronously.
        connection.execute("PRAGMA busy_timeout = 0")
        # SQLite's own lower() knows ASCII only; a search for "münchen" must find "MÜNCHEN".
        connection.create_function("lower", 1, _lower, deterministic=True)
    except sqlite3.Error as error:
        raise refusal(error) from error
    return connection


def keep_from_others(path: Path) -> list[str]:
    """Takes the rights of others from a database of ours and from what SQLite keeps beside it; says of one that belongs to
    somebody else what to do. A version of before, or a copy, may have left them."""
    said = []
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
        try:
            found = each.stat()
            if not found.st_mode & _OTHERS:
                continue
            if found.st_uid == os.geteuid():
                each.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
                continue
        except OSError:
            # It is missing, or opening it says what is wrong.
            continue
        said.append(f"others than its owner can read {each}: chmod 600 {each}")
    return said


class SqliteFile:
    """One connection, which serves only while the file that it opened is the one with that name.

    One that was replaced needs a restart: the write-ahead log goes by the name, so connections to both would destroy it."""

    __slots__ = ("_identity", "_look_at", "_path", "open")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity = self._identify()
        self._look_at = 0.0
        self.open = connect(path)

    def connection(self) -> sqlite3.Connection:
        """Raises DatabaseUnavailable."""
        now = time.monotonic()
        if now >= self._look_at:
            self.look()
            self._look_at = now + _LOOK_EVERY
        return self.open

    def look(self) -> None:
        """Raises DatabaseUnavailable."""
        if self._identify() != self._identity:
            raise DatabaseUnavailable("another file has taken the place of the database: restart the server")

    def _identify(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except FileNotFoundError as error:
            raise DatabaseUnavailable(f"the database file is gone: {error.strerror}") from error
        except OSError as error:
            raise DatabaseUnavailable(f"the database file can't be looked at: {error.strerror}") from error
        return found.st_dev, found.st_ino
