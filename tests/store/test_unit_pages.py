"""Pages that are kept: in bounded room, of one customer and in all, for a minute, and read again where anything may have changed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hoistway.protocol.ids import CustomerId, UnitId
from hoistway.store.db import Database
from hoistway.store.open import open_database
from hoistway.store.unit_access import remove_access
from hoistway.store.unit_pages import KEPT, LARGEST, MOST_ASKED, OVERHEAD, SHARE, Asked, Page, UnitPages
from hoistway.store.unit_revisions import next_revision
from tests.world import NOW, A, make_world


class Asking:
    """Asks for pages that it makes itself, counts how many, and turns the clock."""

    def __init__(self, db: Database, most: int) -> None:
        self.db, self.at, self.made = db, 0.0, 0
        self.pages = UnitPages(most, lambda: self.at)

    async def get(self, customer: str = "c", name: str = "", size: int = 10) -> Page:
        async def make() -> Page:
            self.made += 1
            return Page(b"x" * size, str(self.made), None)

        asked: Asked = (("site", name),)
        return await self.pages.get(self.db, CustomerId(customer), asked, make)

    async def keep(self, customer: str = "c", name: str = "", size: int = 10) -> None:
        for _ in range(2):
            await self.get(customer, name, size)

    async def has(self, customer: str = "c", name: str = "") -> bool:
        before = self.made
        await self.get(customer, name)
        return self.made == before


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    opened = await open_database(migrated_url)
    yield opened
    await opened.close()


async def test_the_second_time_it_is_kept_and_for_a_minute(db: Database) -> None:
    asking = Asking(db, 10**6)
    assert [await asking.has() for _ in range(4)] == [False, False, True, True]
    asking.at = KEPT - 1
    assert await asking.has()
    asking.at = KEPT
    assert not await asking.has()
    asking.at = 3 * KEPT
    assert not await asking.has()
    assert asking.pages.hits == 3


async def test_one_customer_has_its_share_and_no_more(db: Database) -> None:
    asking = Asking(db, SHARE * 10 * (OVERHEAD + 150))
    await asking.keep("other")
    for number in range(30):
        await asking.keep(name=str(number), size=100)
    # The newest first: what is not kept is made, and kept.
    held = [number for number in range(29, 18, -1) if await asking.has(name=str(number))]
    assert held == list(range(29, 19, -1))
    assert await asking.has("other")
    assert asking.pages.held <= (10 * (OVERHEAD + 150)) + OVERHEAD + 15


async def test_the_customer_with_the_most_makes_room(db: Database) -> None:
    size = OVERHEAD + 150
    asking = Asking(db, SHARE * 2 * size)
    for customer in range(SHARE * 2):
        await asking.keep(str(customer), size=100)
    await asking.keep("0", "more", 100)
    assert asking.pages.held == SHARE * 2 * size
    assert await asking.has("0", "more")
    assert all([await asking.has(str(customer)) for customer in range(1, SHARE * 2)])
    assert not await asking.has("0")


async def test_a_large_page_is_not_kept(db: Database) -> None:
    asking = Asking(db, SHARE * LARGEST)
    await asking.keep(size=LARGEST)
    assert not await asking.has()
    assert asking.pages.held == OVERHEAD + 15, "the small one that was made instead"


async def test_what_was_asked_once_is_forgotten(db: Database) -> None:
    asking = Asking(db, 10**6)
    for number in range(MOST_ASKED + 1):
        await asking.get(name=str(number))
    assert len(asking.pages._asked) == MOST_ASKED
    await asking.get(name="0")
    assert asking.pages.held == 0


async def test_what_is_written_while_a_page_is_read_ends_it(db: Database) -> None:
    """The page may have been read before; the next one is read anew."""
    asking = Asking(db, 10**6)
    await make_world(db)

    async def make() -> Page:
        asking.made += 1
        async with db.write() as tx:
            await remove_access(tx, A, UnitId(f"US-c-a-1{asking.made}"), NOW)
        return Page(b"before", "", None)

    for _ in range(2):
        await asking.pages.get(db, A, (("site", ""),), make)
    assert not await asking.has(A)
    assert await asking.has(A)


async def test_many_at_once_are_told_of_the_newest_revision(db: Database) -> None:
    """Each asks after it came, whatever question of others was under way."""
    asking = Asking(db, 10**6)
    await asking.keep()
    for _ in range(5):
        async with db.write() as tx:
            await next_revision(tx)
        assert all(await asyncio.gather(*(asking.has() for _ in range(20))))
    assert {one.checked for one in asking.pages._kept[CustomerId("c")].values()} == {6}
