"""Chromium on the pages of a company's own sign-in and its directory: from nothing to a token, and a domain to prove."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.judging import judge
from tests.browser.signing_in import sign_in
from tests.server import Served


def connect(page: Page, served: Served, root: str, name: str) -> None:
    page.goto(f"{served.url}{root}/company-sign-in/new")
    page.locator("#name").fill(name)
    page.locator("#issuer").fill("https://login.acme.example")
    page.locator("#client_id").fill("hoistway")
    page.locator("#auth-private_key_jwt").check()
    expect(page.locator("#auth-private_key_jwt")).to_be_checked()
    judge(page)
    page.locator("main button.primary").click()
    expect(page.locator("#anyway-problem")).to_be_visible()
    page.locator("#anyway").check()
    expect(page.locator("#anyway")).to_be_checked()
    judge(page)
    page.locator("main button.primary").click()
    expect(page.locator("h1")).to_have_text(name)


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str
) -> None:
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "adam", "/portal/company-sign-in")
    judge(page)
    connect(page, served, "/portal", f"Acme {scheme} {lang}")
    page.locator("#domain").fill(f"{scheme}-{lang}.example")
    page.locator("#domain").press("Enter")
    expect(page.get_by_text(f"_hoistway.{scheme}-{lang}.example").first).to_be_visible()
    judge(page)
    page.locator("summary", has_text="Remove this" if lang == "en" else "Diesen Anbieter").click()
    page.locator("#confirm-remove").fill("something else")
    page.locator("#confirm-remove").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#confirm-remove")).to_be_visible()
    judge(page)
    page.goto(f"{served.url}/portal/directory")
    judge(page)
    page.locator("main button.primary").click()
    expect(page.get_by_role("note")).to_contain_text("hwd_")
    judge(page)
    page.locator("main a.primary").click()
    summary = page.locator("details.revoke > summary")
    expect(summary).to_have_count(1)
    begun = page.locator("tbody code").inner_text().removesuffix("…")
    summary.click()
    field = page.locator("details.revoke input.code")
    expect(field).to_be_visible()
    judge(page)
    field.fill(begun)
    field.press("Enter")
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator(".empty")).to_be_visible()
    context.close()


def test_an_operator_has_them_at_the_customer(page: Page, served: Served) -> None:
    """By keyboard alone."""
    sign_in(page, served, "olga", "/console/customers/c-b")
    page.get_by_role("link", name="Company sign-in").press("Enter")
    expect(page.locator("h1")).to_have_text("Company sign-in")
    page.get_by_role("link", name="Directory", exact=True).press("Enter")
    expect(page.locator("h1")).to_have_text("Directory")
    judge(page)
    page.get_by_role("button", name="Make a token").press("Enter")
    expect(page.get_by_role("note")).to_contain_text("Copy it now")
    connect(page, served, "/console/customers/c-b", "Other")
    judge(page)
    page.locator("summary", has_text="Turn off").press("Enter")
    page.locator("#confirm-off").fill("Other")
    page.locator("#confirm-off").press("Enter")
    expect(page.locator("h1 + .state")).to_contain_text("Off")
