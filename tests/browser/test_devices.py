"""Chromium on the pages of one's own account: the way from the overview to devices and back, and a new e-mail address by its link."""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from hoistway.authn.links import Links
from hoistway.mail.post import with_link
from hoistway.settings import MailServer
from hoistway.store.db import Database
from hoistway.store.migrate import migrate
from hoistway.store.outbox import newest_mails
from hoistway.tokens.keyring import shared_secret
from hoistway.tokens.vault import Vault
from tests.browser.judging import LOOKS, judge
from tests.browser.signing_in import sign_in
from tests.engines import drop_database, fresh_database
from tests.server import MASTER_KEY, Served, prepare, serving
from tests.store.test_schema import on

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TITLES = {
    "en": ("Signed-in devices", "E-mail address", "Confirm your new address", "Take your address back"),
    "de": ("Angemeldete Geräte", "E-Mail-Adresse", "Neue Adresse bestätigen", "Adresse zurückholen"),
}


@pytest.fixture(scope="module")
def mailing(home: str) -> Iterator[Served]:
    """Its mails stay in the outbox, because nobody takes them."""
    url = aside(fresh_database, "sqlite", migrate)
    aside(lambda: asyncio.run(prepare(url, home)))
    with serving(url, home=home, mail=MailServer("127.0.0.1", 9, "offered", "lifts@id.example")) as server:
        yield server
    drop_database(url)


def aside(work: Any, *values: Any) -> Any:
    """Playwright has this thread's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *values).result()


def link_to(served: Served, address: str, path: str) -> str:
    """In the newest letter to the address."""

    async def read(db: Database) -> str:
        links_of = Links(await shared_secret(db, Vault(MASTER_KEY), "links"))
        mails = [with_link(links_of, one) for one in await newest_mails(db, 50)]
        links = [
            found[0]
            for one in mails
            if one.recipient == address and (found := re.search(rf"{path}\?link=[A-Za-z0-9_-]{{43}}", one.plain))
        ]
        assert links, [(one.recipient, one.plain) for one in mails]
        return links[0]

    found: str = aside(on, served.database, read)
    return f"{served.url}{found}"


def wait_for_the_next_second(page: Page) -> None:
    """The trail knows seconds: what failed in the second of the sign-in before is told again."""
    page.wait_for_function("second => Math.floor(Date.now() / 1000) > second", arg=int(time.time()))


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
def test_devices_are_listed_and_ended(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str
) -> None:
    elsewhere = browser.new_context(user_agent=FIREFOX)
    there = elsewhere.new_page()
    wait_for_the_next_second(there)
    sign_in(there, served, "both", "/account")
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    wait_for_the_next_second(page)
    page.goto(f"{served.url}/sign-in?next=/portal")
    page.locator("#username").fill("both@example.com")
    page.locator("#password").fill("not-the-right-password")
    page.locator("button.primary").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    sign_in(page, served, "both", "/account")
    expect(page.locator("html")).to_have_attribute("lang", lang)
    expect(page.locator(".warning")).to_be_visible()
    judge(page)
    page.locator('.ways a[href="/account/devices"]').click()
    expect(page.locator("h1")).to_have_text(TITLES[lang][0])
    expect(page.locator('section[aria-labelledby="signed-in"] .device-name').first).to_contain_text("Chrome")
    expect(page.locator('section[aria-labelledby="signed-in"]')).to_contain_text("Firefox")
    expect(page.locator("#attempts ~ ul .device")).to_have_count(1)
    judge(page)
    page.locator('button[value="end_others"]').click()
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator('section[aria-labelledby="signed-in"] .devices > li')).to_have_count(1)
    judge(page)
    there.goto(f"{served.url}/account")
    there.wait_for_url("**/sign-in?*")
    elsewhere.close()
    context.close()


@pytest.mark.parametrize(("name", "scheme", "lang"), [("ann", "light", "en"), ("bob", "dark", "de")])
def test_an_address_is_changed_and_taken_back(
    browser: Browser, mailing: Served, name: str, scheme: Literal["light", "dark"], lang: str
) -> None:
    before, after = f"{name}@example.com", f"{name}@elsewhere.example"
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, mailing, name, "/account")
    page.locator('.ways a[href="/account/email"]').click()
    expect(page.locator("h1")).to_have_text(TITLES[lang][1])
    judge(page)
    page.locator("#address").fill(after)
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_be_visible()
    judge(page)
    page.goto(link_to(mailing, after, "/account/email/confirm"))
    expect(page.locator("h1")).to_have_text(TITLES[lang][2])
    judge(page)
    page.locator("main button.primary").click()
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator("main .facts code")).to_have_text(after)
    owner = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce").new_page()
    owner.goto(link_to(mailing, before, "/address/back"))
    expect(owner.locator("h1")).to_have_text(TITLES[lang][3])
    judge(owner)
    owner.locator("main button.primary").click()
    expect(owner.locator('a.primary[href="/reset"]')).to_be_visible()
    judge(owner)
    page.goto(f"{mailing.url}/account")
    page.wait_for_url("**/sign-in?*")
    owner.context.close()
    context.close()
