"""Copies a SQLite database as of one moment, and restores a copy without leaving an old write-ahead log behind
(https://www.sqlite.org/lang_vacuum.html#vacuuminto).
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from hoistway.on_disk import begun_beside, keep_named
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.sqlite_file import connect

_BESIDE = ("-wal", "-shm", "-journal")
BEGUN = "restored"
"""In the name of a file that is being restored."""


class CannotBackUp(Exception):
    """Its text says what to do."""


def _stroke(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _check_room(error: sqlite3.Error, target: Path) -> None:
    """Raises OSError where the disk of the copy is full; the original file is unharmed then."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error


def copy_sqlite(path: Path, target: Path) -> None:
    """Copies into an empty file what is committed, including what is still in the log; the server may run meanwhile. Raises
    DatabaseUnavailable, and OSError where the target can't be written."""
    # SQLite's errors do not say which of the two files they are about.
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            _check_room(error, target)
            raise DatabaseUnavailable(str(error)) from error


def _copy_checked(source: Path, target: Path) -> None:
    """Raises CannotBackUp where the file is not a complete database of this program."""
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            with closing(sqlite3.connect(target)) as begun:
                connection.backup(begun)
                begun.execute("PRAGMA journal_mode = DELETE")
                found = begun.execute("PRAGMA integrity_check(1)").fetchone()
                # A dangling reference is as much a fault of the file as a broken page.
                astray = begun.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        _check_room(error, target)
        raise CannotBackUp(f"{source} is no backup of a Hoistway on SQLite: {error}") from error
    if found != ("ok",) or astray is not None:
        raise CannotBackUp(f"{source} is damaged: take another backup")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Opens the database with its log folded in and locks out everybody else. Raises CannotBackUp where a server has it
    open. A damaged file, which no server can open either, is moved aside as it is."""
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            # SQLite leaves WAL mode only if no other connection is open.
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise CannotBackUp("the server is running on this database: stop it, then restore") from error
        except sqlite3.DatabaseError:
            pass
        yield


@contextmanager
def restoring_sqlite(path: Path, source: Path, moment: str, *, only_try: bool) -> Iterator[tuple[Path, Path | None]]:
    """Gives (the new file, where the old one is kept or None). Unless it is only tried, the new file gets the name when the
    block ends. Where the name is a link, the file that it leads to is replaced, because SQLite keeps its log there."""
    path = path.resolve()
    aside = _stroke(path, f".before-{moment}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path):
        pass
    with begun_beside(path, BEGUN, ("", *_BESIDE)) as begun:
        _copy_checked(source, begun)
        yield begun, aside if path.exists() else None
        if only_try:
            return
        _give(begun, path)
        with closing(sqlite3.connect(begun)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        with _alone(path):
            _exchange(begun, path, aside)


def _give(begun: Path, path: Path) -> None:
    """Makes the server's user the owner, in case root restores."""
    if os.geteuid() == 0:
        owner = (path if path.exists() else path.absolute().parent).stat()
        os.chown(begun, owner.st_uid, owner.st_gid)


def _exchange(begun: Path, path: Path, aside: Path) -> None:
    """Moves the old log first: a log beside the name belongs to the old file and would be played into the new one."""
    with suppress(FileNotFoundError):
        os.link(path, aside)
    for each in _BESIDE:
        with suppress(FileNotFoundError):
            _stroke(path, each).rename(_stroke(aside, each))
    begun.rename(path)
    keep_named(path)
