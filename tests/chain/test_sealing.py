"""Several processes seal, rewrite and remove at the same time, and one after the other comes through."""

import asyncio

import pytest
from msgspec.structs import replace

from hoistway.chain import links, sealing
from hoistway.chain.cutting import prune_sealed
from hoistway.chain.rewriting import begin_rewriting
from hoistway.chain.sealing import SETTLED, seal
from hoistway.settings import DAY
from hoistway.store.audit import entries_of
from hoistway.store.audit_chain import find_chain
from hoistway.store.audit_seals import last_seal
from hoistway.store.db import Database
from hoistway.store.open import open_database
from hoistway.store.personal_texts import put_entry
from tests.chain.chained import AT, KEY, id_of, seal_up_to, sealed, sql, told, verify, write
from tests.store.test_schema import on

LATER = AT + 100 + SETTLED


def test_several_seal_at_once(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 5)
    write(migrated_url, range(100))

    async def work() -> int:
        processes = [await open_database(migrated_url) for _ in range(4)]
        done = 0
        while left := sum(await asyncio.gather(*(seal(db, KEY, LATER) for db in processes))):
            done += left
        for db in processes:
            await db.close()
        return done

    assert asyncio.run(work()) == 100
    report = verify(migrated_url)
    assert (told(report), report.verified, report.seals) == ([], 100, 20)


def test_an_entry_that_is_removed_was_sealed(migrated_url: str) -> None:
    """What was old enough goes from the beginning, and its seals with it; the rest is still proven."""
    sealed(migrated_url, 30)
    write(migrated_url, range(30, 35))

    async def prune(db: Database) -> int:
        async with db.write() as tx:
            return await prune_sealed(tx, KEY, AT + 17, 10)

    assert on(migrated_url, prune) == 10
    assert on(migrated_url, prune) == 7
    report = verify(migrated_url)
    assert (told(report), report.verified, report.gone, report.seals) == ([], 13, 7, 2)
    assert seal_up_to(migrated_url, 40) == 5

    async def prune_all(db: Database) -> int:
        async with db.write() as tx:
            return await prune_sealed(tx, KEY, AT + DAY, 1_000)

    assert on(migrated_url, prune_all) == 18
    write(migrated_url, range(40, 50))
    assert on(migrated_url, prune_all) == 0, "they are not sealed"
    report = verify(migrated_url)
    assert (told(report), report.verified, report.unsealed) == ([], 0, 10)
    assert seal_up_to(migrated_url, 50) == 10
    assert told(verify(migrated_url)) == []


def test_a_young_entry_that_calls_itself_old_is_not_removed(migrated_url: str) -> None:
    """Whoever writes to the database must not make the server remove it, and sign that all before it may be missing."""
    sealed(migrated_url, 30)
    sql(
        migrated_url,
        f"UPDATE audit SET at = 1 WHERE id = '{id_of(25)}'",
        f"DELETE FROM audit WHERE id < '{id_of(25)}' AND id >= '{id_of(5)}'",
    )

    async def prune(db: Database) -> int:
        async with db.write() as tx:
            return await prune_sealed(tx, KEY, AT + 5, 1_000)

    assert on(migrated_url, prune) == 5
    report = verify(migrated_url)
    found = [(kind, entry_id) for kind, entry_id in told(report)]
    assert ("altered", id_of(25)) in found
    assert [entry_id for kind, entry_id in found if kind == "removed"] == [id_of(number) for number in range(5, 25)]


def test_what_was_rewritten_while_it_was_read_is_read_again(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(migrated_url, range(5))
    real = links.make_seal

    def make_seal(*said: object, **more: object) -> object:
        asyncio.run(_rewrite(migrated_url))
        return real(*said, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sealing, "make_seal", make_seal)
    assert seal_up_to(migrated_url, 10) == 0
    monkeypatch.setattr(sealing, "make_seal", real)
    assert on(migrated_url, last_seal) is None
    assert seal_up_to(migrated_url, 10) == 5
    assert on(migrated_url, find_chain).number == 1
    assert verify(migrated_url).holds


async def _rewrite(url: str) -> None:
    db = await open_database(url)
    async with db.write() as tx:
        await begin_rewriting(tx)
        (row,) = await entries_of(tx, [id_of(3)])
        await put_entry(tx, replace(row, actor="erased-1"))
    await db.close()
