"""The audit trail is archived by day before it is removed; nothing goes that is not in a file."""

import gzip
import json
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec.structs import replace

from hoistway.accounts.redaction import Redaction
from hoistway.chain import cutting
from hoistway.chain.cutting import prune_sealed
from hoistway.chain.sealing import seal
from hoistway.engine import Engine
from hoistway.journal import configure
from hoistway.measures import OUTCOMES, Measures, NamedCounts
from hoistway.server import trail
from hoistway.server.housekeeping import run_job
from hoistway.server.trail import archive_entries
from hoistway.settings import DAY, Settings
from hoistway.store import audit, audit_archive
from hoistway.store.audit import Entry, WrittenEntry, add_entry, first_entries
from hoistway.store.audit_archive import (
    DayFile,
    alone,
    archived_entries,
    archived_ids,
    entry_of,
    line_of,
    rewrite_archive,
)
from hoistway.store.db import Database, DatabaseUnavailable, Writer
from tests.server import MASTER_KEY, change
from tests.store.test_schema import on
from tests.world import is_named

KEY = b"the chain's key"
FIRST = 1_700_006_400 - 1_700_006_400 % DAY
NAMES = ("audit-2023-11-15.jsonl.gz", "audit-2023-11-16.jsonl.gz")


def fill(url: str, days: int, of_day: int) -> None:
    async def work(tx: Writer) -> None:
        for number in range(days * of_day):
            at = FIRST + number // of_day * DAY + number % of_day
            await add_entry(tx, Entry(f"{number:06}", at, "sign_out", "u-ann", detail={"n": number}))

    change(url, work)


def left(url: str) -> list[str]:
    async def read(db: Database) -> list[str]:
        return [row.id for row in await first_entries(db, "", 10_000)]

    return on(url, read)


def archive(url: str, folder: Path, before: int) -> int:
    async def work(db: Database) -> int:
        await seal(db, KEY, FIRST)
        with alone(folder):
            return await archive_entries(db, KEY, folder, before)

    return on(url, work)


def lines(folder: Path, name: str) -> list[str]:
    return [json.loads(line)["id"] for line in gzip.decompress((folder / name).read_bytes()).splitlines()]


