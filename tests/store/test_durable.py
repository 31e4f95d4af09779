"""What durability and safety rest on, read back from every connection that is opened."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import literal_column, select

from hoistway.store import sqlite_db
from hoistway.store.connections import Connections
from hoistway.store.db import Statement
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.sqlite_file import SqliteFile
from tests.engines import administer, drop_database, fresh_database


def settings_of(connection: sqlite3.Connection) -> dict[str, object]:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}


RIGHT = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 0}


async def test_every_connection_to_a_sqlite_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """WAL, FULL (2), foreign keys, and never a wait inside SQLite: reading, writing, scanning."""
    seen: list[dict[str, object]] = []

    class Noted(SqliteFile):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            seen.append(settings_of(self.open))

    monkeypatch.setattr(sqlite_db, "SqliteFile", Noted)
    url = fresh_database("sqlite", migrate)
    db = await open_database(url)
    await db.slow(Statement(lambda: select(literal_column("1")), int), {})
    await db.close()
    assert seen == [RIGHT] * 3
    drop_database(url)


def test_a_migrated_file_keeps_its_mode() -> None:
    url = fresh_database("sqlite")
    migrate(url)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    drop_database(url)


async def test_every_connection_to_postgresql() -> None:
    """What was answered is on the disk, whatever the server was told; a standby that is waited for stays one."""
    url = fresh_database("postgresql", migrate)
    name = url.partition("@/")[2].partition("?")[0]
    for told, right in (("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")):
        administer(f"ALTER DATABASE {name} SET synchronous_commit = {told}")
        connections = Connections(url, 1)
        taken = await connections.take()
        assert await taken.fetchval("SHOW synchronous_commit") == right
        connections.give(taken)
        await connections.close()
    drop_database(url)
