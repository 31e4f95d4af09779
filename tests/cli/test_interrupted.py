"""A command that is ended, at whatever step, leaves what was there before or what it was to make; never half of it."""

import asyncio
import errno
import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from hoistway import clock as real_clock
from hoistway.accounts.erasing import open_eraser
from hoistway.store.audit import latest_entries
from hoistway.store.db import Database
from hoistway.store.users import find_user
from hoistway.tokens.vault import Vault
from tests.cli.running import answer, point_at, run
from tests.cli.stopping import end_before
from tests.engines import EngineName, drop_database, fresh_database, programs, scratch
from tests.erased import ID, PERSON, furnish
from tests.server import MASTER_KEY, Clock, change, populate
from tests.store.test_schema import on

_FILE, _ROWS = "hoistway.store.sqlite_backup", "hoistway.store.postgresql_restore"
_AGAIN = "hoistway.commands.backup:end_again"
# (engine, the step before which it ends, calls of it that go on, whether the restore is done by then)
STEPS = [
    ("sqlite", f"{_FILE}:_copy_checked", 0, False),
    ("sqlite", _AGAIN, 0, False),
    ("sqlite", f"{_FILE}:_give", 0, False),
    ("sqlite", f"{_FILE}:_exchange", 0, False),
    ("sqlite", f"{_FILE}:Path.rename", 0, False),
    ("sqlite", f"{_FILE}:keep_named", 0, True),
    ("postgresql", f"{_ROWS}:play", 0, False),
    ("postgresql", "asyncpg:Connection.copy_to_table", 5, False),
    ("postgresql", _AGAIN, 0, False),
    ("postgresql", f"{_ROWS}:_exchange", 0, False),
    ("postgresql", f"{_ROWS}:_move", 4, False),
]


def saved_of(url: str) -> Path:
    """Where the backup of the engine's template lies, from which each test gets a copy."""
    return scratch() / f"saved-before-erasing-{url.partition(':')[0]}"


def erased(url: str) -> None:
    """Somebody was erased after a backup had been made."""
    populate(url)
    change(url, furnish)
    on(url, lambda db: open_eraser(db, Vault(MASTER_KEY)))
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        point_at(patch, url)
        patch.setattr(real_clock, "now", clock)
        run("backup", str(saved_of(url)))
        run("user", "disable", ID)
        clock.turn(5)
        run("user", "erase", PERSON.username, "--yes")


@dataclass(frozen=True)
class Place:
    url: str
    folder: Path
    clock: Clock

    @property
    def saved(self) -> Path:
        return self.folder / "saved"

    def is_there(self) -> bool:
        async def read(db: Database) -> bool:
            return await find_user(db, ID) is not None

        return on(self.url, read)

    def restores(self) -> int:
        async def read(db: Database) -> int:
            return len(await latest_entries(db, "database.restored"))

        return on(self.url, read)

    def left(self) -> list[str]:
        """What only a restore that goes on may have."""
        if self.url.startswith("sqlite"):
            file = Path(self.url.removeprefix("sqlite:///"))
            return [path.name for path in file.parent.iterdir() if ".restored-" in path.name]

        async def ask() -> list[str]:
            connection = await asyncpg.connect(self.url)
            try:
                # The end of the other process reaches the server after the process has ended.
                while await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ):
                    await asyncio.sleep(0.01)
                rows = await connection.fetch(
                    "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'hoistway_restoring')"
                )
                return [row[0] for row in rows]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def execute(self, *statements: str) -> None:
        async def work() -> None:
            connection = await asyncpg.connect(self.url)
            for statement in statements:
                await connection.execute(statement)
            await connection.close()

        asyncio.run(work())


