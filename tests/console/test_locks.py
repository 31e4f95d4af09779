"""What operators change while somebody else changes the same: each is judged by the locked row, locks are taken in one
order, and what stays as it is is not written."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from html import unescape

import httpx2
import pytest
from msgspec.structs import replace
from sqlalchemy import column, func, select, table

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.change_row import change_row
from hoistway.store.customers import find_customer, lock_customer
from hoistway.store.db import Statement, Writer
from hoistway.store.sites import find_site
from hoistway.store.unit_revisions import next_revision
from hoistway.store.units import find_unit, put_units
from hoistway.things.sites import SITE
from tests.attacks.overtaken import Room, differences, everything, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.portal.forms import fill
from tests.server import populate
from tests.world import NOW

Story = Callable[[Room], Awaitable[None]]
Tell = Callable[[Story], None]
Send = Callable[[], Awaitable[httpx2.Response]]
Work = Callable[[Writer], Awaitable[object]]

WAITING = Statement(
    lambda: (
        select(func.count())
        .select_from(table("pg_stat_activity"))
        .where(column("datname") == func.current_database(), column("wait_event_type") == "Lock")
    ),
    int,
)


@pytest.fixture
def tell(engine_name: EngineName) -> Iterator[Tell]:
    """Runs a story at a server of its own, where Olga is signed in."""
    url = fresh_database(engine_name, populate)

    def told(story: Story) -> None:
        async def work() -> None:
            async with room(url) as here:
                await here.sign_in("u-olga")
                await story(here)

        run(work)

    yield told
    drop_database(url)


async def wait_for_a_lock(here: Room) -> None:
    """On SQLite there is one writer at a time, and the second has not begun."""
    if here.engine.settings.database.startswith("sqlite"):
        return
    async with asyncio.timeout(20):
        while not await here.other.one(WAITING, {}):
            await asyncio.sleep(0.01)


async def met(here: Room, send: Send, first: Work, then: Work) -> httpx2.Response:
    """What is sent comes to wait for a transaction that did `first` and then does `then`."""
    async with here.other.write() as tx:
        await first(tx)
        sending = asyncio.ensure_future(send())
        await wait_for_a_lock(here)
        await then(tx)
    return await sending


async def shown(here: Room, word: str, text: str) -> Send:
    """Shows what a file would change, and returns what carries it out."""
    page = f"/console/{word}/new/file"
    form = fill((await here.http.get(page)).text, page, page, {})
    preview = await here.http.post(page, data=form, files={"file": ("things.csv", text.encode())})
    assert preview.status_code == 200, preview.text
    fields = re.findall(r'name="(csrf|file_token)" value="([^"]+)"', preview.text[preview.text.index('id="main"') :])
    return lambda: here.http.post(page, data={name: unescape(value) for name, value in fields})


async def nothing_more(_tx: Writer) -> None:
    return None


def test_a_file_keeps_what_somebody_writes_at_this_moment(tell: Tell) -> None:
    async def story(here: Room) -> None:
        send = await shown(here, "units", "id,capacity_kg\nUS-c-a-11,1111\n")

        async def first(tx: Writer) -> None:
            unit = await find_unit(tx, UnitId("US-c-a-11"))
            assert unit is not None
            await next_revision(tx)
            await put_units(tx, [replace(unit, car_type="panorama")])

        assert (await met(here, send, first, nothing_more)).status_code == 303
        unit = await find_unit(here.other, UnitId("US-c-a-11"))
        assert unit is not None
        assert (unit.car_type, unit.capacity_kg) == ("panorama", 1111)

    tell(story)


def test_a_file_does_not_overwrite_what_its_preview_did_not_show(tell: Tell) -> None:
    async def story(here: Room) -> None:
        send = await shown(here, "customers", "id,name\nc-b,Of the file\n")

        async def first(tx: Writer) -> None:
            await change_row(tx, "customers", "c-b", {"name": "Renamed meanwhile"})

        assert (await met(here, send, first, nothing_more)).status_code == 409
        customer = await find_customer(here.other, CustomerId("c-b"))
        assert customer is not None
        assert customer.name == "Renamed meanwhile"

    tell(story)


def test_what_a_file_leaves_as_it_is_stands_in_no_feed(tell: Tell) -> None:
    async def story(here: Room) -> None:
        unit = await find_unit(here.other, UnitId("US-c-a-10"))
        assert unit is not None
        for word, text in (
            ("sites", "id,name\nc-a-s1,House 1 of c-a\nc-a-s2,Another name\n"),
            ("units", f"id,equipment_type,site_id\nUS-c-a-10,{unit.equipment_type},{unit.site_id}\n"),
        ):
            send = await shown(here, word, text)
            before = await everything(here.other)
            assert (await send()).status_code == 303
            changed = differences(before, await everything(here.other))
            assert changed.get("sites", []) == ([("c-a-s2",)] if word == "sites" else [])
            assert changed.get("units", []) == []
            stand = {before["unit_access"][key] for key in changed.get("unit_access", ())}
            assert {row for row in stand if "c-a-s1" in row} == set()
            assert bool(stand) is (word == "sites"), "the units of the changed site are told"

    tell(story)


@pytest.mark.parametrize("word", ["units", "customers"])
def test_the_customers_of_a_file_are_locked_before_its_rows(tell: Tell, word: str) -> None:
    """By a change that has the second customer, and then wants what the first row of the file takes."""
    files: dict[str, tuple[str, str, Work]] = {
        "units": ("id,site_id,customer_id\nUS-l1,c-a-s1,c-a\nUS-l2,c-a-s1,c-b\n", "c-b", next_revision),
        "customers": ("id,name\nc-b,Second\nc-a,First\n", "c-a", lambda tx: lock_customer(tx, CustomerId("c-b"))),
    }

    async def story(here: Room) -> None:
        text, held, then = files[word]
        send = await shown(here, word, text)
        assert (await met(here, send, lambda tx: lock_customer(tx, CustomerId(held)), then)).status_code == 303

    tell(story)


def test_a_site_is_deleted_in_the_order_of_an_import(tell: Tell) -> None:
    async def story(here: Room) -> None:
        values = {"id": "s-short", "name": "Short", "street": "", "postal_code": "", "city": "", "country": ""}
        await here.write(lambda tx: SITE.make(tx, values, NOW, ""))
        page = "/console/sites/s-short"
        form = fill((await here.http.get(page)).text, page, page, {"do": "delete", "confirm_delete": "Short"})

        async def then(tx: Writer) -> None:
            await change_row(tx, "sites", "s-short", {"city": ""})

        assert (await met(here, lambda: here.http.post(page, data=form), next_revision, then)).status_code == 303
        assert await find_site(here.other, SiteId("s-short")) is None

    tell(story)
