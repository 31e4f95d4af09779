"""A family of refresh tokens is begun in one statement, only for the account whose password was proven; many share a commit."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from hoistway.authn.passwords import random_digest
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import ClientId, FamilyId, ServiceAccountId
from hoistway.store.db import Database
from hoistway.store.families import Family, find_family
from hoistway.store.family_begun import ProvenAccount, begin_family_of
from hoistway.store.open import open_database
from hoistway.store.service_accounts import ServiceAccount, find_service_account, set_service_account_disabled
from tests.world import NOW, A, make_world

FAMILY = Family(
    FamilyId("f"), ClientId("ropc"), "service_account", "sa-a", A, "openid", None, NOW, None, 1, NOW, NOW, NOW + 50,
    NOW + 90, granted="[]", policy="", acting=0,
)  # fmt: skip


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    opened = await open_database(migrated_url)
    await make_world(opened)
    yield opened
    await opened.close()


async def account(db: Database, name: str) -> ServiceAccount:
    row = await find_service_account(db, ServiceAccountId(name))
    assert row is not None
    return row


def proven(row: ServiceAccount) -> ProvenAccount:
    return row.id, row.password_digest


def family(number: int) -> Family:
    return msgspec.structs.replace(FAMILY, id=FamilyId(f"f-{number}"), created_at=NOW + number)


async def test_alone_and_with_others_it_is_written_as_it_is(db: Database) -> None:
    own = await account(db, "sa-a")
    assert await begin_family_of(db, FAMILY, proven(own))
    assert await find_family(db, FAMILY.id) == FAMILY
    assert all(await asyncio.gather(*(begin_family_of(db, family(number), proven(own)) for number in range(200))))
    found = await asyncio.gather(*(find_family(db, FamilyId(f"f-{number}")) for number in range(200)))
    assert found == [family(number) for number in range(200)]


async def test_not_for_another_password_nor_a_disabled_account(db: Database) -> None:
    """Of many at the same moment each is judged for itself."""
    rows = {name: await account(db, name) for name in ("sa-a", "sa-b")}
    async with db.write() as tx:
        await replace_password(tx, "service_account", "sa-a", random_digest(), NOW)
    fresh = await account(db, "sa-a")
    asked = [(rows["sa-a"], False), (fresh, True), (rows["sa-b"], True)]
    begun = await asyncio.gather(*(begin_family_of(db, family(n), proven(asked[n % 3][0])) for n in range(60)))
    assert begun == [asked[n % 3][1] for n in range(60)]
    found = await asyncio.gather(*(find_family(db, FamilyId(f"f-{n}")) for n in range(60)))
    assert [row is not None for row in found] == begun
    async with db.write() as tx:
        await set_service_account_disabled(tx, ServiceAccountId("sa-b"), NOW)
    assert not await begin_family_of(db, family(90), proven(rows["sa-b"]))
    assert (
        await asyncio.gather(*(begin_family_of(db, family(91 + n), proven(rows["sa-b"])) for n in range(3)))
        == [False] * 3
    )


async def test_it_waits_for_a_new_password_that_is_being_written(db: Database) -> None:
    own = await account(db, "sa-a")
    async with db.write() as tx:
        await replace_password(tx, "service_account", "sa-a", random_digest(), NOW)
        begun = asyncio.create_task(begin_family_of(db, FAMILY, proven(own)))
        done, _ = await asyncio.wait({begun}, timeout=0.3)
        assert not done, "it was begun by a password that is no more"
    assert not await begun
    assert await find_family(db, FAMILY.id) is None


async def test_a_new_password_misses_none(db: Database) -> None:
    """Whatever is begun while the password is being replaced is ended with it, or never begins."""
    own = await account(db, "sa-a")

    async def reset() -> None:
        async with db.write() as tx:
            await replace_password(tx, "service_account", "sa-a", random_digest(), NOW)

    begun = await asyncio.gather(*(begin_family_of(db, family(n), proven(own)) for n in range(20)), reset(),
                                 *(begin_family_of(db, family(20 + n), proven(own)) for n in range(20)))  # fmt: skip
    found = await asyncio.gather(*(find_family(db, FamilyId(f"f-{n}")) for n in range(40)))
    assert [row is not None for row in found] == [one for one in begun if one is not None]
    assert all(row.revoked_at is not None for row in found if row is not None)
