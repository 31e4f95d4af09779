"""Text of a database of the version before is composed (NFC), and nobody is locked out or mixed up by it."""

import asyncio
import json
from typing import Any

from sqlalchemy import Connection

from hoistway.protocol.ids import CustomerId, UnitId
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.seen import Reach
from hoistway.store.service_accounts import find_service_account_by_name
from hoistway.store.unit_access import find_seen_unit, seen_units
from hoistway.store.users import find_user_by_name
from tests.store.before import Old, on_connection

APART, ONE = "mu\u0308nchen", "m\u00fcnchen"


def _rows_of_the_version_before(connection: Connection) -> None:
    old = Old(connection)
    old.add("customers", id=f"c-{APART}", name=f"Stadt {APART}")
    old.add("customers", id="c-2", name="Zwei\u200b")
    for number, name in enumerate((APART, ONE)):
        old.add("users", id=f"both-{number}", username=name, username_key=name, name=name, emails="[]", flags="[]")
    for number, name in enumerate((f"Anna.{APART}", "Plain", "an\u200bna")):
        emails = json.dumps([f"{APART}@example.com"], ensure_ascii=False)
        old.add(
            "users", id=f"u-{number}", username=name, username_key=name.casefold(), name=name, emails=emails, flags="[]"
        )
    old.add(
        "service_accounts", id="a-1", username=f"svc-{APART}", username_key=f"svc-{APART}", name="x", customer_id=f"c-{APART}"
    )  # fmt: skip
    for site in (APART, ONE, f"only-{APART}"):
        old.add("sites", id=site, name=site, street=f"{APART}er Str. 1")
        old.add("units", id=f"u-{site}", site_id=site, equipment_type="elevator", floors="[]")
        old.add(
            "unit_access",
            customer_id=f"c-{APART}",
            unit_id=f"u-{site}",
            role="owner",
            site_id=site,
            equipment_type="elevator",
        )
    old.add("unit_access", customer_id="c-2", unit_id=f"u-{ONE}", role="owner", site_id=ONE, equipment_type="elevator")


def _what_stands_there(connection: Connection) -> dict[str, Any]:
    now = Old(connection)
    return {
        "customers": now.rows("customers", "id", "name"),
        "users": now.rows("users", "id", "username", "username_key"),
        "emails": {row.emails for row in now.rows("users", "emails") if row.emails != "[]"},
        "sites": {row.id for row in now.rows("sites", "id")},
        "streets": {row.street for row in now.rows("sites", "street")},
        "access": {tuple(row) for row in now.rows("unit_access", "customer_id", "unit_id", "site_id")},
        "told": sorted(json.loads(row.detail)["id"] for row in now.rows("audit", "event", "detail")),
    }


def test_what_stands_there_is_composed_and_nothing_is_merged(database_url: str) -> None:
    migrate(database_url, "0013")
    on_connection(database_url, _rows_of_the_version_before)
    migrate(database_url)
    found = on_connection(database_url, _what_stands_there)
    home = f"c-{ONE}"
    assert found["customers"] == [("c-2", "Zwei"), (home, f"Stadt {ONE}")]
    assert found["users"] == [
        ("both-0", ONE, APART), ("both-1", ONE, ONE), ("u-0", f"Anna.{ONE}", f"anna.{ONE}"), ("u-1", "Plain", "plain"), ("u-2", "anna", "anna"),
    ]  # fmt: skip
    assert found["emails"] == {f'["{ONE}@example.com"]'}
    assert found["sites"] == {APART, ONE, f"only-{ONE}"}
    assert found["streets"] == {f"{ONE}er Str. 1"}
    assert found["access"] == {
        (home, f"u-{APART}", APART), (home, f"u-{ONE}", ONE), (home, f"u-only-{ONE}", f"only-{ONE}"), ("c-2", f"u-{ONE}", ONE),
    }  # fmt: skip
    assert found["told"] == sorted(["both-0", APART, f"u-{APART}"])


def test_each_account_and_unit_is_found_in_either_spelling(database_url: str) -> None:
    migrate(database_url, "0013")
    on_connection(database_url, _rows_of_the_version_before)
    migrate(database_url)

    async def look() -> None:
        db = await open_database(database_url)
        names = {APART: "both-0", ONE: "both-1", f"ANNA.{APART}": "u-0", f"anna.{ONE}": "u-0", "an\u200bna": "u-2"}
        for name, user_id in names.items():
            user = await find_user_by_name(db, name)
            assert user is not None
            assert user.id == user_id
        for name in (f"svc-{APART}", f"SVC-{ONE}"):
            assert await find_service_account_by_name(db, name) is not None
        reach = Reach(CustomerId(f"c-{ONE}"))
        assert len(await seen_units(db, reach, most=9, text=APART.upper())) == 3
        assert await find_seen_unit(db, Reach(CustomerId("c-2")), UnitId(f"u-{APART}")) is None
        await db.close()

    asyncio.run(look())
