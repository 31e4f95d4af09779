"""The people of a customer come page by page from an index, by the name beside their places, whichever program wrote it."""

import sqlite3

import asyncpg
import pytest
from sqlalchemy import Connection, select, update

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.server.filling_in import AT_ONCE
from hoistway.store.change_row import change_row
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Statement, nothing
from hoistway.store.filling import fill_tables
from hoistway.store.members import _PAGE, page_of_members
from hoistway.store.memberships import MEMBERSHIPS, Membership, put_membership
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.profiles import change_profile, rename_user
from hoistway.store.unnamed import name_places
from hoistway.store.users import USERS, User, add_user, user_row
from tests.store.before import Old, on_connection
from tests.store.test_plans import _rows_read as rows_read
from tests.store.test_schema import on

MANY, CUSTOMERS, PAGE = 6_000, 20, 50
C = CustomerId("c-1")
_BESIDE = Statement(lambda: select(MEMBERSHIPS.c.person_name).order_by(MEMBERSHIPS.c.person_name), str)
# What the program of the version before does: it makes a place without a name, and renames a person without the places.
_MAKE = Statement(lambda: update(MEMBERSHIPS).values(person_name=None), nothing)
_RENAME = Statement(lambda: update(USERS).where(USERS.c.id == "u-b").values(name="Zoe"), nothing)


def _user(user_id: str, name: str) -> User:
    return User(UserId(user_id), user_id, name, (), (), None, "!", None, 0, 0)


async def _add(db: Database, *people: tuple[str, str], customer_id: CustomerId = C) -> None:
    async with db.write() as tx:
        for user_id, name in people:
            await add_user(tx, _user(user_id, name))
            await put_membership(tx, Membership(UserId(user_id), customer_id, "member", "all", 0))


async def _opened(url: str) -> Database:
    db = await open_database(url)
    async with db.write() as tx:
        for number in range(CUSTOMERS):
            await add_customer(tx, Customer(CustomerId(f"c-{number}"), "Customer", 0))
    return db


async def _names(db: Database, most: int = PAGE) -> list[str]:
    """Page by page."""
    found, after = list[str](), ("", "")
    while True:
        rows, position = await page_of_members(db, C, after=after, most=most)
        found += [row.name for row in rows]
        if position is None:
            return found
        after = position


async def test_a_page_is_read_from_the_index_however_many_others_there_are(migrated_url: str) -> None:
    """Those of other customers come before by name: the index of all names would be walked through them."""
    db = await _opened(migrated_url)
    users, places = list[tuple[object, ...]](), list[tuple[object, ...]]()
    for number in range(MANY):
        row = _user(f"u-{number:05}", f"{'Zoe' if number % CUSTOMERS == 1 else 'Ann'} {number}")
        users.append(tuple(user_row(row).values()))
        places.append((row.id, f"c-{number % CUSTOMERS}", "member", "all", 0, row.name))
    async with db.write() as tx:
        await fill_tables(tx, {"users": users, "memberships": places})
    compiled = _PAGE.for_engine(db.engine)
    values = compiled.positional({"customer_id": C, "name": "Zoe 3", "id": "u-00003", "most": PAGE + 1})
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        # As autovacuum leaves it: the index alone says which rows are there.
        connection = await asyncpg.connect(migrated_url)
        await connection.execute("VACUUM ANALYZE memberships")
        await connection.close()
        assert await rows_read(migrated_url, compiled.text, values) <= 5 * (PAGE + 1)
        return
    file = sqlite3.connect(path)
    plan = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    file.close()
    index = "SEARCH memberships USING COVERING INDEX ix_memberships_person_name"
    assert f"{index} (customer_id=? AND (person_name,user_id)>(?,?))" in plan, plan
    assert not any(step.startswith("SCAN") and "memberships" in step for step in plan), plan


@pytest.mark.parametrize("most", [1, 2, PAGE])
async def test_each_person_comes_once_by_name_and_id(migrated_url: str, most: int) -> None:
    db = await _opened(migrated_url)
    await _add(db, ("u-3", "Ann"), ("u-1", "Ann"), ("u-2", "Émile"), ("u-4", "zoe"), ("u-5", "Zoe"))
    await _add(db, ("u-6", "Other"), customer_id=CustomerId("c-2"))
    rows, _ = await page_of_members(db, C, most=PAGE)
    assert [row.user_id for row in rows] == ["u-1", "u-3", "u-5", "u-4", "u-2"]
    assert await _names(db, most) == ["Ann", "Ann", "Zoe", "zoe", "Émile"]
    await db.close()


