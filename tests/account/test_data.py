"""Everybody can have a copy of what is held about them."""

import asyncio
import json
from collections import Counter

import pytest

from hoistway.accounts.exporting import held_about
from hoistway.protocol.ids import UserId
from hoistway.store.audit import latest_entries
from hoistway.store.db import Database
from hoistway.store.personal_export import MEMBERS
from hoistway.store.slots import AT_ONCE_OF_ONE, WAITING_OF_ONE, Slots
from hoistway.store.users import find_user
from tests.attacks.overtaken import room, run
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.portal.forms import fill
from tests.portal.signing_in import Visitor
from tests.server import Served, populate
from tests.store.test_schema import on
from tests.store.test_slots import hold, settle


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


def test_copies_have_a_share_of_their_own(served: Served) -> None:
    """Where operators have used up theirs a copy is whole."""

    async def read(db: Database) -> object:
        slots: Slots = db.slots  # type: ignore[attr-defined]  # both databases have them
        running, until = Counter[str](), asyncio.Event()
        most = AT_ONCE_OF_ONE + WAITING_OF_ONE
        tasks = [asyncio.create_task(hold(slots, "", running, until)) for _ in range(most)]
        await settle()
        both = await find_user(db, UserId("u-both"))
        assert both is not None
        held = await held_about(db, both, "", 1)
        until.set()
        await asyncio.gather(*tasks)
        return held["audit"]

    assert on(served.database, read) is not None


@pytest.mark.parametrize("engine", ENGINES)
def test_of_a_person_one_copy_is_made_at_a_time(engine: EngineName) -> None:
    url = fresh_database(engine, populate)

    async def work() -> None:
        async with room(url) as here:
            await here.sign_in("u-both")
            page = await here.http.get("/account/data")
            form = fill(page.text, "/account/data", "/account/data", {})
            here.engine.copied.add("u-both")
            refused = await here.http.post("/account/data", data=form)
            assert refused.status_code == 429
            assert "Wait until it is there" in refused.text
            here.engine.copied.clear()
            assert (await here.http.post("/account/data", data=form)).status_code == 200
            assert here.engine.copied == set()

    try:
        run(work)
    finally:
        drop_database(url)
