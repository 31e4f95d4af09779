"""A SQLite file that can be read but not written: reading goes on, writing answers 503 and leaves nothing behind."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import pytest

from hoistway.store import sqlite_db
from hoistway.store.patience import ANSWER_WITHIN
from hoistway.store.sqlite_file import SqliteFile
from tests.attacks.asking import bearer, daemon_token, password, refresh
from tests.engines import drop_database, fresh_database
from tests.flows.test_database_away import assert_unavailable, rows
from tests.server import Served, populate, serving
from tests.world import API_URI

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[SqliteFile]:
    """The server's own connections, which are reached into to make SQLite refuse."""
    opened: list[SqliteFile] = []

    class Noted(SqliteFile):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            opened.append(self)

    monkeypatch.setattr(sqlite_db, "SqliteFile", Noted)
    monkeypatch.setattr(sqlite_db, "_LOCK_WAIT", 0.3)
    return opened


@pytest.fixture
def server(files: list[SqliteFile]) -> Iterator[Served]:
    url = fresh_database("sqlite", populate)
    with serving(url, within=ANSWER_WITHIN) as served:
        yield served
    drop_database(url)


def path_of(served: Served) -> str:
    return served.database.removeprefix("sqlite:///")


@contextmanager
def locked(served: Served, files: list[SqliteFile]) -> Iterator[None]:
    """Another process writes for longer than this one waits."""
    command = [sys.executable, "-c", HOLD, path_of(served)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.close()


@contextmanager
def read_only(served: Served, files: list[SqliteFile]) -> Iterator[None]:
    for file in files[:2]:
        file.open.execute("PRAGMA query_only = ON")
    yield
    for file in files[:2]:
        file.open.execute("PRAGMA query_only = OFF")


@contextmanager
def full(served: Served, files: list[SqliteFile]) -> Iterator[None]:
    """The first pages after this are one too many."""
    with sqlite3.connect(path_of(served)) as other:
        (pages,) = other.execute("PRAGMA page_count").fetchone()
    other.close()
    for file in files[:2]:
        file.open.execute(f"PRAGMA max_page_count = {pages}")
    yield
    for file in files[:2]:
        file.open.execute("PRAGMA max_page_count = 1073741823")


Trouble = Callable[[Served, list[SqliteFile]], AbstractContextManager[None]]


@pytest.mark.parametrize("trouble", [locked, read_only])
def test_only_what_writes_is_refused(server: Served, files: list[SqliteFile], trouble: Trouble) -> None:
    token = daemon_token(server)
    scope = f"{API_URI} offline_access"
    held = password(server, "daemon-a", scope=scope).json()["refresh_token"]
    before = rows(server.database)
    with trouble(server, files):
        assert_unavailable("password", password(server, "daemon-a", scope=scope))
        assert_unavailable("refresh", refresh(server, held, "ropc"))
        assert bearer(server, token).status_code == 200
        assert bearer(server, token, "/api/v1/sites").status_code == 200
        assert daemon_token(server)
        assert httpx2.get(f"{server.url}/healthz").status_code == 200
        assert rows(server.database) == before
    assert refresh(server, held, "ropc").status_code == 200
    assert password(server, "daemon-a", scope=scope).status_code == 200


@pytest.mark.parametrize("trouble", [locked, read_only])
def test_readiness_says_that_nothing_can_be_saved(
    server: Served, files: list[SqliteFile], trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    with trouble(server, files):
        for _ in range(2):
            reply = password(server, "daemon-a", scope=API_URI)
            assert_unavailable("password", reply)
            assert ("saved" in reply.text) is (trouble is read_only)
            ready = httpx2.get(f"{server.url}/readyz")
            assert (ready.status_code, ready.json()["checks"]["writable"]) == (503, False)
            assert ready.elapsed.total_seconds() < 1
    told = [record for record in caplog.records if record.getMessage() == "nothing can be saved"]
    assert len(told) == (1 if trouble is read_only else 0)


def test_the_queue_for_the_lock_is_answered_together(server: Served, files: list[SqliteFile]) -> None:
    """The limit counts from when each arrived, and once one has waited in vain, the others don't."""
    scope = f"{API_URI} offline_access"
    held = [password(server, "daemon-a", scope=scope).json()["refresh_token"] for _ in range(3)]
    with locked(server, files), ThreadPoolExecutor(24) as threads:
        begun = time.monotonic()
        replies = list(threads.map(lambda n: refresh(server, held[n % 3], "ropc"), range(24)))
        replies += list(threads.map(lambda _: password(server, "daemon-a", "wrong"), range(8)))
        took = time.monotonic() - begun
    assert {reply.status_code for reply in replies} == {503}
    assert took < 3
    assert all(refresh(server, token, "ropc").status_code == 200 for token in held)


def test_a_full_disk_undoes_the_whole_transaction(server: Served, files: list[SqliteFile]) -> None:
    """Families are added until there is no room; each that was answered is there, and nothing of the one refused."""
    scope = f"{API_URI} offline_access"
    before, given = rows(server.database), []
    with full(server, files):
        while (reply := password(server, "daemon-a", scope=scope)).status_code == 200:
            given.append(reply.json()["refresh_token"])
        assert_unavailable("password", reply)
        assert "saved" in reply.text
        assert httpx2.get(f"{server.url}/readyz").json()["checks"]["writable"] is False
        after = rows(server.database)
    assert after["grants"] - before["grants"] == len(given)
    assert password(server, "daemon-a", scope=scope).status_code == 200
    assert all(refresh(server, token, "ropc").status_code == 200 for token in given)


def test_another_file_in_its_place_is_not_touched(server: Served, files: list[SqliteFile]) -> None:
    """Until a restart: the write-ahead log of the two would be one."""
    path = Path(path_of(server))
    own, other = path.with_suffix(".own"), path.with_suffix(".other")
    with sqlite3.connect(path) as source, sqlite3.connect(other) as target:
        source.backup(target)
    source.close()
    target.close()
    path.rename(own)
    other.rename(path)
    time.sleep(0.1)
    assert_unavailable("password", password(server, "daemon-a", scope=API_URI))
    assert httpx2.get(f"{server.url}/readyz").status_code == 503
    own.rename(path)
    assert password(server, "daemon-a", scope=API_URI).status_code == 200
