"""In Chromium: an operator resets lost second factors, and another approves."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, expect

from hoistway.store.db import Writer
from hoistway.store.migrate import migrate
from hoistway.store.users import add_user
from tests.browser.judging import judge
from tests.browser.signing_in import sign_in
from tests.browser.test_factors import aside
from tests.engines import drop_database, fresh_database
from tests.factors import code_at, with_codes
from tests.server import Served, change, prepare, serving
from tests.world import PASSWORD, user


@contextmanager
def opened(home: str, **settings: Any) -> Iterator[Served]:
    url = fresh_database("sqlite", migrate)
    aside(asyncio.run, prepare(url, home))
    with serving(url, home=home, **settings) as server:
        yield server
    drop_database(url)


async def _otto(tx: Writer) -> None:
    await add_user(tx, user("otto", None, "employee", "operator"))


def test_an_operator_resets_what_was_lost_and_another_approves(browser: Browser, home: str) -> None:
    with opened(home, four_eyes=True) as served:
        aside(change, served.database, _otto)
        pages = {name: browser.new_context(reduced_motion="reduce").new_page() for name in ("ann", "olga", "otto")}
        sign_in(pages["ann"], served, "ann", "/account/factors")
        aside(with_codes, served.database, "ann")
        sign_in(pages["olga"], served, "olga", "/console/users/u-ann/factors")
        judge(pages["olga"])
        pages["olga"].locator("#reason").fill("Case 4711: phone lost, called back")
        pages["olga"].locator("#confirm").fill("Ann")
        pages["olga"].get_by_role("button", name="Reset second factors").click()
        pages["olga"].wait_for_url("**/console/changes/*")
        sign_in(pages["otto"], served, "otto", "/console/changes")
        pages["otto"].goto(pages["olga"].url.partition("?")[0])
        judge(pages["otto"])
        pages["otto"].locator('button[value="approve"]').click()
        pages["otto"].wait_for_url("**notice=notice_two_approved")
        # Her sign-in has ended; the password alone lets her in, and she adds another app.
        ann = pages["ann"]
        ann.goto(f"{served.url}/account/factors")
        ann.wait_for_url("**/sign-in?next=*")
        ann.locator("#username").fill("ann@example.com")
        ann.locator("#password").fill(PASSWORD)
        ann.locator("button.primary", has_text="Sign in").click()
        ann.wait_for_url(f"{served.url}/account/factors")
        ann.goto(f"{served.url}/account/factors?add=codes")
        expect(ann.locator("img.qr")).to_be_visible()
        secret = ann.locator(".secret").inner_text().replace(" ", "")
        ann.locator("#code").fill(code_at(int(time.time()), secret))
        ann.locator('button[value="add_codes"]').click()
        expect(ann.locator("h1")).to_have_text("Keep your recovery codes")
        for page in pages.values():
            page.context.close()