async def test_the_name_beside_a_place_follows_every_change(migrated_url: str) -> None:
    db = await _opened(migrated_url)
    await _add(db, ("u-a", "Ann"), ("u-b", "Bob"), ("u-c", "Carl"))
    async with db.write() as tx:
        await put_membership(tx, Membership(UserId("u-b"), CustomerId("c-2"), "member", "all", 0))
        await change_profile(tx, UserId("u-a"), name="Zoe", locale=None)
        await change_row(tx, "users", "u-c", {"name": "Aaron"})
        await rename_user(tx, UserId("u-b"), "bobby", ())
        await put_membership(tx, Membership(UserId("u-a"), C, "administrator", "all", 0))
    assert await _names(db) == ["Aaron", "Bob", "Zoe"]
    assert await db.all(_BESIDE, {}) == ["Aaron", "Bob", "Bob", "Zoe"]
    await db.close()


@pytest.mark.parametrize("most", [1, 2, PAGE])
async def test_what_the_version_before_writes_meanwhile_is_listed_too(migrated_url: str, most: int) -> None:
    """A place that it makes stands at the person's name; whom it renames, at the former name, and no page leaves out or repeats
    anybody for it."""
    db = await _opened(migrated_url)
    await _add(db, ("u-a", "Ann"), ("u-d", "Dora"))
    async with db.write() as tx:
        await tx.run(_MAKE, {})
    await _add(db, ("u-b", "Bob"), ("u-c", "Carl"))
    async with db.write() as tx:
        await tx.run(_RENAME, {})
    assert await _names(db, most) == ["Ann", "Zoe", "Carl", "Dora"]
    async with db.write() as tx:
        assert await name_places(tx, AT_ONCE) == 2
        await change_profile(tx, UserId("u-b"), name="Zoe", locale="de")
    assert await _names(db, most) == ["Ann", "Carl", "Dora", "Zoe"]
    await db.close()


async def test_a_place_that_somebody_holds_is_named_later(migrated_url: str) -> None:
    """Nobody waits for the other: whoever renames the person has the row of the person, and then wants those of the places."""
    db = await _opened(migrated_url)
    await _add(db, ("u-a", "Ann"))
    async with db.write() as tx:
        await tx.run(_MAKE, {})
    async with db.write() as tx:
        await change_profile(tx, UserId("u-a"), name="Bob", locale=None)
        await tx.run(_MAKE, {})
        if db.engine == "postgresql":
            async with db.write() as other:
                assert await name_places(other, AT_ONCE) == 0
    async with db.write() as tx:
        assert await name_places(tx, AT_ONCE) == 1
        assert await name_places(tx, AT_ONCE) == 0
    assert await _names(db) == ["Bob"]
    await db.close()


def _world(connection: Connection) -> None:
    old = Old(connection)
    old.add("customers", id=C, name="Customer")
    for number in range(AT_ONCE + 50):
        person = f"u-{number:04}"
        old.add(
            "users", id=person, username=person, username_key=person, name=f"Person {number:04}", emails="[]", flags="[]"
        )  # fmt: skip
        old.add("memberships", user_id=person, customer_id=C, role="member", reach="all")


async def _name(db: Database) -> list[object]:
    told: list[object] = [await _names(db)]
    for _turn in range(3):
        async with db.write() as tx:
            told.append(await name_places(tx, AT_ONCE))
    return [*told, await _names(db), await db.all(_BESIDE, {})]


def test_places_of_the_version_before_are_listed_before_and_after_they_are_named(database_url: str) -> None:
    migrate(database_url, "0052")
    on_connection(database_url, _world)
    migrate(database_url)
    everybody = [f"Person {number:04}" for number in range(AT_ONCE + 50)]
    assert on(database_url, _name) == [everybody, AT_ONCE, 50, 0, everybody, everybody]
