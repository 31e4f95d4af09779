"""A page of units reads its own rows, wherever it lies and whatever other customers have, as each engine plans it."""

import json
import sqlite3
from typing import Any

import asyncpg
import pytest

from hoistway.protocol.ids import CustomerId, SiteId, UnitId, UserId
from hoistway.store.audit import Entry, add_entry
from hoistway.store.audit_search import KINDS, kinds_of_events
from hoistway.store.change_row import change_row
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Statement
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.operators import _COUNT, _LOCK, _STAFF, count_operators, staff_names
from hoistway.store.search import SEARCHES
from hoistway.store.site_search import LAST, LOOKED, NEAR, search_sites
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import _PAGES, UnitAccess, put_access, remove_access
from hoistway.store.unit_changes import REMOVED, WRITTEN
from hoistway.store.unit_search import IDS, NUMBERED, OF, search_units
from hoistway.store.units import Unit, put_units
from hoistway.store.users import User, add_user

CUSTOMERS, UNITS, PAGE = 10, 6000, 21
LISTS = {
    "customers": "customers_name", "sites": "sites_name", "users": "users_name",
    "accounts": "service_accounts_username", "applications": "clients_name",
}  # fmt: skip
PARAMS = {"customer_id": "c-3", "after": "US-005500", "most": PAGE, "site": "s-3", "type": "elevator"}


async def _fill(db: Database) -> None:
    async with db.write() as tx:
        for number in range(CUSTOMERS):
            await add_customer(tx, Customer(CustomerId(f"c-{number}"), "Customer", 0))
            await put_sites(tx, [Site(SiteId(f"s-{number}"), "House", "", "", "", "", 0)])
        # As many sites as an operator has: a table of a few rows is read whole, whatever the statement.
        await put_sites(tx, [Site(SiteId(f"o-{number}"), "House", "", "", "", "", 0) for number in range(3000)])
        units, access = [], []
        for number in range(UNITS):
            unit, site = UnitId(f"US-{number:06}"), SiteId(f"s-{number % CUSTOMERS}")
            units.append(Unit(unit, site, "elevator", 0))
            access.append(UnitAccess(CustomerId(f"c-{number % CUSTOMERS}"), unit, "owner", site, "elevator"))
        await put_units(tx, units)
        await put_access(tx, access)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


async def _rows_read(url: str, text: str, values: list[Any]) -> int:
    """With the plan that serves every customer alike, and with what the planner knows of the tables."""
    connection = await asyncpg.connect(url)
    await connection.execute("ANALYZE")
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    found = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", *values))
    await connection.close()
    nodes = _nodes(found[0]["Plan"])
    assert not any(node["Node Type"] in {"Merge Join", "Hash Join"} for node in nodes)
    scans = [node for node in nodes if "Scan" in node["Node Type"]]
    return int(sum((n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in scans))


@pytest.mark.parametrize("filters", [(), ("site",), ("type",)])
async def test_the_last_page_costs_what_the_first_did(migrated_url: str, filters: tuple[str, ...]) -> None:
    db = await open_database(migrated_url)
    await _fill(db)
    compiled = _PAGES[False, frozenset(filters)].for_engine(db.engine)
    values = compiled.positional(PARAMS)
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        # With a filter the planner may sort: then it reads what is left of the customer's own rows, never another's.
        own = PAGE if not filters else (UNITS - 5500) // CUSTOMERS
        assert await _rows_read(migrated_url, compiled.text, values) <= 4 * own
        return
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    connection.close()
    assert plan[0].startswith("SEARCH unit_access USING INDEX")
    assert plan[0].endswith("AND unit_id>?)")
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan)


@pytest.mark.parametrize("statement", [WRITTEN[False], REMOVED[False]])
async def test_changes_are_read_from_the_customer_s_own(migrated_url: str, statement: Statement[Any]) -> None:
    """However many changes other customers have, and however long ago the place is."""
    db = await open_database(migrated_url)
    await _fill(db)
    for number in range(0, UNITS, 300):
        async with db.write() as tx:
            await remove_access(tx, CustomerId(f"c-{number % CUSTOMERS}"), UnitId(f"US-{number:06}"), 1)
    compiled = statement.for_engine(db.engine)
    values = compiled.positional({"customer_id": "c-3", "revision": 1, "after": "", "upto": 10**6, "most": PAGE})
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        assert await _rows_read(migrated_url, compiled.text, values) <= 4 * PAGE
        return
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    connection.close()
    assert "ix_unit_access_revision (customer_id=? AND revision>" in plan[0] or "ix_unit_removals_customer" in plan[0]
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan)


