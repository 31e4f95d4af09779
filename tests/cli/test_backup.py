"""A backup is made while the server runs; restoring it brings no later row back, and everything or nothing changes."""

import asyncio
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from hoistway import clock as real_clock
from hoistway.store.audit import latest_entries
from hoistway.store.customers import list_customers
from hoistway.store.db import Database
from tests.attacks.asking import refresh, refusal
from tests.cli.running import answer, point_at, run
from tests.engines import EngineName, administer, drop_database, fresh_database, programs
from tests.flows.browser import Person
from tests.server import Clock, populate, serving
from tests.store.test_schema import on
from tests.world import SECRET

REPLAYED = (400, "invalid_grant")


@dataclass(frozen=True)
class Place:
    url: str
    folder: Path
    clock: Clock

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def names(self) -> set[str]:
        async def read(db: Database) -> set[str]:
            return {row.name for row in await list_customers(db)}

        return on(self.url, read)

    def noted(self, event: str) -> int:
        async def read(db: Database) -> int:
            return len(await latest_entries(db, event))

        return on(self.url, read)

    def add(self, name: str) -> None:
        run("customer", "add", name.lower(), "--name", name)


@pytest.fixture
def place(engine_name: EngineName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    url, clock = fresh_database(engine_name, populate), Clock()
    point_at(monkeypatch, url)
    monkeypatch.setattr(real_clock, "now", clock)
    monkeypatch.setenv("PATH", f"{programs()}{os.pathsep}{os.environ['PATH']}")
    yield Place(url, tmp_path, clock)
    drop_database(url)


def test_what_came_later_is_gone_and_is_kept_aside(place: Place) -> None:
    saved = place.folder / "saved"
    with serving(place.url):
        place.add("Before")
        assert answer("backup", str(saved))["bytes"] == saved.stat().st_size
        place.add("After")
        refused = run("restore", str(saved), code=1)
        assert "stop" in refused.stderr
        assert {"Before", "After"} <= place.names()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert "exists" in run("backup", str(saved), code=1).stderr
    place.clock.turn(5)
    told = answer("restore", str(saved))
    assert told["rotations_accepted_until"] is None
    assert "Before" in place.names()
    assert "After" not in place.names()
    with serving(place.url):
        assert "After" not in place.names()

    assert place.noted("database.restored") == 1
    place.clock.turn(5)
    again = place.folder / "again"
    answer("backup", str(again))
    answer("restore", str(again))


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_an_old_log_is_not_played_into_the_restored_file(place: Place) -> None:
    """The log of a server that was killed lies beside the name."""
    saved = place.folder / "saved"
    answer("backup", str(saved))
    held = sqlite3.connect(place.file)
    held.execute("INSERT INTO customers (id, name, created_at) VALUES ('late', 'Late', 1)")
    held.commit()
    kept = {name: place.file.with_name(place.file.name + name) for name in ("", "-wal", "-shm")}
    for name, path in kept.items():
        shutil.copyfile(path, place.folder / f"killed{name}")
    held.close()
    for name, path in kept.items():
        shutil.copyfile(place.folder / f"killed{name}", path)
    assert kept["-wal"].stat().st_size > 0
    told = answer("restore", str(saved))
    assert "Late" not in place.names()
    with sqlite3.connect(told["before"]) as before:
        assert before.execute("SELECT count(*) FROM customers WHERE id = 'late'").fetchone() == (1,)
    before.close()


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("state", ["gone", "damaged"])
def test_a_database_that_is_lost_is_restored(place: Place, state: str) -> None:
    place.add("Kept")
    saved = place.folder / "saved"
    answer("backup", str(saved))
    if state == "gone":
        place.file.unlink()
    else:
        place.file.write_bytes(b"no database" * 1000)
    answer("restore", str(saved))
    assert "Kept" in place.names()


def test_what_is_no_backup_changes_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.add("Here")
    saved, wrong = place.folder / "saved", place.folder / "wrong"
    answer("backup", str(saved))
    wrong.write_bytes(saved.read_bytes()[:3000])
    run("restore", str(wrong), code=1)
    run("restore", str(place.folder / "missing"), code=2)
    monkeypatch.setenv("HOISTWAY_MASTER_KEY", "A" * 43)
    assert "another master key" in run("restore", str(saved), code=2).stderr
    assert "Here" in place.names()
    if place.url.startswith("sqlite"):
        assert [path.name for path in place.file.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_program_that_is_missing_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = place.folder / "saved"
    answer("backup", str(saved))
    monkeypatch.setenv("PATH", str(place.folder))
    assert "pg_dump is not on the PATH" in run("backup", str(place.folder / "other"), code=1).stderr
    assert "pg_restore is not on the PATH" in run("restore", str(saved), code=1).stderr
    assert place.names()


def rotated(place: Place) -> tuple[Path, str, str]:
    """A backup, the token that it knows as the living one, and the one that the browser has."""
    saved = place.folder / "saved"
    with serving(place.url, now=place.clock) as served:
        known = Person(served).tokens("spa", "ann", "openid offline_access")["refresh_token"]
        answer("backup", str(saved))
        place.clock.turn(100)
        held = refresh(served, known).json()["refresh_token"]
        place.clock.turn(100)
        held = refresh(served, held).json()["refresh_token"]
    place.clock.turn(5)
    return saved, known, held


def test_a_later_rotation_looks_replayed_where_nothing_was_said(place: Place) -> None:
    saved, _known, held = rotated(place)
    answer("restore", str(saved))
    with serving(place.url, now=place.clock) as served:
        assert refusal(refresh(served, held)) == REPLAYED


def test_a_later_rotation_is_accepted_once_inside_the_window(place: Place) -> None:
    """And what comes after it is judged as ever: the token that the backup knew is a replay now."""
    saved, known, held = rotated(place)
    told = answer("restore", str(saved), "--accept-rotations-for", "3600")
    assert told["rotations_accepted_until"] == place.clock() + 3600
    with serving(place.url, now=place.clock) as served:
        assert refusal(refresh(served, held, "web", client_secret=SECRET))[0] == 400
        onward = refresh(served, held)
        assert onward.status_code == 200
        same = refresh(served, held)
        assert same.json()["refresh_token"] == onward.json()["refresh_token"]
        assert refusal(refresh(served, known)) == REPLAYED
        assert refusal(refresh(served, onward.json()["refresh_token"])) == REPLAYED

    assert place.noted("grant.taken_up") == 1


def test_a_family_is_taken_up_once_and_in_its_time(place: Place) -> None:
    saved, known, held = rotated(place)
    answer("restore", str(saved), "--accept-rotations-for", "3600")
    with serving(place.url, now=place.clock) as served:
        assert refresh(served, known).status_code == 200
        place.clock.turn(100)
        assert refusal(refresh(served, held)) == REPLAYED
    place.clock.turn(5)
    answer("restore", str(saved), "--accept-rotations-for", "3600")
    place.clock.turn(3600)
    with serving(place.url, now=place.clock) as served:
        assert refusal(refresh(served, held)) == REPLAYED


def test_the_window_is_bounded(place: Place, tmp_path: Path) -> None:
    run("restore", str(tmp_path / "any"), "--accept-rotations-for", str(7 * 86_400 + 1), code=2)


@contextmanager
def owned_by_another() -> Iterator[tuple[str, str]]:
    """(URL, user): the user may create in the schema public of a database that it doesn't own."""
    url = fresh_database("postgresql")
    name = urlsplit(url).path.removeprefix("/")
    user = f"{name}_user"
    administer(f"CREATE ROLE {user} LOGIN")

    async def allow() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {user}")
        await connection.close()

    asyncio.run(allow())
    try:
        yield url.replace("postgres@", f"{user}@"), user
    finally:
        drop_database(url)
        administer(f"DROP ROLE {user}")


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_user_who_may_not_keep_tables_aside_is_told_before_and_nothing_changes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = place.folder / "saved"
    with owned_by_another() as (url, user):
        point_at(monkeypatch, url, "https://id.example.com")
        words = ("--operator", "o@example.com", "--customer", "first", "--password-stdin")
        fix = "ALTER DATABASE"
        assert fix in run("setup", *words, input="a long enough password\n").stderr
        assert fix in run("backup", str(saved)).stderr
        place.add("Later")
        refused = run("restore", str(saved), code=1).stderr
        assert "nothing was changed" in refused
        assert f'OWNER TO "{user}"' in refused
        assert {row["name"] for row in answer("customer", "list")} >= {"first", "Later"}
        administer(f'GRANT CREATE ON DATABASE "{urlsplit(url).path.removeprefix("/")}" TO "{user}"')
        assert fix not in run("backup", str(place.folder / "again")).stderr
        place.clock.turn(5)
        answer("restore", str(saved))
        assert "Later" not in {row["name"] for row in answer("customer", "list")}


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_tables_of_another_owner_are_no_traceback(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = place.folder / "saved"
    answer("backup", str(saved))
    name = urlsplit(place.url).path.removeprefix("/")
    user = f"{name}_user"
    administer(f"CREATE ROLE {user} LOGIN")
    administer(f"GRANT CREATE ON DATABASE {name} TO {user}")
    point_at(monkeypatch, place.url.replace("postgres@", f"{user}@"))
    try:
        refused = run("restore", str(saved), code=1).stderr
        assert "must own Hoistway's tables" in refused
        assert "nothing was changed" in refused
        assert "must own Hoistway's tables" in run("customer", "list", code=3).stderr
        assert place.names()
    finally:
        drop_database(place.url)
        administer(f"DROP ROLE {user}")


def test_a_database_that_is_not_ours_makes_no_backup(
    engine_name: EngineName, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, saved = fresh_database(engine_name), place.folder / "saved"
    if engine_name == "sqlite":
        Path(url.removeprefix("sqlite:///")).touch()
    point_at(monkeypatch, url)
    assert "there is no Hoistway in this database" in run("backup", str(saved), code=1).stderr
    assert list(place.folder.iterdir()) == []
    drop_database(url)


def test_where_nothing_was_nothing_is_kept(
    engine_name: EngineName, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was there is found under the name that is told."""
    saved, url = place.folder / "saved", fresh_database(engine_name)
    answer("backup", str(saved))
    point_at(monkeypatch, url)
    place.clock.turn(5)
    assert answer("restore", str(saved))["before"] is None
    place.clock.turn(5)
    before = answer("restore", str(saved))["before"]
    if engine_name == "sqlite":
        assert Path(before).is_file()
    else:
        assert re.fullmatch(r"schema hoistway_before_\d{8}t\d{6}z", before)
    drop_database(url)


def test_a_folder_that_is_not_there_is_named(place: Place) -> None:
    missing = place.folder / "missing"
    said = run("backup", str(missing / "saved"), code=2).stderr
    assert f"there is no folder {missing}: make it" in said
    assert not missing.exists()
