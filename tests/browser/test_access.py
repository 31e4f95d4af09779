"""Chromium on the pages where a customer's administrator says who has access."""

import re
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.judging import LOOKS, judge
from tests.browser.signing_in import sign_in
from tests.server import Served

PATHS = (
    "/portal/people",
    "/portal/people/u-few",
    "/portal/people/invite",
    "/portal/sign-in",
    "/portal/activity",
    "/portal/activity/calls",
    "/portal/people?q=nobody",
    "/portal/technical-accounts",
    "/portal/technical-accounts/sa-a",
)


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
def test_every_page_is_accessible_and_fits(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str
) -> None:
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "adam", "/portal")
    page.locator(".menu > summary").click()
    expect(page.get_by_role("link", name="People" if lang == "en" else "Personen", exact=True)).to_be_visible()
    judge(page)
    for path in PATHS:
        page.goto(f"{served.url}{path}")
        judge(page)
        expect(page.locator("html")).to_have_attribute("lang", lang)
    page.locator("#confirm").fill("something else")
    page.locator("button[value=disable]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    judge(page)
    context.close()


def test_an_account_by_keyboard_alone(page: Page, served: Served) -> None:
    sign_in(page, served, "adam", "/portal")
    page.locator(".menu > summary").press("Enter")
    page.get_by_role("link", name="Technical accounts", exact=True).press("Enter")
    page.locator("#name").press("Enter")
    page.keyboard.type("Night run")
    page.keyboard.press("Enter")
    expect(page.get_by_role("note")).to_contain_text("Copy it now")
    judge(page)
    page.get_by_role("link", name="I have saved it").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Night run")
    page.get_by_text("A password leaked").press("Enter")
    page.locator("#sure").press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".lead")).to_contain_text("was replaced")


def test_people_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, "adam", "/portal")
    page.locator(".menu > summary").click()
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Few").click()
    page.get_by_label("All units").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").first).to_contain_text("Changes saved")
    page.get_by_label("Some sites and units").check()
    page.get_by_label("House 1 of c-a").uncheck()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a site")
    page.get_by_label("House 2 of c-a").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").first).to_contain_text("Changes saved")
    expect(page.get_by_label("House 2 of c-a")).to_be_checked()
    context.close()


# Where a browser stands, its language, and what the zone is called there; a browser without script shows UTC.
ZONES = (("Asia/Kolkata", "en", "GMT+5:30"), ("Europe/Berlin", "de", "M"), ("UTC", "en", "UTC"))


@pytest.mark.parametrize(("zone", "lang", "called"), ZONES)
def test_instants_stand_in_the_readers_zone(
    browser: Browser, served: Served, zone: str, lang: Literal["en", "de"], called: str
) -> None:
    context = browser.new_context(locale=lang, timezone_id=zone)
    page = context.new_page()
    sign_in(page, served, "olga", "/console/jobs")
    for path, form in (("/console/keys", "%Y-%m-%d %H:%M "), ("/console/audit", "%Y-%m-%d %H:%M:%S ")):
        page.goto(f"{served.url}{path}")
        one = page.locator("time[data-zone]").first
        expect(one).to_be_visible()
        at = datetime.fromisoformat(one.get_attribute("datetime") or "")
        expect(one).to_have_text(re.compile("^" + re.escape(at.astimezone(ZoneInfo(zone)).strftime(form) + called)))
        expect(one).to_have_attribute("title", at.strftime("%Y-%m-%d %H:%M:%S UTC"))
    page.goto(f"{served.url}/oauth2/authorize?client_id=nobody")
    expect(page.locator("time[data-zone]")).to_have_text(re.compile(re.escape(f" {called}")))
    context.close()


def test_instants_stand_in_utc_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="en", timezone_id="Asia/Kolkata", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served, "olga", "/console/jobs")
    page.goto(f"{served.url}/console/keys")
    one = page.locator("time[data-zone]").first
    expect(one).to_be_visible()
    at = datetime.fromisoformat(one.get_attribute("datetime") or "")
    expect(one).to_have_text(at.strftime("%Y-%m-%d %H:%M UTC"))
    context.close()
