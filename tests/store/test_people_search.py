"""People are found among many by beginnings, page by page, from an index; each of them once."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, cast

import asyncpg
import pytest
from sqlalchemy import Connection

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.server.filling_in import AT_ONCE
from hoistway.store.change_row import change_row
from hoistway.store.connections import OWN_PLAN
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Statement
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.people_search import ALL, LOOKED, OF, SHOWN_OF, START, Position, search_members, search_people
from hoistway.store.profiles import change_profile, rename_user
from hoistway.store.users import User, add_user
from hoistway.store.wordless import index_users, is_indexing
from tests.store.before import Old, on_connection
from tests.store.test_plans import _rows_read as rows_read
from tests.store.test_schema import on

MANY = 6_000
C = CustomerId("c-1")


def _user(user_id: str, username: str, name: str, *emails: str) -> User:
    return User(UserId(user_id), username, name, emails, (), None, "!", None, 0, 0)


async def _add(db: Database, *users: User, customer_id: CustomerId | None = None) -> None:
    async with db.write() as tx:
        for one in users:
            await add_user(tx, one)
            if customer_id is not None:
                await put_membership(tx, Membership(one.id, customer_id, "member", "all", 0))


async def _found(db: Database, typed: str) -> list[str]:
    return [line.id for line in (await search_people(db, typed))[0]]


async def test_beginnings_are_found_in_any_case(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    await _add(
        db,
        _user("u-1", "a.maier@example.com", "Anna Maria Maier-Lüdenscheidt", "a.maier@example.com", "private@example.org"),
        _user("u-2", "anna@example.com", "Bernd Annaberg", "anna@example.com"),
        _user("u-3", "groß", "Carl Groß"),
    )  # fmt: skip
    for typed, ids in (
        ("anna", ["u-1", "u-2"]),
        ("ANNAB", ["u-2"]),
        ("maier", ["u-1"]),
        ("lüden", ["u-1"]),
        ("LÜDEN an", ["u-1"]),
        ("an mai", ["u-1"]),
        ("mai berg", []),
        ("A.Maier@", ["u-1"]),
        ("private@", ["u-1"]),
        ("gross", ["u-3"]),
        ("carl gro", ["u-3"]),
        ("u-2", ["u-2"]),
        ("aier", []),
        ("example.com", []),
        ("100%", []),
        ("a_na", []),
        ("", []),
    ):
        assert await _found(db, typed) == ids, typed
    await db.close()


async def test_the_words_follow_every_change(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    await _add(db, _user("u-1", "old", "Old Name", "old@example.com"))
    async with db.write() as tx:
        await change_profile(tx, UserId("u-1"), name="Fresh Name", locale=None)
    assert (await _found(db, "fresh"), await _found(db, "old n"), await _found(db, "old@")) == (["u-1"], [], ["u-1"])
    async with db.write() as tx:
        await rename_user(tx, UserId("u-1"), "other", ("new@example.com",))
    assert (await _found(db, "old"), await _found(db, "new@"), await _found(db, "other")) == ([], ["u-1"], ["u-1"])
    async with db.write() as tx:
        await change_row(tx, "users", "u-1", {"name": "Third", "emails": '["third@example.com"]'})
    assert (await _found(db, "fresh"), await _found(db, "third"), await _found(db, "new@")) == ([], ["u-1"], [])
    await db.close()


async def _pages(db: Database, typed: str, of: CustomerId | None) -> list[str]:
    found: list[str] = []
    position: Position | None = START
    while position is not None:
        if of is None:
            lines, position = await search_people(db, typed, after=position, most=40)
            page = [line.id for line in lines]
        else:
            members, position = await search_members(db, of, typed, after=position, most=40)
            page = [str(member.user_id) for member in members]
        assert len(page) <= 40
        found += page
    return found


@pytest.mark.parametrize("of", [None, C])
@pytest.mark.parametrize("typed", ["kim", "kim le", "lee kim"])
async def test_pages_hold_everybody_once(migrated_url: str, of: CustomerId | None, typed: str) -> None:
    """However many words of a person begin alike: user name, address and name."""
    db, count = await open_database(migrated_url), 2 * LOOKED
    async with db.write() as tx:
        await add_customer(tx, Customer(C, "Customer", 0))
    people = [
        _user(f"u-{n:04}", f"kim.{n}@example.com", f"Kim Kimba Lee {n}", f"kim.{n}@example.com", f"kim-{n}@example.org")
        for n in range(count)
    ]
    await _add(db, *people, customer_id=C)
    await _add(db, _user("u-x", "kim lee", "Kim Other"), _user("u-y", "kim other", "Kim Lee"), customer_id=C)
    found = await _pages(db, typed, of)
    await db.close()
    assert len(found) == len(set(found)) == count + 2


async def test_a_customer_finds_its_own_people_only(migrated_url: str) -> None:
    db, other = await open_database(migrated_url), CustomerId("c-2")
    async with db.write() as tx:
        await add_customer(tx, Customer(C, "Customer", 0))
        await add_customer(tx, Customer(other, "Another", 0))
    await _add(db, _user("u-1", "kim@a.com", "Kim Lee"), customer_id=C)
    await _add(db, _user("u-2", "kim@b.com", "Kim Lee"), customer_id=other)
    await _add(db, _user("u-3", "kim@c.com", "Kim Lee"))
    assert [str(one.user_id) for one in (await search_members(db, C, "kim"))[0]] == ["u-1"]
    assert (await search_members(db, C, "u-2"))[0] == []
    await db.close()


async def test_an_address_that_the_list_does_not_show_finds_nobody_there(migrated_url: str) -> None:
    """Only the operator sees all addresses of a person. The user name is found, whatever hidden address comes before it."""
    db = await open_database(migrated_url)
    async with db.write() as tx:
        await add_customer(tx, Customer(C, "Customer", 0))
    hidden = ("kim.a@private.example", "kim.lee@example.com", "zoe@private.example")
    await _add(db, _user("u-1", "Kim.Lee@example.com", "Kimberley Lee", *hidden), customer_id=C)
    await _add(db, _user("u-2", "kim", "Kim Park", "kim.park@private.example"), customer_id=C)
    for typed, seen, all_of_them in (
        ("zoe", [], ["u-1"]),
        ("kim.a", [], ["u-1"]),
        ("kim.lee@", ["u-1"], ["u-1"]),
        ("kim.p", [], ["u-2"]),
        ("kim", ["u-2", "u-1"], ["u-2", "u-1"]),
        ("lee kim", ["u-1"], ["u-1"]),
    ):
        for shown, ids in ((True, seen), (False, all_of_them)):
            found, _next = await search_members(db, C, typed, shown=shown)
            assert [str(one.user_id) for one in found] == ids, (typed, shown)
    _found, position = await search_members(db, C, "kim", most=1, shown=True)
    assert position == ("kim", "u-2")
    await db.close()


async def _many(db: Database) -> None:
    async with db.write() as tx:
        for number in range(60):
            await add_customer(tx, Customer(CustomerId(f"c-{number}"), "Customer", 0))
        for number in range(MANY):
            user_id = UserId(f"u-{number:05}")
            await add_user(tx, _user(user_id, f"person-{number}@example.com", f"Person {number}"))
            await put_membership(tx, Membership(user_id, CustomerId(f"c-{number % 60}"), "member", "all", 0))


async def _own_plan(url: str, text: str, values: list[Any]) -> str:
    """For these values, whose range of words the planner takes for a single row; however many share such a beginning, it would walk
    them again for each person."""
    connection = await asyncpg.connect(url)
    await connection.execute(OWN_PLAN)
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {text}", *values))
    await connection.close()
    return plan


@pytest.mark.parametrize("statement", [ALL, OF, SHOWN_OF])
async def test_a_page_reads_a_range_of_words_or_a_customer_s_own(migrated_url: str, statement: Statement[Any]) -> None:
    db = await open_database(migrated_url)
    await _many(db)
    compiled = statement.for_engine(db.engine)
    asked = {
        "low": "person",
        "high": "person\U0010ffff",
        "word": "person 3",
        "id": "u-1",
        "most": 50,
        "customer_id": "c-7",
    }
    values = compiled.positional(asked)
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        # Of a customer each of the people is looked up with the few words they have, of all no more than the page.
        assert await rows_read(migrated_url, compiled.text, values) <= 8 * MANY // 60
        rare = compiled.positional({**asked, "low": "rare", "high": "rare\U0010ffff", "word": "rare"})
        assert statement is ALL or "ix_person_words_word" not in await _own_plan(migrated_url, compiled.text, rare)
        return
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    connection.close()
    assert not any("SCAN" in step for step in plan), plan
    own = (
        "SEARCH memberships USING COVERING INDEX ix_memberships_person_name (customer_id=?)"
        if statement is not ALL
        else "ix_person_words_word (word>? AND word<?)"
    )
    assert own in plan[0], plan
    assert statement is not ALL or not any("TEMP B-TREE" in step for step in plan), plan


class Watched:
    """Remembers what the index of words was asked."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.asked: list[Mapping[str, Any]] = []

    async def all(self, statement: Statement[Any], params: Mapping[str, Any]) -> list[Any]:
        self.asked += [params] if statement is ALL else []
        return await self._db.all(statement, params)