def test_each_day_that_is_over_has_a_file(migrated_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    fill(migrated_url, 3, 4)
    assert archive(migrated_url, folder, FIRST + 2 * DAY + 3) == 8, "the third day is not over"
    assert sorted(path.name for path in folder.glob("audit-*")) == list(NAMES)
    assert lines(folder, NAMES[1]) == ["000004", "000005", "000006", "000007"]
    assert left(migrated_url) == ["000008", "000009", "000010", "000011"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    first = json.loads(gzip.decompress((folder / NAMES[0]).read_bytes()).splitlines()[0])
    assert (first["event"], first["actor"], first["detail"]) == ("sign_out", "u-ann", {"n": 0})
    assert archive(migrated_url, folder, FIRST + 2 * DAY + 3) == 0


def test_a_large_day_goes_on_in_another_file(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "MOST_OF_FILE", 3)
    monkeypatch.setattr(trail, "ROWS_OF_BATCH", 3)
    fill(migrated_url, 1, 7)
    assert archive(migrated_url, tmp_path, FIRST + 2 * DAY) == 7
    assert [lines(tmp_path, name) for name in ("audit-2023-11-15.jsonl.gz", "audit-2023-11-15.3.jsonl.gz")] == [
        ["000000", "000001", "000002"], ["000006"],
    ]  # fmt: skip


def test_what_was_interrupted_goes_on(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is there, and some of its entries were removed: the rest go, and none is written twice."""
    fill(migrated_url, 1, 6)
    removed = 0

    async def remove_some(tx: Writer, ids: list[str]) -> None:
        nonlocal removed
        if removed:
            raise DatabaseUnavailable("away")
        removed = len(ids)
        await real(tx, ids)

    real = audit.remove_entries
    monkeypatch.setattr(trail, "ROWS_OF_BATCH", 2)
    monkeypatch.setattr(cutting, "remove_entries", remove_some)
    with pytest.raises(DatabaseUnavailable):
        archive(migrated_url, tmp_path, FIRST + DAY)
    assert left(migrated_url) == ["000002", "000003", "000004", "000005"]
    monkeypatch.setattr(cutting, "remove_entries", real)
    assert archive(migrated_url, tmp_path, FIRST + DAY) == 4
    assert left(migrated_url) == []
    assert [path.name for path in tmp_path.glob("audit-*")] == [NAMES[0]]
    assert len(lines(tmp_path, NAMES[0])) == 6


@pytest.mark.parametrize("step", ["the disk", "a line"])
def test_nothing_is_removed_where_the_file_can_not_be_written(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    fill(migrated_url, 1, 2)

    def refuse(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(audit_archive, "keep" if step == "the disk" else "line_of", refuse)
    with pytest.raises(OSError, match="No space"):
        archive(migrated_url, tmp_path, FIRST + DAY)
    assert left(migrated_url) == ["000000", "000001"]
    assert list(tmp_path.glob("audit-*")) == []
    monkeypatch.undo()
    assert archive(migrated_url, tmp_path, FIRST + DAY) == 2


@pytest.mark.parametrize("work", [trail.keep_trail, trail.keep_erasures])
async def test_a_folder_that_can_not_be_had_is_said_with_its_setting(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    work: Callable[[Engine], Awaitable[object]],
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "archive"
    engine = SimpleNamespace(
        settings=Settings("http://127.0.0.1", "sqlite:///x", MASTER_KEY, audit_archive=str(folder)),
        now=lambda: FIRST, measures=Measures(jobs=NamedCounts(("trail",), OUTCOMES)), db=None,
        refresh_secret=b"", vault=None, lockout=None,
    )  # fmt: skip

    async def forget(_db: object, _eraser: object, archive: Path, _now: int) -> None:
        with alone(archive):
            pass

    monkeypatch.setattr(trail, "forget", forget)
    monkeypatch.setattr(trail, "eraser_of", lambda *_of: None)
    configure()
    job = await run_job(cast("Engine", engine), "trail", work)
    line = json.loads(capfd.readouterr().err)
    assert (job.outcome, line["event"], line["job"]) == (
        "failed: HOISTWAY_AUDIT_ARCHIVE",
        "housekeeping failed",
        "trail",
    )
    assert line["because"].startswith(f"HOISTWAY_AUDIT_ARCHIVE: {folder}: Not a directory; the server's user must")
    assert "exception" not in line


def test_a_damaged_file_is_named_and_nothing_is_removed(migrated_url: str, tmp_path: Path) -> None:
    fill(migrated_url, 1, 2)
    (tmp_path / NAMES[0]).write_bytes(gzip.compress(b'{"id":"x"}')[:-4])
    with pytest.raises(OSError, match=f"{NAMES[0]} is damaged"):
        archive(migrated_url, tmp_path, FIRST + DAY)
    assert left(migrated_url) == ["000000", "000001"]


@pytest.mark.parametrize("what", ["a link", "a link to nothing", "a pipe"])
def test_what_is_no_file_is_named_and_nothing_is_read_or_removed(migrated_url: str, tmp_path: Path, what: str) -> None:
    """A link would be replaced by a file without the person, and what it names would keep them."""
    fill(migrated_url, 1, 2)
    folder, outside = tmp_path / "archive", tmp_path / "outside.gz"
    with alone(folder):
        pass
    entry = WrittenEntry("1", FIRST, "user.changed", "u-1", None, None, None, '{"reason":"Ann"}')
    if what == "a link":
        outside.write_bytes(gzip.compress(line_of(entry).encode()))
    if what == "a pipe":
        os.mkfifo(folder / NAMES[0])
    else:
        (folder / NAMES[0]).symlink_to(outside)
    redaction = Redaction("u-1", "erased-1", ("Ann",))
    for work in (
        lambda: archive(migrated_url, folder, FIRST + DAY),
        lambda: rewrite_archive(folder, redaction.entry),
        lambda: list(archived_entries(folder)),
    ):
        with pytest.raises(OSError, match=f"{NAMES[0]} is a link or no file"):
            work()
    assert left(migrated_url) == ["000000", "000001"]
    assert [path.name for path in folder.iterdir() if path.name != ".lock"] == [NAMES[0]]


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir(mode=0o700)
    (tmp_path / "archive" / ".lock").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="symbolic links"), alone(tmp_path / "archive"):
        pass
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o740])
def test_a_folder_that_is_open_to_others_is_closed_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    folder.chmod(mode)
    for _ in range(2):
        with alone(folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [record.getMessage() for record in caplog.records] == ["archive was open to other users"]


def test_a_folder_that_can_not_be_closed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o777)

    def refuse(*_arguments: object, **_named: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(PermissionError, match=r"is open to other users \(mode 777\)"), alone(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(audit_archive.ArchiveBusy), alone(tmp_path):
        pass


def test_an_erased_person_goes_from_the_archive(tmp_path: Path) -> None:
    entries = [
        WrittenEntry(str(n), FIRST, "user.changed", f"u-{n}", None, None, None, '{"id":"u-1","reason":"Ann"}')
        for n in range(3)
    ]
    for day in ("2023-11-15", "2023-11-16"):
        file = DayFile(tmp_path, day)
        file.add(entries if day.endswith("5") else [replace(entries[0], detail="{}")])
        file.close()
    before = (tmp_path / NAMES[1]).read_bytes()
    assert rewrite_archive(tmp_path, Redaction("u-1", "erased-1", ("Ann",)).entry) == 1
    text = gzip.decompress((tmp_path / NAMES[0]).read_bytes()).decode()
    assert not is_named("u-1", text)
    assert not is_named("Ann", text)
    assert text.count("erased-1") == 4
    assert archived_ids(tmp_path, "2023-11-15") == {"0", "1", "2"}
    assert (tmp_path / NAMES[1]).read_bytes() == before
    assert stat.S_IMODE((tmp_path / NAMES[0]).stat().st_mode) == 0o600


@pytest.mark.parametrize("link", [False, True])
def test_a_file_that_cannot_be_rewritten_keeps_no_other_from_it(tmp_path: Path, link: bool) -> None:
    """Whether it is damaged or a link; it is named in the end."""
    entry = WrittenEntry("1", FIRST, "user.added", "u-1", None, None, None, '{"id":"u-1"}')
    for day in ("2023-11-15", "2023-11-16"):
        file = DayFile(tmp_path, day)
        file.add([entry])
        file.close()
    first, second = (tmp_path / name for name in NAMES)
    if link:
        first.rename(tmp_path / "elsewhere")
        first.symlink_to(tmp_path / "elsewhere")
    else:
        first.write_bytes(first.read_bytes()[:-9])
    with pytest.raises(OSError, match=NAMES[0]):
        rewrite_archive(tmp_path, Redaction("u-1", "erased-1", ()).entry)
    assert first.is_symlink() is link
    assert b"u-1" not in gzip.decompress(second.read_bytes())


def test_a_line_is_what_it_was() -> None:
    entry = WrittenEntry("1", FIRST, "sign_out", None, "c", None, "k", '{"name":"Jürgen \\"J\\"","n":[1,null]}')
    assert entry_of(line_of(entry)) == entry


def test_pruning_without_an_archive_is_bounded(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "ROWS_OF_BATCH", 2)
    monkeypatch.setattr(trail, "MOST_BATCHES", 2)
    fill(migrated_url, 1, 6)

    async def prune(db: Database) -> int:
        await seal(db, KEY, FIRST)
        return await trail.prune_in_steps(db, lambda tx, old, most: prune_sealed(tx, KEY, old, most), FIRST + DAY)

    assert on(migrated_url, prune) == 4
    assert left(migrated_url) == ["000004", "000005"]
