"""Chromium on the switch between languages: by keyboard, without script, in the middle of an authorization request."""

import asyncio
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from hoistway.store.migrate import migrate
from tests.attacks.asking import CHALLENGE
from tests.browser.judging import judge
from tests.engines import drop_database, fresh_database
from tests.server import Served, prepare, serving
from tests.world import PASSWORD


# On one engine: what is judged here is Chromium's side; tests/web/test_language.py asks both.
@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    url = fresh_database("sqlite", migrate)
    asyncio.run(prepare(url, home))
    with serving(url, home=home) as server:
        yield server
    drop_database(url)


def check_lang(page: Page, lang: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", lang)


def test_by_keyboard_and_back_where_one_was(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/search?q=token&from=a%26b")
    button = page.get_by_role("button", name="Deutsch")
    expect(button).to_have_attribute("lang", "de")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Suche")
    assert (urlsplit(page.url).path, parse_qs(urlsplit(page.url).query)) == (
        "/portal/search", {"q": ["token"], "from": ["a&b"]},
    )  # fmt: skip
    check_lang(page, "de")
    judge(page)
    # Kept for the next page and the next window, whatever the browser asks for.
    [kept] = [one for one in page.context.cookies() if one["name"] == "hoistway_language"]
    assert (kept["value"], kept["httpOnly"], kept["sameSite"]) == ("de", True, "Lax")
    page.goto(f"{served.url}/sign-in?next=/portal")
    check_lang(page, "de")
    page.get_by_role("button", name="English").click()
    check_lang(page, "en")
    assert unquote(page.url) == f"{served.url}/sign-in?next=/portal"


@pytest.mark.parametrize("script", [True, False])
def test_an_authorization_request_goes_on(browser: Browser, served: Served, script: bool) -> None:
    context = browser.new_context(locale="en", java_script_enabled=script)
    page = context.new_page()
    asked = {"client_id": "spa", "response_type": "code", "redirect_uri": f"{served.home}callback", "scope": "openid units.read",
             "state": "kept", **CHALLENGE}  # fmt: skip
    page.goto(f"{served.url}/oauth2/authorize?{urlencode(asked)}")
    page.get_by_role("button", name="Deutsch").click()
    check_lang(page, "de")
    page.locator("#username").fill("ann@example.com")
    page.locator("#password").fill(PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url(f"{served.home}callback*")
    answer = parse_qs(urlsplit(page.url).query)
    assert answer["state"] == ["kept"]
    assert "code" in answer
    context.close()
