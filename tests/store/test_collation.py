"""Both databases sort by code point and fold case alike; one that does otherwise is told of."""

import json
from pathlib import Path

import pytest

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.collation import Habits, differences, fold, odd_habits
from hoistway.store.customers import Customer, add_customer, list_customers
from hoistway.store.db import Database
from hoistway.store.seen import Reach
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access, seen_units
from hoistway.store.unit_counts import seen_sites
from hoistway.store.units import Unit, put_units
from tests.cli.running import point_at, run
from tests.engines import administer, drop_database, url_of
from tests.store.test_schema import on

C = CustomerId("c")
IDS = ["US-10", "US-2", "US-A", "US-a", "US-B", "US_1", "US 1", "us-1", "ÜS-1", "Us-1", "US-é", "US-e", "US-f", "US-🛗"]
CITIES = ("MÜNCHEN", "Ἀθῆναι ΟΔΟΣ", "İzmir", "STRAẞE", "ÅRHUS")


async def _fill(db: Database) -> None:
    async with db.write() as tx:
        await add_customer(tx, Customer(C, "One", 1))
        for number, unit_id in enumerate(IDS):
            city = CITIES[number % len(CITIES)]
            await put_sites(tx, [Site(SiteId(unit_id), "House", "", "", city, "", 1)])
            unit = Unit(UnitId(unit_id), SiteId(unit_id), "elevator", 1)
            await put_units(tx, [unit])
            await put_access(tx, [UnitAccess(C, unit.id, "owner", unit.site_id, "elevator")])


def test_lists_are_in_the_order_of_code_points(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        await _fill(db)
        units = [row.id for row in await seen_units(db, Reach(C), most=100)]
        assert units == sorted(IDS)
        assert [row.id for row in await seen_sites(db, Reach(C), most=100)] == sorted(IDS)
        behind = await seen_units(db, Reach(C), after="US-a", most=100)
        assert [row.id for row in behind] == [one for one in sorted(IDS) if one > "US-a"]
        async with db.write() as tx:
            for name in IDS:
                await add_customer(tx, Customer(CustomerId(name), name, 1))
        assert [row.id for row in await list_customers(db)] == sorted([C, *IDS])

    on(migrated_url, work)


@pytest.mark.parametrize(
    "asked", ["münchen", "MÜNCHEN", "Münch", "ὁδοσ", "ΟΔΟΣ", "οδοσ", "izmir", "İZMIR", "straße", "århus", "Å"]
)
def test_searching_folds_case_beyond_ascii(migrated_url: str, asked: str) -> None:
    expected = {city for city in CITIES if fold(asked) in fold(city)}

    async def work(db: Database) -> None:
        await _fill(db)
        assert {row.city for row in await seen_units(db, Reach(C), most=100, text=asked)} == expected

    on(migrated_url, work)
    assert expected or asked == "ὁδοσ"


def test_the_tests_databases_are_as_they_should_be(migrated_url: str) -> None:
    assert on(migrated_url, odd_habits) == []


def test_a_database_that_folds_ascii_only_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    administer("CREATE DATABASE plain TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    url = url_of("plain")
    point_at(monkeypatch, url)
    told = run("init", "--json")
    drop_database(url)
    assert "MÜNCHEN" in json.loads(told.stdout)["warnings"][0]
    assert "warning" in told.stderr
    assert "docs/operating.md" in told.stderr


def test_each_difference_has_its_words() -> None:
    assert differences(Habits(1, 1)) == []
    assert ["order" in one for one in differences(Habits(0, 0))] == [True, False]


def test_the_document_creates_databases_as_the_tests_do() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "operating.md").read_text(encoding="utf-8")
    assert "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'" in text
