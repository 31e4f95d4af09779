"""Rows of one unit for several customers, which say the same of the unit itself; each customer finds it where it stands."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.db import Database
from hoistway.store.open import open_database
from hoistway.store.unit_access import UnitAccess, put_access
from tests.attacks.asking import bearer, daemon_token
from tests.cli.conftest import Managed
from tests.cli.test_units import imported, seen
from tests.flows.browser import Person

HEAD = "unit_id,site_id,customer_id,capacity_kg\n"


def sites_of(managed: Managed, unit: str, client: str = "daemon") -> list[str]:
    token = daemon_token(managed.served, client)
    found = {site: bearer(managed.served, token, site=site).json()["items"] for site in ("c-a-s1", "c-a-s2", "c-b-s1")}
    return [site for site, items in found.items() if unit in {item["unitId"] for item in items}]


@pytest.mark.parametrize(
    ("second", "said"),
    [("c-b-s1,c-b,630", "another site_id"), ("c-a-s1,c-b,1000", "other values"), ("c-a-s1,c-b,", "other values")],
)
def test_rows_that_disagree_on_a_unit_are_named_with_both_lines(
    managed: Managed, tmp_path: Path, second: str, said: str
) -> None:
    unit = f"UL-{second}".replace(",", "-")
    rows = f"{unit},c-a-s1,c-a,630\n{unit},{second}\n{unit},c-a-s1,c-b,630\n"
    done = imported(tmp_path, "two.csv", HEAD + rows, code=1)
    # The third agrees with the first, and is no second one of the customer whose row was refused.
    assert (done["imported"], [row["line"] for row in done["refusals"]]) == (2, [3])
    assert f"{unit} is on line 2 already, with {said}" in done["refusals"][0]["because"]
    assert (sites_of(managed, unit), seen(managed, unit, "daemon-b")["capacity"]) == (["c-a-s1"], 630)


def test_rows_with_other_columns_agree_in_their_site(managed: Managed, tmp_path: Path) -> None:
    first = {"unit_id": "UL-json", "site_id": "c-a-s1", "customer_id": "c-a", "capacity_kg": 630}
    rows: list[dict[str, Any]] = [
        first,
        {"unit_id": "UL-json", "site_id": "c-a-s1", "customer_id": "c-b"},
        {"unit_id": "UL-json", "site_id": "c-b-s1", "customer_id": "c-b"},
    ]
    done = imported(tmp_path, "two.jsonl", "\n".join(map(json.dumps, rows)), code=1)
    assert (done["imported"], [row["line"] for row in done["refusals"]]) == (2, [3])
    assert seen(managed, "UL-json")["capacity"] == 630


def test_a_person_is_limited_to_where_a_unit_stands(managed: Managed, tmp_path: Path) -> None:
    """The person `few` sees c-a-s1 alone. A second file moves the unit, for a customer whose row says nothing of it as well."""
    imported(tmp_path, "one.csv", HEAD + "UL-move,c-a-s1,c-a,\nUL-move,c-a-s1,c-b,\n")
    few = Person(managed.served).tokens("spa", "few", "openid units.read")["access_token"]
    assert bearer(managed.served, few, "/api/v1/units/UL-move").status_code == 200
    imported(tmp_path, "two.csv", HEAD + "UL-move,c-a-s2,c-b,\n")
    assert (sites_of(managed, "UL-move"), sites_of(managed, "UL-move", "daemon-b")) == (["c-a-s2"], ["c-a-s2"])
    assert bearer(managed.served, few, "/api/v1/units/UL-move").status_code == 404


def test_access_stands_where_the_unit_stands_whatever_is_written(managed: Managed, tmp_path: Path) -> None:
    """What was read before another moved it, say: the row of `unit grant`."""
    imported(tmp_path, "one.csv", HEAD + "UL-old,c-a-s2,c-a,\nUL-new,c-a-s2,c-a,\n")

    async def write(db: Database) -> None:
        for unit, customer in (("UL-old", "c-a"), ("UL-new", "c-b")):
            old = UnitAccess(CustomerId(customer), UnitId(unit), "owner", SiteId("c-a-s1"), "escalator")
            async with db.write() as tx:
                await put_access(tx, [old])

    async def work() -> None:
        db = await open_database(managed.served.database, connections=1)
        try:
            await write(db)
        finally:
            await db.close()

    asyncio.run(work())
    assert (sites_of(managed, "UL-old"), sites_of(managed, "UL-new", "daemon-b")) == (["c-a-s2"], ["c-a-s2"])
