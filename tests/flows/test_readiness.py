"""/readyz says what is missing, within a second and without a traceback: tables, room to save, a database that answers."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest

from hoistway.store.db import DatabaseUnavailable, NotWritable, Unsent
from hoistway.store.postgresql_tx import refusal
from hoistway.store.writing import SAY_EVERY, SURE_AFTER, Writing
from tests.attacks.asking import daemon_token, password
from tests.engines import EngineName, administer, drop_database, fresh_database
from tests.flows.test_database_away import assert_unavailable
from tests.server import Served, populate, serving
from tests.world import API_URI


@pytest.fixture
def server(engine_name: EngineName) -> Iterator[Served]:
    url = fresh_database(engine_name, populate)
    with serving(url) as served:
        yield served
    drop_database(url)


def drop(served: Served, *tables: str) -> None:
    if served.database.startswith("sqlite"):
        with sqlite3.connect(served.database.removeprefix("sqlite:///")) as connection:
            for table in tables:
                connection.execute(f"DROP TABLE {table}")
        connection.close()
        return

    async def run() -> None:
        connection = await asyncpg.connect(served.database)
        for table in tables:
            await connection.execute(f"DROP TABLE {table} CASCADE")
        await connection.close()

    asyncio.run(run())


def ready(served: Served) -> tuple[int, dict[str, bool]]:
    reply = httpx2.get(f"{served.url}/readyz")
    return reply.status_code, reply.json()["checks"]


@pytest.mark.parametrize("missing", [("outbox",), ("alembic_version",), ("jobs", "alembic_version")])
def test_what_a_restored_database_lacks(
    server: Served, missing: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    assert ready(server) == (200, dict.fromkeys(("database", "schema", "writable", "keys"), True))
    drop(server, *missing)
    for _ in range(2):
        status, checks = ready(server)
        assert (status, checks["database"], checks["schema"]) == (503, True, False)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def said(caplog: pytest.LogCaptureFixture, event: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == event]


def test_a_postgresql_that_can_only_be_read(caplog: pytest.LogCaptureFixture) -> None:
    """Reading goes on; the words are right, and the cause stands in the log once."""
    url = fresh_database("postgresql", populate)
    name = urlsplit(url).path.removeprefix("/")

    def set_read_only(value: str) -> None:
        administer(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")
        administer(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with serving(url) as served:
        set_read_only("on")
        for _ in range(2):
            assert ready(served) == (503, {"database": True, "schema": True, "writable": False, "keys": True})
            reply = password(served, "daemon-a", scope=API_URI)
            assert_unavailable("password", reply)
            assert "saved" in reply.json()["error_description"]
        assert daemon_token(served)
        set_read_only("off")
    drop_database(url)
    assert len(said(caplog, "nothing can be saved")) == 1


def test_what_full_disks_and_lost_connections_are_called() -> None:
    assert isinstance(refusal(asyncpg.DiskFullError("no space left")), NotWritable)
    lost = refusal(asyncpg.InternalClientError("got result for unknown protocol state 3"))
    assert type(lost) is DatabaseUnavailable
    unsent = refusal(asyncpg.InternalClientError("cannot switch to state 12"))
    assert isinstance(unsent, Unsent)
    bug = asyncpg.PostgresSyntaxError("a bug")
    assert refusal(bug) is bug


def test_the_cause_is_said_at_once_and_then_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1000.0]
    monkeypatch.setattr("hoistway.store.writing.time.monotonic", lambda: at[0])
    caplog.set_level(logging.INFO, "hoistway")
    writing = Writing()
    for _ in range(int(SAY_EVERY) + 1):
        writing.failed(NotWritable("disk full"))
        writing.worked()
        at[0] += 1
    assert len(said(caplog, "nothing can be saved")) == 2
    assert not writing.may_work, "a small change now and then is no room"
    at[0] += SURE_AFTER
    writing.worked()
    assert len(said(caplog, "saving works again")) == 1