async def test_the_first_page_begins_to_read_where_its_words_begin(migrated_url: str) -> None:
    """PostgreSQL reads its index from the position on: from the very beginning that would be nearly everybody's words."""
    db = await open_database(migrated_url)
    await _many(db)
    watched = Watched(db)
    assert (await search_people(cast("Database", watched), "zz"))[0] == []
    (asked,) = watched.asked
    compiled = ALL.for_engine(db.engine)
    values = compiled.positional(asked)
    await db.close()
    assert (asked["word"], asked["id"]) >= (asked["low"], "")
    if sqlite_path(migrated_url) is None:
        connection = await asyncpg.connect(migrated_url)
        await connection.execute("VACUUM ANALYZE person_words")
        text = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled.text}"
        plan = json.loads(await connection.fetchval(text, *values))[0]["Plan"]
        await connection.close()
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 10


def _world(connection: Connection) -> None:
    old = Old(connection)
    for number in range(AT_ONCE + 50):
        old.add(
            "users", id=f"u-{number:04}", username=f"p{number}", username_key=f"p{number}", name=f"Person {number}",
            emails='["p@example.com"]', flags="[]",
        )  # fmt: skip


async def _index(db: Database) -> list[object]:
    told: list[object] = [await is_indexing(db), await _found(db, "person 7")]
    for _turn in range(3):
        async with db.write() as tx:
            told.append(await index_users(tx, AT_ONCE))
    return [*told, await is_indexing(db), (await _found(db, "p77"))]


def test_people_of_the_version_before_are_found_once_housekeeping_indexed_them(database_url: str) -> None:
    migrate(database_url, "0040")
    on_connection(database_url, _world)
    migrate(database_url)
    assert on(database_url, _index) == [True, [], AT_ONCE, 50, 0, False, ["u-0077"]]


def test_a_deleted_person_leaves_no_words(migrated_url: str) -> None:
    on(migrated_url, lambda db: _add(db, _user("u-1", "gone", "Gone Away")))

    def remove(connection: Connection) -> int:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql("DELETE FROM users")
        return len(Old(connection).rows("person_words", "word"))

    assert on_connection(migrated_url, remove) == 0
