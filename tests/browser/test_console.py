"""Chromium on the operators' console."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from hoistway.console.filing import FILES
from hoistway.protocol.ids import UserId
from hoistway.routes import ROUTES
from hoistway.store.db import Writer
from hoistway.store.proposals import Proposal, add_proposal
from hoistway.store.providers import add_provider
from hoistway.store.users import set_user_disabled
from hoistway.things.registry import THINGS
from tests.browser.judging import LOOKS, judge
from tests.browser.signing_in import sign_in
from tests.erased import PROVIDER
from tests.factors import give_all
from tests.portal.pictures import png
from tests.server import Served, change
from tests.world import NOW, TENANT

PATHS = (
    "/console",
    *(f"/console/{word}" for word in THINGS),
    "/console/units?q=nothing",
    "/console/users?q=nobody&customer=c-a",
    "/console/customers/c-a",
    "/console/sites/c-a-s1",
    "/console/units/US-c-a-11",
    "/console/users/u-ann",
    *(f"/console/{thing.word}/new" for thing in THINGS.values() if thing.making),
    *(f"/console/{word}/new/file" for word in FILES),
    "/console/customers/c-a/invitations",
    "/console/customers/c-a/subscriptions/new",
    "/console/customers/c-a/company-sign-in",
    "/console/customers/c-a/company-sign-in/new",
    "/console/customers/c-a/company-sign-in/p-1",
    "/console/customers/c-a/directory",
    "/console/users/u-ann/customers?customer=c-a",
    "/console/units/US-c-a-11/customers",
    "/console/users/u-ann/password",
    "/console/accounts/sa-a/password",
    f"/console/tenants/{TENANT}",
    f"/console/tenants/{TENANT}/connection",
    "/console/users/u-ann/role",
    "/console/users/u-ann/data",
    "/console/users/u-gone/data",
    "/console/users/u-gone/factors",
    "/console/changes",
    "/console/changes/ch-1",
    "/console/accounts/sa-a",
    "/console/accounts/sa-a/passwords",
    "/console/users/u-ann/applications",
    "/console/applications/spa",
    "/console/applications/daemon/owner",
    "/console/applications/daemon/secrets",
    "/console/apis/customer-api",
    "/console/health",
    "/console/why?holder=u-few&unit=US-c-a-21",
    "/console/act-for?customer=c-b",
    "/console/keys",
    "/console/audit",
    "/console/legacy",
    "/console/jobs",
    "/console/branding",
)
# So that a part takes seconds, also beside another load: a test may take two minutes.
PARTS = 4
# Judged beside what they need: requests in test_applications, the others in test_subscriptions.
# `find` answers the script of the search field with JSON.
ELSEWHERE = ("/console/requests", "/console/subscriptions", "/console/products", "/console/find")
LONG = "Vertical Transport Services of the Northern Harbour Ltd and Co"[:60]


@pytest.fixture(scope="module")
def proposed(served: Served) -> None:
    """What was proposed while two had to approve; and somebody who is to be erased."""
    row = Proposal(
        "ch-1", "person", "u-bob", LONG, {"flags": ""}, {"flags": "auditor"}, "waiting", UserId("u-emil"), NOW
    )

    async def work(tx: Writer) -> None:
        await add_proposal(tx, row)
        await give_all(tx, "gone")
        await add_provider(tx, PROVIDER)
        await set_user_disabled(tx, UserId("u-gone"), NOW)

    change(served.database, work)


@pytest.mark.usefixtures("proposed")
@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_and_fits(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str, part: int
) -> None:
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "olga", "/console")
    for path in PATHS[part::PARTS]:
        page.goto(f"{served.url}{path}")
        judge(page)
        expect(page.locator("html")).to_have_attribute("lang", lang)
    context.close()


def test_no_page_is_left_out() -> None:
    """A page that a route gets is judged above, or in one of the files named there."""
    judged = {path.split("?")[0] for path in PATHS}
    for route in ROUTES:
        if route.path.startswith("/console") and "GET" in route.methods and not route.path.startswith(ELSEWHERE):
            pattern = re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(route.path))
            assert any(re.fullmatch(pattern, path) for path in judged), route.path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_logo_and_any_name_leave_the_bar_as_it_is(
    browser: Browser, served: Served, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(locale="en", color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 720})
    sign_in(page, served, "olga", "/console")
    height = page.locator(".bar").bounding_box()["height"]  # type: ignore[index]
    for name, body in (("Hoistway", png(1000, 60)), (LONG, png(60, 1000)), (LONG, png(6, 6)), (LONG, png(1000, 200))):
        page.goto(f"{served.url}/console/branding")
        page.locator("#name").fill(name)
        with page.expect_navigation():
            page.get_by_role("button", name="Save changes").click()
        page.locator("#logo").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": body})
        page.get_by_role("button", name="Upload logo").click()
        expect(page.get_by_role("status").first).to_contain_text("Branding changed")
        judge(page)
        assert page.locator(".bar").bounding_box()["height"] == height  # type: ignore[index]
        page.goto(f"{served.url}/console")
        expect(page.locator(".bar .brand-logo")).to_be_visible()
        stranger = context.browser.new_page(color_scheme=scheme)  # type: ignore[union-attr]
        stranger.goto(f"{served.url}/sign-in")
        judge(stranger)
        stranger.close()
    page.goto(f"{served.url}/console/branding")
    page.locator("#name").fill("Hoistway")
    with page.expect_navigation():
        page.get_by_role("button", name="Save changes").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".brand-logo")).to_have_count(0)
    context.close()


def test_the_audit_trail_reads(page: Page, served: Served) -> None:
    """No column is squeezed to letters, and an entry leads to whom it names."""
    sign_in(page, served, "olga", "/console")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{served.url}/console/audit?event=sign_in.succeeded")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Olga")
    for cell in row.locator("td, th").all():
        assert cell.bounding_box()["width"] > 120  # type: ignore[index]
    # A sentence with the event's name, or three facts below each other.
    assert row.bounding_box()["height"] < 130  # type: ignore[index]
    row.get_by_role("link", name="Olga").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Olga")


def test_disabling_by_keyboard_alone(page: Page, served: Served) -> None:
    sign_in(page, served, "olga", "/console")
    page.goto(f"{served.url}/console/sites/c-b-s2")
    page.goto(f"{served.url}/console/accounts/sa-b")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.locator("#confirm").focus()
    page.keyboard.type("something else")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").press("Enter")
    expect(page.locator("#confirm")).to_be_focused()
    page.keyboard.type("daemon-b")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Disabled")
    page.get_by_role("button", name="Enable").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Enabled")


def test_a_console_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, "olga", "/console")
    expect(page.get_by_role("link", name="Guides")).to_be_visible()
    page.locator("a.card[href='/console/customers']").click()
    page.locator("#q").fill("c-b")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Customer c-b").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer c-b")
    context.close()
