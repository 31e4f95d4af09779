"""Floors in one form: what files may say, and what a database of the version before is made into."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from hoistway.protocol.ids import CustomerId, UnitId
from hoistway.store.db import Database, Statement, nothing
from hoistway.store.floors import MOST, check_floors
from hoistway.store.migrate import migrate
from hoistway.store.seen import Reach
from hoistway.store.unit_access import find_seen_unit, seen_units
from hoistway.store.units import find_unit
from tests.store.test_schema import on

BEFORE = "0016"


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("[]", []),
        ('[{"id": "1", "marking": "G", "level": 0}]', [{"id": "1", "marking": "G", "level": 0}]),
        ('[{"id": -1, "marking": 7, "level": -3200}]', [{"id": "-1", "marking": "7", "level": -3200}]),
        ('[{"level": 3200.0, "marking": "Ä", "id": "a:5"}]', [{"id": "a:5", "marking": "Ä", "level": 3200}]),
        ('[{"id": "1", "marking": "G"}]', [{"id": "1", "marking": "G", "level": None}]),
    ],
)
def test_what_files_may_say(said: str, stored: list[dict[str, Any]]) -> None:
    assert json.loads(check_floors(said)) == stored


@pytest.mark.parametrize(
    "said",
    [
        "", "{}", "null", "[null]", "[NaN]", "[1]", "[[]]", '["G"]', "[" * 50_000, '[{"id": "1"}]', '[{"marking": "G"}]',
        '[{"id": null, "marking": "G"}]', '[{"id": true, "marking": "G"}]', '[{"id": 1.5, "marking": "G"}]',
        '[{"id": "", "marking": "G"}]', '[{"id": "1", "marking": ""}]', '[{"id": "1", "marking": "a\\nb"}]',
        '[{"id": "1", "marking": "a\\u0000"}]', '[{"id": "1", "marking": "\\u200b"}]', '[{"id": "1", "marking": "G", "level": "0"}]',
        '[{"id": "1", "marking": "G", "level": 0.5}]', '[{"id": "1", "marking": "G", "level": 1e30}]',
        '[{"id": "1", "marking": "G", "side": "front"}]', '[{"id": "1", "marking": "G"}, {"id": 1, "marking": "1"}]',
        json.dumps([{"id": str(n), "marking": "G"} for n in range(MOST + 1)]), '[{"id": "1", "marking": "' + "x" * 101 + '"}]',
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"floors"):
        check_floors(said)


ROWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "u-01": ("[]", []),
    "u-02": ('[{"id": 0, "marking": "G", "level": 0}]', [{"id": "0", "marking": "G", "level": 0}]),
    "u-03": ('[{"id":"B1","marking":"B1","level":-3000.4}]', [{"id": "B1", "marking": "B1", "level": -3000}]),
    "u-04": ('[{"id": 1.0, "marking": 1, "side": "front"}]', [{"id": "1", "marking": "1", "level": None}]),
    "u-05": (
        '[{"marking": "K"}, {"id": "x"}]',
        [{"id": "1", "marking": "K", "level": None}, {"id": "x", "marking": "x", "level": None}],
    ),
    "u-06": ('[1, null, "G", {"a": 1}]', []),
    "u-07": ('["\\ud800", {"id": "\\ud800", "level": true}]', [{"id": "?", "marking": "?", "level": None}]),
    "u-08": ("[" * 5000 + "]" * 5000, []),
    "u-09": (
        '[{"id": "Zürich", "marking": "a\\u0000b", "level": 1e300}]',
        [{"id": "Zürich", "marking": "a\x00b", "level": None}],
    ),
}
MANY = 2500
REACH = Reach(CustomerId("c"), None)


async def _put(db: Database, table: str, *rows: dict[str, Any]) -> None:
    """As the version before wrote them."""
    into = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({', '.join(f':{name}' for name in rows[0])})"
    async with db.write() as tx:
        await tx.run_many(Statement(lambda: text(into), nothing), rows)


async def _world(db: Database) -> None:
    floors = {unit: said for unit, (said, _) in ROWS.items()} | {
        f"v-{n:05}": f'[{{"id":{n},"marking":"G","level":0}}]' for n in range(MANY)
    }
    await _put(db, "customers", {"id": "c", "name": "C", "created_at": 1})
    place = dict.fromkeys(("street", "postal_code", "city", "country"), "")
    await _put(db, "sites", {"id": "s", "name": "S", "created_at": 1, **place})
    kind = {"site_id": "s", "equipment_type": "elevator"}
    await _put(db, "units", *({"id": unit, "floors": said, "updated_at": 1, **kind} for unit, said in floors.items()))
    await _put(db, "unit_access", *({"customer_id": "c", "unit_id": unit, "role": "owner", **kind} for unit in floors))


@pytest.fixture
def moved(database_url: str) -> str:
    """A database of the version before with real rows, brought up to date."""
    migrate(database_url, BEFORE)
    on(database_url, _world)
    migrate(database_url)
    return database_url


def test_rows_of_the_version_before_keep_their_meaning(moved: str) -> None:
    async def look(db: Database) -> tuple[dict[str, Any], list[str], str]:
        found = {unit: await find_seen_unit(db, REACH, UnitId(unit)) for unit in ROWS}
        many = [json.loads(row.floors)[0]["id"] for row in await seen_units(db, REACH, after="v-", most=MANY + 1)]
        raw = await db.one(Statement(lambda: text("SELECT floors FROM units WHERE id = 'u-06'"), str), {})
        return {unit: row and json.loads(row.floors) for unit, row in found.items()}, many, raw or ""

    seen, many, raw = on(moved, look)
    assert seen == {unit: floors for unit, (_, floors) in ROWS.items()}
    assert many == [str(n) for n in range(MANY)]
    assert raw == ROWS["u-06"][0], "what does not fit stays where it was"


def test_the_version_before_goes_on_beside_it(moved: str) -> None:
    """It writes and reads `floors` alone."""
    said = '[{"id":"9","marking":"9","level":1}]'

    async def work(db: Database) -> tuple[str, str]:
        row = {"id": "new", "site_id": "s", "equipment_type": "elevator", "floors": said, "updated_at": 1}
        await _put(db, "units", row)
        access = {"customer_id": "c", "unit_id": "new", "role": "owner", "site_id": "s", "equipment_type": "elevator"}
        await _put(db, "unit_access", access)
        seen, unit = await find_seen_unit(db, REACH, UnitId("new")), await find_unit(db, UnitId("new"))
        assert seen is not None
        assert unit is not None
        return seen.floors, unit.floors

    assert on(moved, work) == (said, said)
