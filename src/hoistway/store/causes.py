"""Explains a database error in one sentence with its fix, for the server's start and for every command, on both engines
(https://www.sqlite.org/rescode.html, https://www.postgresql.org/docs/current/errcodes-appendix.html).
"""

import errno
import os
import pwd
import shutil
import sqlite3
import stat
from pathlib import Path

from hoistway.store.db import DatabaseUnavailable
from hoistway.store.open import sqlite_path

# With less free space SQLite fails. For some of its files it does not report a full disk, only that they can't be
# written.
_ROOM = 256 * 1024
_NO_TABLES = (
    "the database lacks tables of this version: `hoistway setup` makes a new installation there, `hoistway init` upgrades an "
    "older one"
)
_AWAY = "check host and port in HOISTWAY_DATABASE, and that PostgreSQL runs"
# Classes of asyncpg are named by text, because commands on SQLite work without that driver.
_FIXES = {
    "InvalidPasswordError": "check user and password in HOISTWAY_DATABASE",
    "InvalidAuthorizationSpecificationError": "check the user in HOISTWAY_DATABASE, and pg_hba.conf",
    "InvalidCatalogNameError": "create it first; docs/operating.md, The database, has the statement",
    "InsufficientPrivilegeError": "the user in HOISTWAY_DATABASE must own Hoistway's tables and create in their schema: "
    "make it the owner (ALTER DATABASE name OWNER TO user), or grant it CREATE on the schema",
    "DiskFullError": "make room on the disk of PostgreSQL",
    "ReadOnlySQLTransactionError": "it is read-only, as a standby is: name the primary in HOISTWAY_DATABASE",
    "TooManyConnectionsError": "close some, or raise PostgreSQL's max_connections",
}


class Explained(DatabaseUnavailable):
    """Its text is the whole sentence for the operator."""


def _bottom(error: BaseException) -> BaseException:
    """The driver's own exception, below those of the libraries that wrap it."""
    while error.__cause__ is not None:
        error = error.__cause__
    original = getattr(error, "orig", None)
    return original if isinstance(original, BaseException) else error


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _mount(path: Path) -> Path:
    return next((each for each in (path, *path.parents) if each.is_mount()), path)


def full(path: Path) -> str:
    """The sentence for a file that could not be written because its disk is full."""
    return f"the disk is full, so {path} can't be written: make room on {_mount(path.absolute().parent)}"


def _may_not(path: Path, needs: int, act: str) -> str | None:
    """Why this user may not use the path, which exists; None where they may."""
    if os.access(path, needs, effective_ids=os.access in os.supports_effective_ids):
        return None
    found, me = path.stat(), _name(os.geteuid())
    owner, mode = _name(found.st_uid), stat.S_IMODE(found.st_mode)
    return (
        f"{path} belongs to {owner} and has the mode {mode:04o}, so {me} may not {act}: run the command as {owner}, or change "
        "owner or mode (chown, chmod)"
    )


def _barred(path: Path) -> str | None:
    """Why this user can't use the database file at this path. None where it exists and can be read and written."""
    path = path.absolute()
    for folder in reversed(path.parents):
        if not folder.exists():
            why = _may_not(folder.parent, os.W_OK | os.X_OK, f"make {folder.name} in it")
            return why or f"there is no folder {folder}: correct HOISTWAY_DATABASE, or make it"
        if not folder.is_dir():
            return f"{folder} is no folder: correct HOISTWAY_DATABASE"
        # SQLite creates its log and lock files beside the database file.
        use = (os.R_OK | os.W_OK | os.X_OK, "make files in it") if folder == path.parent else (os.X_OK, "enter it")
        why = _may_not(folder, *use)
        if why is not None:
            return why
    if path.is_dir():
        return f"{path} is a folder: name a file in HOISTWAY_DATABASE"
    if not path.exists():
        return f"there is no file {path}: correct HOISTWAY_DATABASE, or make a database there with `hoistway setup`"
    # The log and its index can belong to somebody else than the database file, for example to root after a command.
    several = [path, *(each for each in (path.with_name(path.name + end) for end in ("-wal", "-shm")) if each.exists())]
    return next(filter(None, (_may_not(each, os.R_OK | os.W_OK, "read and write it") for each in several)), None)


def _of_sqlite(bottom: BaseException, path: Path) -> str:
    said, code = str(bottom), (getattr(bottom, "sqlite_errorcode", None) or 0) & 0xFF
    if said.startswith(("no such table", "no such column")):
        return _NO_TABLES
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path} is no SQLite database: correct HOISTWAY_DATABASE, or put a backup there with `hoistway restore`"
    if code == sqlite3.SQLITE_CORRUPT:
        return f"{path} is damaged: put a backup there with `hoistway restore`"
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return f"another process has {path} locked: try again when it is done"
    if code == sqlite3.SQLITE_FULL or getattr(bottom, "errno", None) == errno.ENOSPC or _is_full(path):
        return full(path)
    why = _barred(path) if isinstance(bottom, sqlite3.Error | OSError) else None
    return f"the database can't be used: {why}" if why else f"the database {path} can't be used: {_plain(bottom)}"


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.absolute().parent).free < _ROOM
    except OSError:
        return False


def _plain(bottom: BaseException) -> str:
    said = " ".join(str(bottom).split())
    kind = type(bottom).__name__
    return said if isinstance(bottom, DatabaseUnavailable) and said else f"{kind}: {said}".rstrip(": ")


def _of_postgresql(bottom: BaseException) -> str:
    said, kind = " ".join(str(bottom).split()), type(bottom).__name__
    if kind in {"UndefinedTableError", "UndefinedColumnError"}:
        return _NO_TABLES
    if kind in _FIXES:
        return f"the database refuses: {said}: {_FIXES[kind]}"
    if kind == "gaierror":
        return f"the database does not answer: {said}: check the host in HOISTWAY_DATABASE"
    if isinstance(bottom, OSError | TimeoutError):
        return f"the database does not answer: {said or kind}: {_AWAY}"
    return f"the database does not answer: {_plain(bottom)}"


def sentence_of(error: BaseException, url: str) -> str:
    """The sentence for an exception that the store or a driver raised on the database of this URL."""
    if isinstance(error, Explained):
        return str(error)
    path, bottom = sqlite_path(url), _bottom(error)
    return _of_postgresql(bottom) if path is None else _of_sqlite(bottom, path)
