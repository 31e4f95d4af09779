"""Chromium on the usage and health pages, of a customer that has called much and of one that has not."""

import asyncio
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from hoistway import clock
from hoistway.store.open import open_database
from hoistway.usage.flush import flush
from hoistway.usage.tally import DAY, HOUR, Tally
from tests.browser.conftest import served_on
from tests.browser.copying import copied
from tests.browser.judging import LOOKS, judge
from tests.browser.signing_in import sign_in
from tests.server import Clock, Served
from tests.usage.counts import call

PATHS = (
    "/portal/usage",
    "/portal/usage?period=24h&surface=token",
    "/portal/usage?application=nobody",
    "/portal/usage/requests",
    "/portal/usage/requests?correlation=none",
)


NOON = clock.now() // DAY * DAY + DAY + DAY // 2
"""Of tomorrow. By the clock, calls that are an hour apart lie in one day or in two, as it happens."""


@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    """Its time stands still, so that what is counted and what pages show are of the same day."""
    with served_on("sqlite", home, now=Clock(NOON)) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def _lived(served: Served) -> None:
    async def fill() -> None:
        db, tally, now = await open_database(served.database), Tally(), NOON
        for hour in range(24 * 20, -1, -5):
            at = now - hour * HOUR
            call(tally, 20 + hour % 7, at=at)
            call(tally, 3, at=at, client="web", status=404, cause="not-found", operation="readUnit", took=7.0)
            call(tally, 1, at=at, client="web", status=500, cause="server_error")
            call(
                tally,
                2,
                at=at,
                surface="token",
                client="ropc",
                operation="password",
                status=400,
                cause="invalid_grant:90225",
            )
        await flush(tally, db, now)
        lost = Tally(most=0)
        call(lost, 12, at=now)
        await flush(lost, db, now)
        await db.close()

    asyncio.run(fill())


@pytest.mark.parametrize(("scheme", "lang"), LOOKS)
def test_every_page_is_accessible_and_fits(
    browser: Browser, served: Served, scheme: Literal["light", "dark"], lang: str
) -> None:
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "ann", "/portal/usage")
    for path in PATHS:
        page.goto(f"{served.url}{path}")
        for details in page.locator("details.behind").all():
            details.locator("summary").click()
            expect(details).to_have_attribute("open", "")
        judge(page)
        expect(page.locator("html")).to_have_attribute("lang", lang)
    context.close()
    context = browser.new_context(locale=lang, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, served, "olga", "/console/health")
    for path in ("/console/health", "/console/health?surface=sign_in&period=24h"):
        page.goto(f"{served.url}{path}")
        judge(page)
    context.close()


@pytest.mark.parametrize(("width", "shown"), [(1280, "wide"), (320, "narrow")])
def test_a_chart_is_drawn_for_the_width_with_words_that_can_be_read(
    page: Page, served: Served, width: int, shown: str
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, served, "ann", "/portal/usage")
    charts = page.locator("svg.chart:visible")
    expect(charts).to_have_count(2)
    expect(charts.first).to_contain_class(shown)
    for chart in charts.all():
        drawn = chart.bounding_box()
        assert drawn is not None
        sizes = chart.evaluate(
            """svg => [...svg.querySelectorAll("text")].map(text => {
                const box = text.getBoundingClientRect(), whole = svg.getBoundingClientRect();
                return [box.height, box.left - whole.left, whole.right - box.right];
            })"""
        )
        assert all(height >= 10 and left >= -1 and right >= -1 for height, left, right in sizes), sizes


def test_from_a_refusal_to_its_explanation_by_keyboard_alone(page: Page, served: Served) -> None:
    sign_in(page, served, "ann", "/portal/usage")
    page.get_by_label("Application", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**application=web**")
    expect(page.get_by_label("Application", exact=True)).to_have_value("web")
    page.locator("details.behind > summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Numbers behind the charts")).to_be_visible()
    page.locator(".why-code").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/guides/errors#not-found")


def test_a_correlation_id_is_copied_and_found(page: Page, served: Served) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, served, "ann", "/portal/usage/requests")
    correlation = copied(page.get_by_role("button", name="Copy: Correlation id").first)
    page.get_by_label("Correlation id", exact=True).fill(correlation)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**correlation=**")
    expect(page.locator(".requests > li").first).to_be_visible()
    assert {code.inner_text() for code in page.locator(".request-id code").all()} == {correlation}


def test_without_script_all_is_there(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    sign_in(page, served, "ann", "/portal/usage")
    page.get_by_role("link", name="7 days").click()
    page.locator("details.behind > summary").click()
    page.get_by_role("region", name="Numbers behind the charts").get_by_role("link").first.click()
    expect(page.get_by_text("calls per hour").first).to_be_attached()
    context.close()
