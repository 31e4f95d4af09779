"""A SQLite file and a connection to it; notices when the file was deleted or replaced (https://www.sqlite.org/howtocorrupt.html)."""

import os
import sqlite3
import stat
import time
from pathlib import Path

from hoistway.store.collation import fold
from hoistway.store.damage import Damage
from hoistway.store.db import Conflict, Damaged, DatabaseUnavailable, NotWritable

# SQLite itself continues on a file that was deleted, and what it writes then is lost.
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
# The schema is of another version, or was restored in part. That is no bug; /readyz reports it. The error has no code
# of its own.
_INCOMPLETE = ("no such table", "no such column")
# Durability rests on these settings, for every connection that writes, migrations included: a change is on the disk
# before it is answered. Foreign keys are checked, too.
DURABLE = {"journal_mode": "WAL", "synchronous": "FULL"}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
RESTS_ON = {**DURABLE, "foreign_keys": "ON"}


def refusal(error: sqlite3.Error) -> Exception:
    """What callers of the store get instead of the driver's exception."""
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
    """The same, and reports damage to the operator."""
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
        # SQLite must never wait inside the event loop for another process's lock; `write` waits outside,
        # asynchronously.
        connection.execute("PRAGMA busy_timeout = 0")
        # SQLite's own lower() only knows ASCII, but a search for "münchen" must find "MÜNCHEN".
        connection.create_function("lower", 1, _lower, deterministic=True)
    except sqlite3.Error as error:
        raise refusal(error) from error
    return connection


def keep_from_others(path: Path) -> list[str]:
    """Removes other users' access to our database and the files that SQLite keeps beside it, which an older version or
    a copy may have left. Where a file belongs to another user, says what to do."""
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
            # The file is missing, or opening it will report what is wrong.
            continue
        said.append(f"others than its owner can read {each}: chmod 600 {each}")
    return said


class SqliteFile:
    """One connection, which works only as long as the file that it opened still has that name. After a replacement the
    process must restart: SQLite finds the write-ahead log by name, so connections to both files would destroy the new
    one."""

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
