"""Chromium on how operators find things: lists, the trail, suggestions in the bar, ids that are short and copied whole."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hoistway.console.thing_lists import PAGE
from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Writer
from hoistway.store.migrate import migrate
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from tests.browser.judging import at_width, judge
from tests.browser.signing_in import sign_in
from tests.engines import drop_database, fresh_database
from tests.server import Served, change, prepare, serving

FROM_CLIPBOARD = "() => navigator.clipboard.readText()"
KEY = CustomerId("8d5b2f7e-31c4-4f0a-9f57-0a6c1e2d3b4c")


async def _many_units(tx: Writer) -> None:
    await add_customer(tx, Customer(KEY, "Harbour Housing", 0))
    await put_sites(tx, [Site(SiteId("quay"), "Quay", "Harbour Road 9", "20457", "Hamburg", "DE", 0)])
    units = [
        Unit(UnitId(f"HH-{n:03}"), SiteId("quay"), "elevator", 0, serial_number=f"SN-{n}") for n in range(PAGE + 5)
    ]
    await put_units(tx, units)
    await put_access(
        tx, [UnitAccess(KEY, unit.id, "owner", unit.site_id, "elevator", f"L{n}") for n, unit in enumerate(units)]
    )


# On one engine: what is judged here is Chromium's side; tests/console asks both.
@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    url = fresh_database("sqlite", migrate)
    asyncio.run(prepare(url, home))
    change(url, _many_units)
    with serving(url, home=home) as server:
        yield server
    drop_database(url)


def test_units_are_found_and_paged(page: Page, served: Served) -> None:
    sign_in(page, served, "olga", "/console")
    page.goto(f"{served.url}/console/units")
    for typed in ("sn-7", "l7", "hh-007"):
        page.get_by_role("searchbox").last.fill(typed)
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_role("link", name="HH-007")).to_be_visible()
        expect(page.get_by_role("searchbox").last).to_have_value(typed)
    page.get_by_role("searchbox").last.fill("harbour road")
    page.get_by_role("button", name="Find").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(PAGE)
    expect(rows.first).to_contain_text("Quay, Harbour Road 9, Hamburg")
    judge(page)
    page.get_by_role("link", name="Next page").click()
    expect(rows).to_have_count(5)
    expect(page.get_by_role("searchbox").last).to_have_value("harbour road")
    page.get_by_role("link", name="First page").click()
    expect(rows).to_have_count(PAGE)
    page.goto(f"{served.url}/console/customers/{KEY}")
    page.get_by_role("link", name="All units, page by page").click()
    expect(rows).to_have_count(PAGE)
    page.get_by_role("main").get_by_role("link", name="Harbour Housing").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Housing")


def test_what_is_typed_into_the_bar_is_suggested_and_opened(page: Page, served: Served) -> None:
    sign_in(page, served, "olga", "/console")
    for typed, title in (("harb", "Harbour Housing"), ("hh-01", "HH-010"), ("ann", "Ann")):
        at_width(page, 1280)
        page.locator("#find").fill(typed)
        expect(page.locator(f"#find-list option[value='{title}']")).to_be_attached()
        page.locator("#find").fill(title)
        page.locator("#find").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page).to_have_url(re.compile("/console/(customers|units|users)/"))


def test_the_trail_is_searched_by_names_and_parts_of_events(page: Page, served: Served) -> None:
    sign_in(page, served, "olga", "/console")
    page.goto(f"{served.url}/console/audit")
    page.get_by_label("Event").fill("SIGN_IN.succ")
    page.get_by_label("Actor").fill("olg")
    page.get_by_role("button", name="Find").click()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("sign_in.succeeded")
    expect(row.get_by_role("link", name="Olga")).to_be_visible()
    expect(page.get_by_label("Actor")).to_have_value("olg")
    judge(page)
    page.get_by_label("Actor").fill("nobody of this name")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("main")).to_contain_text("No entry matches")


def test_a_short_id_is_copied_whole(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="en", permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    sign_in(page, served, "olga", "/console")
    page.goto(f"{served.url}/console/customers?q=harbour")
    row = page.locator("tbody tr").first
    expect(row.locator("code")).to_have_text(f"{KEY[:8]}…{KEY[-4:]}")
    expect(row.locator("code")).to_have_attribute("title", KEY)
    row.get_by_role("button", name="Copy").click()
    expect(row.get_by_role("button", name="Copy")).to_have_text("Copied")
    assert page.evaluate(FROM_CLIPBOARD) == KEY
    context.close()
