"""Everybody can have a copy of what is held about them."""

import json

from hoistway.store.audit import latest_entries
from hoistway.store.db import Database
from hoistway.store.personal_export import MEMBERS
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.store.test_schema import on


def test_a_person_downloads_their_own_data(served: Served) -> None:
    both = Visitor(served.url).sign_in("both")
    both.get("/account/applications")
    assert 'href="/account/data"' in both.page
    both.get("/account/data")
    assert "both@example.com" in both.page
    reply = both.post("/account/data")
    assert reply.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    held = json.loads(reply.text)
    assert held.keys() == {"version", "made_at", "audit", *(member.name for member in MEMBERS)}
    assert held["account"]["username"] == "both@example.com"
    assert [row["customer_id"] for row in held["memberships"]] == ["c-a", "c-b"]
    assert len(held["sessions"]) == 1
    assert {row["event"] for row in held["audit"]} == {"sign_in.succeeded", "user.exported"}
    assert "ann@example.com" not in reply.text

    async def read(db: Database) -> list[str | None]:
        return [entry.actor for entry in await latest_entries(db, "user.exported")]

    assert on(served.database, read) == ["u-both"]


def test_it_is_for_who_is_signed_in(served: Served) -> None:
    nobody = Visitor(served.url)
    assert nobody.get("/account/data").headers["location"].startswith("/sign-in?next=")
