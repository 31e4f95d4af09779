"""Rewrites the database without what was removed from it (https://www.sqlite.org/lang_vacuum.html,
https://www.postgresql.org/docs/current/routine-vacuuming.html)."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from hoistway.store.db import DatabaseUnavailable
from hoistway.store.open import sqlite_path
from hoistway.store.postgresql_backup import removed_postgresql, vacuum_postgresql
from hoistway.store.sqlite_file import connect


class StillRead(Exception):
    """Somebody reads in the write-ahead log, which keeps what was removed until it is emptied."""


def compact(url: str) -> None:
    """The server may run meanwhile, but writers wait. Raises DatabaseUnavailable, StillRead, CannotBackUp."""
    path = sqlite_path(url)
    if path is None:
        asyncio.run(vacuum_postgresql(url))
    else:
        _compact_sqlite(path)


def removed_since(url: str) -> Mapping[str, int]:
    """What lies in the database without belonging to it: pages of SQLite, rows as PostgreSQL estimates them. Raises
    DatabaseUnavailable."""
    path = sqlite_path(url)
    if path is None:
        return {"removed_rows": asyncio.run(removed_postgresql(url))}
    with closing(connect(path)) as connection:
        try:
            ((pages,), (size,)) = (
                connection.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_size")
            )
        except sqlite3.Error as error:
            raise DatabaseUnavailable(str(error)) from error
    return {"removed_bytes": pages * size}


def _compact_sqlite(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        try:
            connection.execute("VACUUM")
            busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise DatabaseUnavailable(str(error)) from error
    if busy:
        raise StillRead
