"""Requests that ask at the same moment share a commit, and each hears its own outcome, on both engines."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from hoistway.protocol.ids import ClientId, CustomerId, FamilyId
from hoistway.store.clients import Client, add_client
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Database, DatabaseUnavailable, Statement, nothing
from hoistway.store.families import Family, Rotated, add_family, find_family, revoke_family, rotate_family
from hoistway.store.gathered import MOST, Call, Gathered
from hoistway.store.open import open_database

CLIENT = ClientId("proxy")
FAMILY = Family(
    FamilyId("g"), CLIENT, "user", "u", CustomerId("c"), "openid", None, 0, None, 1, 0, 0, idle_expires_at=100,
    expires_at=100,
)  # fmt: skip
ANY = Statement(lambda: CUSTOMERS.select(), nothing)


async def _families(db: Database, count: int) -> list[FamilyId]:
    ids = [FamilyId(f"g-{number:04}") for number in range(count)]
    async with db.write() as tx:
        await add_client(tx, Client(CLIENT, "Proxy", "desktop", created_at=0))
        for family_id in ids:
            await add_family(tx, replace(FAMILY, id=family_id))
    return ids


async def _rotate(db: Database, family_id: FamilyId, generation: int = 1) -> Rotated | None:
    return await rotate_family(db, family_id, generation, CLIENT, now=10, idle_expires_at=90)


async def test_each_of_many_gets_its_own_family_once(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    ids = await _families(db, 300)
    async with db.write() as tx:
        await revoke_family(tx, ids[7], 5, "test")
    twice = [*ids, *ids, FamilyId("unknown")]
    rotated = await asyncio.gather(*(_rotate(db, family_id) for family_id in twice))
    winners = [row.id for row in rotated if row is not None]
    assert sorted(winners) == [family_id for family_id in ids if family_id != ids[7]]
    for family_id, row in zip(twice, rotated, strict=True):
        assert row is None or (row.id == family_id and row.generation == 2 and row.idle_expires_at == 90)
    found = await asyncio.gather(*(find_family(db, family_id) for family_id in twice))
    assert [row.id if row else None for row in found] == [*ids, *ids, None]
    assert {row.generation for row in found if row and row.id != ids[7]} == {2}
    await db.close()


async def test_one_that_comes_later_is_served_too(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    ids = await _families(db, 1)
    for generation in range(1, 6):
        row = await asyncio.wait_for(_rotate(db, ids[0], generation), 5)
        assert row is not None
        assert row.generation == generation + 1
    await db.close()


async def test_what_is_answered_is_committed(migrated_url: str) -> None:
    db, other = await open_database(migrated_url), await open_database(migrated_url)
    ids = await _families(db, 20)

    async def rotate_and_look(family_id: FamilyId) -> int:
        assert await _rotate(db, family_id) is not None
        seen = await find_family(other, family_id)
        return seen.generation if seen else 0

    assert set(await asyncio.gather(*(rotate_and_look(family_id) for family_id in ids))) == {2}
    await db.close()
    await other.close()


async def test_a_failed_batch_is_heard_by_each_and_the_next_one_works() -> None:
    sizes = []

    async def run(batch: Sequence[Call]) -> None:
        sizes.append(len(batch))
        await asyncio.sleep(0)
        if len(sizes) == 1:
            raise DatabaseUnavailable("away")
        for asked in batch:
            asked.answer(asked.params["n"])

    gathered = Gathered(run, lanes=1)
    first = await asyncio.gather(*(gathered.ask(ANY, {"n": n}) for n in range(MOST + 3)), return_exceptions=True)
    assert sizes == [MOST, 3]
    assert all(isinstance(outcome, DatabaseUnavailable) for outcome in first[:MOST])
    assert first[MOST:] == [MOST, MOST + 1, MOST + 2]
    assert await asyncio.wait_for(gathered.ask(ANY, {"n": 42}), 5) == 42


async def test_who_leaves_does_not_disturb_the_others() -> None:
    async def run(batch: Sequence[Call]) -> None:
        await asyncio.sleep(0.01)
        for asked in batch:
            asked.answer("done")

    gathered = Gathered(run, lanes=2)
    leaving, staying = (asyncio.create_task(gathered.ask(ANY, {})) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "done"
    with pytest.raises(asyncio.CancelledError):
        await leaving
