"""The chain goes on from the archive into the database."""

import gzip
from pathlib import Path

import pytest

from hoistway.server.trail import archive_entries
from hoistway.settings import DAY
from hoistway.store.audit import Entry, add_entry
from hoistway.store.audit_archive import alone
from hoistway.store.db import Database, Writer
from tests.chain.chained import AT, KEY, id_of, seal_up_to, told, verify
from tests.server import change
from tests.store.test_schema import on

HOUR = 3_600


@pytest.fixture
def folder(migrated_url: str, tmp_path: Path) -> Path:
    """Three days of 24 entries each, of which two are archived."""

    async def work(tx: Writer) -> None:
        for number in range(0, 72 * HOUR, HOUR):
            await add_entry(tx, Entry(id_of(number), AT + number, "sign_out", "u-ann", detail={"n": number, "ö": 1.5}))

    async def file(db: Database) -> int:
        with alone(tmp_path):
            return await archive_entries(db, KEY, tmp_path, AT + 2 * DAY)

    for hour in range(0, 72, 5):
        if hour == 0:
            change(migrated_url, work)
        seal_up_to(migrated_url, (hour + 4) * HOUR)
    assert on(migrated_url, file) == 48
    return tmp_path


def rewrite(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(gzip.compress(b"".join(lines)))


def lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("audit-*"))


def test_it_holds_in_both(migrated_url: str, folder: Path) -> None:
    report = verify(migrated_url, folder)
    assert (told(report), report.archived, report.verified, report.gone, report.unproven) == ([], 48, 24, 0, 0)
    report = verify(migrated_url)
    assert (told(report), report.archived, report.verified, report.gone) == ([], 0, 24, 48), "no folder was named"


def test_one_altered_removed_inserted_and_reordered_line_is_found(migrated_url: str, folder: Path) -> None:
    first, second = files(folder)
    kept, others = lines(first), lines(second)
    rewrite(first, [*kept[:5], kept[5].replace(b"u-ann", b"u-bob"), *kept[6:]])
    assert told(verify(migrated_url, folder)) == [("altered", id_of(5 * HOUR))]
    rewrite(first, [*kept[:5], *kept[6:]])
    assert told(verify(migrated_url, folder)) == [("removed", id_of(5 * HOUR))]
    rewrite(first, kept[:-1])
    assert told(verify(migrated_url, folder)) == [("removed", id_of(23 * HOUR))]
    rewrite(first, [*kept[:5], kept[6], kept[5], *kept[7:]])
    assert told(verify(migrated_url, folder)) == [("reordered", id_of(5 * HOUR))]
    inserted = kept[5].replace(id_of(5 * HOUR).encode(), id_of(5 * HOUR + 1).encode())
    rewrite(first, [*kept[:6], inserted, *kept[6:]])
    assert told(verify(migrated_url, folder)) == [("inserted", id_of(5 * HOUR + 1))]
    rewrite(first, [*kept, kept[0]])
    assert told(verify(migrated_url, folder)) == [("inserted", id_of(0))]
    rewrite(first, kept)
    rewrite(second, others[:-1])
    assert told(verify(migrated_url, folder)) == [("removed", id_of(47 * HOUR))]
    rewrite(second, others)
    assert told(verify(migrated_url, folder)) == []


def test_the_oldest_files_may_be_taken_away_and_no_other(migrated_url: str, folder: Path) -> None:
    first, second = files(folder)
    kept = first.read_bytes()
    first.unlink()
    report = verify(migrated_url, folder)
    assert (told(report), report.archived, report.gone) == ([], 24, 24)
    first.write_bytes(kept)
    second.unlink()
    assert verify(migrated_url, folder).counts == {"removed": 24}


def test_a_damaged_file_is_named(migrated_url: str, folder: Path) -> None:
    first, _second = files(folder)
    first.write_bytes(first.read_bytes()[:-9])
    with pytest.raises(OSError, match=first.name):
        verify(migrated_url, folder)