@pytest.fixture
def place(engine_name: EngineName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """With a backup that was made before somebody was erased. Both are made once for each engine, and copied."""
    monkeypatch.setenv("PATH", f"{programs()}{os.pathsep}{os.environ['PATH']}")
    url, clock = fresh_database(engine_name, erased), Clock()
    clock.turn(10)
    point_at(monkeypatch, url)
    monkeypatch.setattr(real_clock, "now", clock)
    place = Place(url, tmp_path, clock)
    shutil.copy(saved_of(url), place.saved)
    yield place
    drop_database(url)


@pytest.mark.parametrize(
    ("engine_name", "step", "skip", "done", "number"),
    [
        *((*step, signal.SIGKILL) for step in STEPS),
        *((*step, signal.SIGTERM) for step in STEPS if step[1] == _AGAIN or step[2] == 5),
    ],
)
def test_a_restore_that_is_ended_changes_nothing_and_can_be_repeated(
    place: Place, step: str, skip: int, done: bool, number: signal.Signals
) -> None:
    code = end_before(step, number, "restore", str(place.saved), skip=skip)
    assert code == (143 if number == signal.SIGTERM else -9)
    left = place.left()
    if number == signal.SIGTERM:
        assert left == []
    assert not place.is_there()
    assert place.restores() == int(done)
    place.clock.turn(3600)
    said = run("restore", str(place.saved))
    assert "erased_again: 1" in said.stdout
    for name in left:
        assert name in said.stderr
        assert "interrupted" in said.stderr
    assert place.left() == []
    assert not place.is_there()
    assert place.restores() == 1


@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"])
def test_what_an_interrupted_restore_left_is_named_at_the_next_start(place: Place) -> None:
    end_before(_AGAIN, signal.SIGKILL, "restore", str(place.saved))
    left = min(place.left(), key=len)
    assert left in run("init").stderr


@pytest.mark.parametrize("engine_name", ["postgresql"])
@pytest.mark.parametrize("half", [False, True])
def test_what_versions_before_left_is_found(place: Place, half: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """They were ended between tables that had been moved away and those that came in their place."""
    before = "hoistway_before_20260101t000000z"
    told = answer("restore", str(place.saved))["before"].removeprefix("schema ")
    place.execute(
        f"ALTER SCHEMA {told} RENAME TO {before}",
        *(["DELETE FROM erasures"] if half else ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]),
    )
    monkeypatch.setenv("HOISTWAY_BASE_URL", "https://id.example.com")
    if not half:
        assert before in run("init", code=3).stderr
        assert before in run("setup", "--operator", "o@example.com", "--customer", "x", code=3).stderr
    place.clock.turn(3600)
    said = run("restore", str(place.saved))
    assert "erased_again: 1" in said.stdout
    assert not place.is_there()


def test_a_backup_that_is_ended_leaves_nothing(place: Place) -> None:
    target = place.folder / "second"
    step = "hoistway.store.backup:add_digest"
    assert end_before(step, signal.SIGTERM, "backup", str(target)) == 143
    assert [path.name for path in place.folder.iterdir()] == ["saved"]
    end_before(step, signal.SIGKILL, "backup", str(target))
    assert len(list(place.folder.iterdir())) == 2
    run("backup", str(target))
    assert sorted(path.name for path in place.folder.iterdir()) == ["saved", "second"]


def test_a_restore_can_be_tried(place: Place) -> None:
    told = answer("restore", str(place.saved), "--dry-run")
    assert told == {"would_restore": str(place.saved), "would_erase_again": 1}
    assert place.left() == []
    assert not place.is_there()
    assert place.restores() == 0


@pytest.mark.parametrize("at", ["middle", "end", "cut"])
def test_a_backup_that_is_not_what_was_written_is_refused(place: Place, at: str) -> None:
    body = bytearray(place.saved.read_bytes())
    if at == "middle":
        body[len(body) * 2 // 3] ^= 1
    elif at == "end":
        body += b"x"
    else:
        del body[-20:]
    place.saved.write_bytes(body)
    assert "is damaged" in run("restore", str(place.saved), code=1).stderr
    assert place.restores() == 0


def test_a_backup_of_a_version_without_digests_is_restored_with_a_word(place: Place) -> None:
    body = place.saved.read_bytes()
    place.saved.write_bytes(re.sub(rb"\nhoistway backup sha256 [0-9a-f]{64}\n\Z", b"", body))
    assert len(place.saved.read_bytes()) < len(body)
    assert "no digest" in run("restore", str(place.saved)).stderr


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_bytes_after_the_end_of_an_older_backup_are_noticed(place: Place) -> None:
    body = re.sub(rb"\nhoistway backup sha256 [0-9a-f]{64}\n\Z", b"", place.saved.read_bytes())
    place.saved.write_bytes(body + b"x")
    assert "bytes follow" in run("restore", str(place.saved), code=1).stderr


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_linked_database_stays_linked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    file, link = Path(place.url.removeprefix("sqlite:///")), place.folder / "linked.db"
    link.symlink_to(file)
    point_at(monkeypatch, f"sqlite:///{link}")
    told = answer("restore", str(place.saved))
    assert link.is_symlink()
    assert Path(told["before"]).parent == file.parent
    assert place.restores() == 1


LISTS = {
    "depth": "[" * 100_000, "words": '{"erasures": [{"digest": 5, "erased_at": 1}]}',
    "short": '{"erasures": [{"digest": "abc", "erased_at": 1}]}', "capitals": '{"erasures": [{"digest": "%s", "erased_at": 1}]}' % ("A" * 64),
    "text": '{"erasures": [{"digest": "%s", "erased_at": "1"}]}' % ("a" * 64), "deep": '{"more": %s}' % ("[" * 100_000),
    "far": '{"erasures": [{"digest": "%s", "erased_at": 99999999999999}]}' % ("a" * 64),
}  # fmt: skip


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_that_is_none_is_refused_before_anything_changes(place: Place, kind: str) -> None:
    listed = place.folder / "listed"
    listed.write_text(LISTS[kind])
    refused = run("restore", str(place.saved), "--erasures", str(listed), code=2)
    assert "is no list" in refused.stderr
    assert place.restores() == 0


def test_a_list_of_another_installation_is_refused(
    place: Place, engine_name: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, listed = fresh_database(engine_name, populate), place.folder / "listed"
    with monkeypatch.context() as patch:
        point_at(patch, other)
        run("user", "erasures", str(listed))
    drop_database(other)
    assert "another installation" in run("restore", str(place.saved), "--erasures", str(listed), code=1).stderr
    assert place.restores() == 0
    assert place.left() == []
    own = place.folder / "own"
    run("user", "erasures", str(own))
    run("restore", str(place.saved), "--erasures", str(own))


def test_compacting_can_be_tried(place: Place) -> None:
    told = answer("compact", "--dry-run")
    assert told["would_compact"] is True
    assert told.keys() - {"would_compact"} == {"removed_bytes" if place.url.startswith("sqlite") else "removed_rows"}
    assert answer("compact") == {"compacted": True}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_full_disk_leaves_nothing_of_an_export(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("hoistway.on_disk.keep", fill)
    target, person = place.folder / "export", answer("user", "list")[0]["id"]
    assert "the disk is full" in run("user", "export", person, "--file", str(target), code=1).stderr
    assert [path.name for path in place.folder.iterdir()] == ["saved"]
