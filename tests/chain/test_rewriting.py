"""Erasing a person rewrites sealed entries, and the chain proves afterwards what it can: nothing becomes right by it, and nothing of
the person can be tried out."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hoistway.accounts.archived import note_archived
from hoistway.accounts.redaction import Redaction
from hoistway.chain.links import unpack
from hoistway.chain.rewriting import begin_rewriting, note_rewritten
from hoistway.server.trail import archive_entries
from hoistway.settings import DAY
from hoistway.store.audit import WrittenEntry, entries_between
from hoistway.store.audit_archive import alone, archived_entries, rewrite_archive
from hoistway.store.audit_seals import seals_after
from hoistway.store.db import Database
from hoistway.store.personal_texts import put_entry
from tests.chain.chained import AT, KEY, id_of, sealed, sql, told, verify
from tests.store.test_schema import on

ANN = Redaction("u-1", "erased-1", ())
BOB = Redaction("u-2", "erased-2", ())


def erase(url: str, redaction: Redaction) -> int:
    async def work(db: Database) -> int:
        async with db.write() as tx:
            await begin_rewriting(tx)
            rows = await entries_between(tx, "", "~", 1_000)
            changes = [(row, after) for row in rows if (after := redaction.entry(row)) is not None]
            for _before, after in changes:
                await put_entry(tx, after)
            return await note_rewritten(tx, KEY, changes)

    return on(url, work)


def salts(url: str) -> dict[str, bytes]:
    async def work(db: Database) -> dict[str, bytes]:
        return {one: leaf.salt for seal in await seals_after(db, 0, 100) for one, leaf in unpack(seal.leaves).items()}

    return on(url, work)


def test_the_chain_holds_after_people_were_erased(migrated_url: str) -> None:
    """Twice, so that entries which name both are rewritten twice."""
    sealed(migrated_url, 30)
    assert erase(migrated_url, ANN) > 0
    report = verify(migrated_url)
    assert (told(report), report.verified) == ([], 30)
    once = report.rewritten
    assert erase(migrated_url, BOB) > 0
    report = verify(migrated_url)
    assert (told(report), report.verified) == ([], 30)
    assert once < report.rewritten < 30
    gone = {one for one, salt in salts(migrated_url).items() if not salt}
    assert len(gone) == report.rewritten, "without it nobody can try out what a body said"


@pytest.mark.parametrize("numbers", [(1, 4, 6), (2, 3, 5)], ids=["rewritten ones", "others"])
def test_what_is_altered_after_erasing_is_found(migrated_url: str, numbers: tuple[int, ...]) -> None:
    sealed(migrated_url, 30)
    erase(migrated_url, ANN)
    changes = ("actor = 'u-7'", "event = 'user.added'", "at = 1")
    for number, change in zip(numbers, changes, strict=True):
        sql(migrated_url, f"UPDATE audit SET {change} WHERE id = '{id_of(number)}'")
    assert told(verify(migrated_url)) == [("altered", id_of(number)) for number in numbers]


def test_what_was_altered_before_does_not_become_right(migrated_url: str) -> None:
    """Neither before the first erasure nor between two."""
    sealed(migrated_url, 30)
    sql(migrated_url, f"UPDATE audit SET event = 'user.added', correlation_id = 'x' WHERE id = '{id_of(1)}'")
    erase(migrated_url, ANN)
    sql(migrated_url, f"UPDATE audit SET correlation_id = 'x' WHERE id = '{id_of(11)}'")
    erase(migrated_url, replace(BOB, person="erased-1"))
    assert told(verify(migrated_url)) == [("altered", id_of(1)), ("altered", id_of(11))]


def test_a_rewriting_that_this_server_did_not_make_is_none(migrated_url: str) -> None:
    """Whoever alters an entry and calls it erased needs the key."""
    sealed(migrated_url, 30)
    erase(migrated_url, ANN)
    sql(
        migrated_url,
        f"UPDATE audit_rewritten SET body = (SELECT body FROM audit_rewritten WHERE id = '{id_of(4)}'), "
        f"salt = (SELECT salt FROM audit_rewritten WHERE id = '{id_of(4)}') WHERE id = '{id_of(1)}'",
        f"UPDATE audit SET actor = (SELECT actor FROM audit WHERE id = '{id_of(4)}'), "
        f"detail = (SELECT detail FROM audit WHERE id = '{id_of(4)}') WHERE id = '{id_of(1)}'",
        f"DELETE FROM audit_rewritten WHERE id = '{id_of(6)}'",
    )
    assert told(verify(migrated_url)) == [("altered", id_of(1)), ("altered", id_of(6))]


def archive(url: str, folder: Path) -> None:
    async def work(db: Database) -> int:
        with alone(folder):
            return await archive_entries(db, KEY, folder, AT + DAY)

    on(url, work)


def test_a_person_goes_from_the_archive_too(migrated_url: str, tmp_path: Path) -> None:
    """Even if the process ends before the files are rewritten; then it is done again."""
    sealed(migrated_url, 30)
    erase(migrated_url, ANN)
    archive(migrated_url, tmp_path)
    for _ in range(2):
        on(migrated_url, lambda db: note_archived(db, KEY, tmp_path, BOB.entry, AT))
    assert rewrite_archive(tmp_path, BOB.entry) == 1
    assert not any("u-2" in (entry.actor or "", entry.detail) for entry in archived_entries(tmp_path))
    report = verify(migrated_url, tmp_path)
    assert (told(report), report.archived, report.verified) == ([], 30, 0)

    def altered(entry: WrittenEntry) -> WrittenEntry | None:
        return replace(entry, actor="u-7") if entry.id in {id_of(2), id_of(9)} else None

    rewrite_archive(tmp_path, altered)
    assert told(verify(migrated_url, tmp_path)) == [("altered", id_of(2)), ("altered", id_of(9))]
