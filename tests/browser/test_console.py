"""Chromium on the operators' console."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.judging import judge
from tests.server import Served
from tests.world import PASSWORD

PATHS = (
    "/console",
    "/console/customers",
    "/console/units?q=nothing",
    "/console/customers/c-a",
    "/console/users/u-ann",
    "/console/applications/spa",
    "/console/why?holder=u-few&unit=US-c-a-21",
    "/console/act-for?customer=c-b",
    "/console/keys",
    "/console/audit",
    "/console/legacy",
    "/console/jobs",
    "/console/branding",
)


def sign_in(page: Page, served: Served, name: str, path: str) -> None:
    page.goto(f"{served.url}/sign-in?next={path}")
    page.locator("#username").fill(f"{name}@example.com")
    page.locator("#password").fill(PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url(f"{served.url}{path}")


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str
) -> None:
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "olga", "/console")
    for path in PATHS:
        page.goto(f"{served.url}{path}")
        judge(page)
        assert page.locator("html").get_attribute("lang") == lang
    context.close()


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
