"""A damaged database: callers are told that the operator must look, the log and /readyz tell the operator."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import asyncpg
import httpx2
import pytest

from hoistway.store import sqlite_file
from hoistway.store.damage import SAY_EVERY, SURE_AFTER, Damage
from hoistway.store.db import Damaged
from hoistway.store.postgresql_tx import refusal
from tests.attacks.asking import bearer, daemon_token
from tests.engines import drop_database, fresh_database
from tests.flows.browser import Person
from tests.server import Served, populate, serving

# What a malformed index makes of a statement that needs it.
MALFORMED = """
CREATE FUNCTION malformed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'index "users_pkey" contains unexpected zero page' USING ERRCODE = 'XX002'; END $$;
CREATE TRIGGER malformed BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION malformed();
"""


def damage_sqlite(url: str) -> None:
    """The first page of the table and of each of its indexes, as a disk that lost them would give it."""
    path = Path(url.removeprefix("sqlite:///"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        pages = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'units' AND rootpage > 0"
        ).fetchall()
    connection.close()
    with path.open("r+b") as file:
        for (page,) in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)


def damage_postgresql(url: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(MALFORMED)
        await connection.close()

    asyncio.run(run())


def said(caplog: pytest.LogCaptureFixture, event: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == event]


def check_told(served: Served, reply: httpx2.Response, caplog: pytest.LogCaptureFixture) -> None:
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "60")
    assert "the operator must look" in reply.json()["detail"]
    ready = httpx2.get(f"{served.url}/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert ready.json()["checks"] == {"database": False, "schema": True, "writable": True, "keys": True}
    assert "damaged" in ready.json()["because"]
    assert [record.levelno for record in said(caplog, "the database is damaged")] == [logging.ERROR]
    assert daemon_token(served), "what does not need it goes on"


def test_a_damaged_table_of_sqlite(caplog: pytest.LogCaptureFixture) -> None:
    url = fresh_database("sqlite", populate)
    damage_sqlite(url)
    with serving(url) as served:
        assert httpx2.get(f"{served.url}/readyz").status_code == 200, "nobody has met it yet"
        token = daemon_token(served)
        for _ in range(2):
            check_told(served, bearer(served, token), caplog)
    drop_database(url)


def test_a_damaged_index_of_postgresql(caplog: pytest.LogCaptureFixture) -> None:
    url = fresh_database("postgresql", populate)
    damage_postgresql(url)
    with serving(url) as served:
        assert httpx2.get(f"{served.url}/readyz").status_code == 200, "nobody has met it yet"
        token = Person(served).tokens("spa", "ann", "openid profile.read profile.write")["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        for _ in range(2):
            reply = httpx2.patch(f"{served.url}/api/v1/users/u-ann", json={"name": "Kim"}, headers=headers)
            check_told(served, reply, caplog)
    drop_database(url)


def test_what_damage_is_called() -> None:
    for kind in (asyncpg.DataCorruptedError, asyncpg.IndexCorruptedError):
        assert isinstance(refusal(kind("invalid page in block 7")), Damaged)
    for code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT_INDEX):
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = code
        assert isinstance(sqlite_file.refusal(error), Damaged)


def test_it_is_said_at_once_and_then_once_a_minute_until_the_statement_succeeds(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1000.0]
    monkeypatch.setattr("hoistway.store.damage.time.monotonic", lambda: at[0])
    caplog.set_level(logging.INFO, "hoistway")
    damage = Damage()
    for _ in range(int(SAY_EVERY) + 1):
        damage.failed(Damaged("malformed"), "SELECT 1")
        damage.worked("SELECT 1")
        at[0] += 1
    assert len(said(caplog, "the database is damaged")) == 2
    assert damage.places, "another row of it may lie elsewhere"
    at[0] += SURE_AFTER
    damage.worked("SELECT 2")
    assert damage.places, "another statement proves nothing"
    damage.worked("SELECT 1")
    assert not damage.places
    assert len(said(caplog, "the database is no longer damaged")) == 1
