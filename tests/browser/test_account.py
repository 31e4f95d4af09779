"""Chromium on the page where people see which applications have access in their name."""

from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from hoistway.protocol.ids import ApiId, ClientId, UserId
from hoistway.store.consents import add_consent
from hoistway.store.db import Writer
from tests.browser.judging import LOOKS, judge
from tests.browser.signing_in import sign_in
from tests.server import Served, change
from tests.world import NOW, A, B

GIVEN = {(ApiId(""), "openid"), (ApiId(""), "profile"), (ApiId("customer-api"), "units.read")}


async def give(tx: Writer) -> None:
    for customer in (A, B):
        await add_consent(tx, UserId("u-both"), ClientId("partner"), customer, GIVEN, NOW)


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
def test_the_page_is_accessible_and_takes_back(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str
) -> None:
    with ThreadPoolExecutor(1) as aside:  # Playwright has this thread's loop
        aside.submit(change, served.database, give).result()
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "both", "/portal")
    page.locator(".menu > summary").click()
    page.locator('.menu a[href="/account/applications"]').click()
    expect(page.locator("section.card")).to_have_count(2)
    judge(page)
    expect(page.locator("html")).to_have_attribute("lang", lang)
    for left in (1, 0):
        page.locator("button.danger").first.click()
        expect(page.locator(".notice")).to_be_visible()
        expect(page.locator("section.card")).to_have_count(left)
        judge(page)
    page.locator('main a[href="/account/data"]').click()
    expect(page.locator("h1")).to_have_text({"en": "Your data", "de": "Ihre Daten"}[lang])
    judge(page)
    with page.expect_download() as download:
        page.locator("main button").click()
    assert download.value.suggested_filename == "my-data.json"
    context.close()
