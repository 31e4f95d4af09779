"""Chromium with a virtual authenticator: passkeys and one-time codes as a person meets them, in both themes and languages."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hoistway.settings import MailServer
from hoistway.store.migrate import migrate
from tests.browser.judging import LOOKS, at_width, judge
from tests.browser.signing_in import sign_in
from tests.browser.test_devices import link_to
from tests.engines import drop_database, fresh_database
from tests.factors import code_at, require, with_codes
from tests.server import Served, prepare, serving
from tests.world import PASSWORD

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    """At a name, for browsers make no passkeys of addresses. Its mails stay in the outbox, because nobody takes them."""
    url = fresh_database("sqlite", migrate)
    asyncio.run(prepare(url, home))
    mail = MailServer("127.0.0.1", 9, "offered", "lifts@id.example")
    with serving(url, home=home, host="localhost", mail=mail) as server:
        yield server
    drop_database(url)


def aside(work: object, *values: object) -> None:
    """Playwright has this thread's loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work, *values).result()  # type: ignore[arg-type]


class Hand:
    """The person at the authenticator: present unless told otherwise."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self._id = made["authenticatorId"]

    def is_there(self, enabled: bool) -> None:
        about = {"authenticatorId": self._id, "enabled": enabled}
        self._session.send("WebAuthn.setAutomaticPresenceSimulation", about)


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def test_a_passkey_is_made_and_signs_in_alone(context: BrowserContext, page: Page, served: Served) -> None:
    hand = Hand(page)
    sign_in(page, served, "ann", "/account/factors")
    judge(page)
    page.locator("form.passkey button").click()
    expect(page.locator("h1")).to_have_text("Keep your recovery codes")
    judge(page)
    page.locator("a.button.primary").click()
    expect(page.locator("main")).to_contain_text("10 of 10 are left")
    sign_out(page)
    hand.is_there(False)
    page.goto(f"{served.url}/sign-in?next=/portal")
    button = page.locator("form.passkey button")
    expect(button).to_be_visible()
    judge(page)
    hand.is_there(True)
    button.click()
    page.wait_for_url(f"{served.url}/portal")
    sign_out(page)
    # The browser offers it by itself beside the field for the user name, and here takes it at once.
    page.goto(f"{served.url}/sign-in?next=/portal")
    page.wait_for_url(f"{served.url}/portal")
    expect(page.locator(".who-name")).to_have_text("Ann")


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("de", "dark")])
def test_from_an_invitation_by_a_passkey_to_the_first_page(
    browser: Browser, served: Served, lang: str, scheme: Literal["light", "dark"]
) -> None:
    """Nobody types a password."""
    guest = f"guest-{lang}@example.com"
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "adam", "/portal/people/invite")
    page.locator("#address").fill(guest)
    page.locator("main button.primary").click()
    page.wait_for_url("**/portal/people?*")
    sign_out(page)
    hand = Hand(page)
    page.goto(link_to(served, guest, "/invitation"))
    button = page.locator("form.passkey button")
    expect(button).to_be_visible()
    judge(page)
    button.click()
    expect(page.locator("#name")).to_be_focused()
    page.locator("#name").fill("Gundula Gast")
    button.click()
    expect(page.locator("ul.recovery li")).to_have_count(10)
    judge(page)
    hand.is_there(False)
    page.locator("a.button.primary").click()
    expect(page.locator("form.passkey button")).to_be_visible()
    hand.is_there(True)
    page.locator("form.passkey button").click()
    page.wait_for_url(f"{served.url}/portal")
    expect(page.locator(".who-name")).to_have_text("Gundula Gast")
    context.close()


def test_a_passkey_is_the_second_step(context: BrowserContext, page: Page, served: Served) -> None:
    hand = Hand(page)
    sign_in(page, served, "bob", "/account/factors")
    page.locator("form.passkey button").click()
    expect(page.locator("h1")).to_have_text("Keep your recovery codes")
    sign_out(page)
    hand.is_there(False)
    page.goto(f"{served.url}/sign-in?next=/portal")
    page.locator("#username").fill("bob@example.com")
    page.locator("#password").fill(PASSWORD)
    page.locator("button.primary", has_text="Sign in").click()
    page.wait_for_url("**/sign-in/second*")
    judge(page)
    hand.is_there(True)
    page.locator("form.passkey button").click()
    page.wait_for_url(f"{served.url}/portal")


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
def test_the_pages_are_accessible_and_work_by_keyboard(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str
) -> None:
    aside(with_codes, served.database, "both")
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{served.url}/sign-in?next=/account/factors")
    page.locator("#username").fill("both@example.com")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/second*")
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.locator("#code")).to_be_focused()
    judge(page)
    at_width(page, 320)
    judge(page)
    page.locator("#code").focus()
    page.keyboard.type(code_at(int(time.time())))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.url}/account/factors")
    judge(page)
    page.goto(f"{served.url}/account/factors?add=codes")
    expect(page.locator("img.qr")).to_be_visible()
    judge(page)
    context.close()


@pytest.mark.parametrize("lang", ["en", "de"])
def test_the_first_enrolment_is_accessible(browser: Browser, served: Served, lang: str) -> None:
    aside(require, served.database, "administrators")
    context = browser.new_context(locale=lang, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{served.url}/sign-in?next=/portal")
    page.locator("#username").fill("adam@example.com")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/enrol*")
    expect(page.locator("img.qr")).to_be_visible()
    judge(page)
    at_width(page, 320)
    judge(page)
    context.close()