async def test_units_are_found_by_number_address_and_customer(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    await _fill(db)
    async with db.write() as tx:
        await put_sites(tx, [Site(SiteId("s-7"), "Tower", "Long Lane 5", "10115", "Berlin", "DE", 0)])
        await put_units(tx, [Unit(UnitId("US-000007"), SiteId("s-7"), "elevator", 0, serial_number="SN-77")])
        mine = UnitAccess(CustomerId("c-7"), UnitId("US-000017"), "owner", SiteId("s-7"), "elevator", "LIFT-17")
        await put_access(tx, [mine])
        await change_row(tx, "customers", "c-3", {"name": "Third Housing"})
    found = await search_units(db, "us-00555", most=PAGE)
    assert [line.id for line in found.lines] == [f"US-00555{n}" for n in range(10)]
    again = await search_units(db, "us-00555", after="US-005553", most=3)
    assert [line.id for line in again.lines] == ["US-005554", "US-005555", "US-005556"]
    assert [line.id for line in (await search_units(db, "sn-7")).lines] == ["US-000007"]
    assert [line.id for line in (await search_units(db, "lift-1")).lines] == ["US-000017"]
    for word, first in (("LONG lane", "US-000007"), ("10115", "US-000007"), ("third", "US-000003")):
        assert (await search_units(db, word)).lines[0].id == first
        assert (await search_units(db, word, after="US-005000", most=1)).lines[0].id > "US-005000"
    assert (await search_units(db, "house", most=1)).cut, "3,000 sites have this name"
    assert (await search_units(db, "nothing")).lines == []
    await db.close()


async def test_sites_are_found_by_the_beginnings_of_an_address(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    await _fill(db)
    towers = [
        Site(SiteId(f"t-{n}"), f"Tower {9 - n}", f"Straße des 17. Juni {n}", f"1011{n}", "Überlingen", "DE", 0)
        for n in range(5)
    ]
    async with db.write() as tx:
        await put_sites(tx, towers)
    for text in (
        "tower",
        "TOWER",
        "straße des 17. juni"[:9],
        "Straße des 17. Juni",
        "überl",
        "ÜBERL",
        "1011",
        "T-",
        "Tower, 1011, über",
    ):
        assert [line.id for line in (await search_sites(db, text)).lines] == [f"t-{n}" for n in (4, 3, 2, 1, 0)], text
    assert [line.id for line in (await search_sites(db, "überlingen, Straße des 17. Juni 2")).lines] == ["t-2"]
    assert [line.id for line in (await search_sites(db, "tower", after="t-3", most=2)).lines] == ["t-2", "t-1"]
    assert (await search_sites(db, "tower, harbour")).lines == []
    assert not (await search_sites(db, "tower")).cut
    async with db.write() as tx:
        await put_sites(tx, [Site(SiteId(f"b-{n}"), "Block", "Lane", "2", "Basel", "CH", 0) for n in range(LOOKED + 1)])
    assert (await search_sites(db, "basel")).cut
    assert len((await search_sites(db, "block", most=51)).lines) == 51
    await db.close()


@pytest.mark.parametrize("text", ["Tower", "zzz"])
async def test_looking_for_sites_reads_ranges(migrated_url: str, text: str) -> None:
    db = await open_database(migrated_url)
    async with db.write() as tx:
        await put_sites(tx, [Site(SiteId(f"b-{n}"), f"B{n}", f"L{n}", f"{n}", "Basel", "CH", 0) for n in range(UNITS)])
    compiled = NEAR.for_engine(db.engine)
    values = compiled.positional({"low": text, "high": text + LAST})
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        assert await _rows_read(migrated_url, compiled.text, values) == 0
        return
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    connection.close()
    assert sum("SEARCH sites USING" in step for step in plan) == 5
    assert not any("SCAN sites" in step or "TEMP B-TREE" in step for step in plan), plan


UNIT_PLANS = [
    (IDS, "sqlite_autoindex_units_1 (id>? AND id<?)"),
    (OF["site"], "ix_units_site (site_id=? AND id>?)"),
    (OF["customer"], "sqlite_autoindex_unit_access_1 (customer_id=? AND unit_id>?)"),
    (NUMBERED[0], "ix_units_serial_number (serial_number>? AND serial_number<?)"),
    (
        NUMBERED[1],
        "ix_unit_access_customer_equipment_number (customer_equipment_number>? AND customer_equipment_number<?)",
    ),
    *((SEARCHES[word, False, True], f"USING INDEX ix_{table} ((") for word, table in LISTS.items()),
]


@pytest.mark.parametrize(("statement", "step"), UNIT_PLANS)
async def test_lists_and_searches_read_a_range(migrated_url: str, statement: Statement[Any], step: str) -> None:
    db = await open_database(migrated_url)
    await _fill(db)
    compiled = statement.for_engine(db.engine)
    asked = {"of": "c-3", "after": "US-005000", "low": "US-00555", "high": "US-00556", "most": PAGE, "title": "House"}
    values = compiled.positional(asked)
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        assert await _rows_read(migrated_url, compiled.text, values) <= 4 * PAGE
        return
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    connection.close()
    assert step.removesuffix("((") in plan[0]
    assert not any("TEMP B-TREE" in one for one in plan)


async def test_the_kinds_of_events_are_read_without_the_entries(migrated_url: str) -> None:
    db = await open_database(migrated_url)
    async with db.write() as tx:
        for number in range(300):
            await add_entry(tx, Entry(f"{number:04}", number, ("a.one", "b.two", "c.three")[number % 3]))
    assert await kinds_of_events(db) == ["a.one", "b.two", "c.three"]
    compiled = KINDS.for_engine(db.engine)
    values = compiled.positional({})
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        return
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    connection.close()
    assert not any("SCAN audit" in step for step in plan)
    assert sum("ix_audit_event_at" in step for step in plan) == 2


@pytest.mark.parametrize("statement", [_STAFF, _LOCK, _COUNT])
async def test_staff_are_read_without_everybody_else(migrated_url: str, statement: Statement[Any]) -> None:
    """A few among many: whoever proves a domain, or gives up being an operator, reads them alone."""
    db = await open_database(migrated_url)
    async with db.write() as tx:
        for number in range(2000):
            flags = ("employee", "operator") if number % 500 == 0 else ()
            name = f"p{number}@example.org"
            await add_user(tx, User(UserId(f"u-{number}"), name, name, (name,), flags, None, "!", None, 0, 0))
    assert len(await staff_names(db)) == await count_operators(db) == 4
    compiled = statement.for_engine(db.engine)
    values = compiled.positional({})
    await db.close()
    path = sqlite_path(migrated_url)
    if path is None:
        assert await _rows_read(migrated_url, compiled.text, values) <= 8
        return
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
    connection.close()
    assert all("ix_users_staff" in step for step in plan if "users" in step), plan
