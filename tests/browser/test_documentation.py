"""Chromium on the documentation: accessible in both themes and widths, usable by keyboard and without script."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.copying import copied
from tests.browser.judging import judge
from tests.engines import drop_database, fresh_database
from tests.server import Served, populate, serving

PAGES = (
    "/portal",
    "/portal/guides",
    "/portal/guides/authentication",
    "/portal/guides/errors",
    "/portal/reference",
    "/portal/reference/listUnits",
    "/portal/reference/updateUser",
    "/portal/search?q=token",
    "/portal/search?q=zeppelin",
)


# On one engine: pages are made of Markdown, and judging one in Chromium takes seconds.
@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    url = fresh_database("sqlite", populate)
    with serving(url) as server:
        yield server
    drop_database(url)


def sign_in(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/sign-in?next=/portal")
    page.locator("#username").fill("ann@example.com")
    page.locator("#password").fill("correct-horse-battery")
    page.locator("button.primary").click()
    page.wait_for_url("**/portal")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_and_fits(
    page: Page, served: Served, path: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(served.url + path)
    judge(page)


@pytest.mark.parametrize("path", PAGES[2:7])
def test_german_pages_with_own_values(browser: Browser, served: Served, path: str) -> None:
    context = browser.new_context(locale="de")
    page = context.new_page()
    sign_in(page, served)
    page.goto(served.url + path)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    judge(page)
    context.close()


def check_shown(page: Page, group: str, words: str) -> None:
    panels = page.locator(f"fieldset:has(input[name='in-{group}']) .panel:visible")
    expect(panels).to_have_count(1)
    expect(panels).to_contain_text(words)


def test_a_language_is_chosen_by_keyboard_and_remembered(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/guides/authentication")
    check_shown(page, "password", "curl")
    page.get_by_role("radio", name="curl").first.focus()
    page.keyboard.press("ArrowRight")
    check_shown(page, "client_credentials", "import requests")
    # The other samples of the page follow, and the next page too.
    check_shown(page, "password", "import requests")
    page.goto(f"{served.url}/portal/reference/listUnits")
    check_shown(page, "call", "import requests")


def test_languages_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{served.url}/portal/reference/listUnits")
    check_shown(page, "call", "curl")
    page.get_by_text("Java", exact=True).click()
    check_shown(page, "call", "public class Main")
    expect(page.locator("button.copy:visible")).to_have_count(0)
    context.close()


def test_copying_a_sample(browser: Browser, served: Served) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], locale="en")
    page = context.new_page()
    sign_in(page, served)
    page.goto(f"{served.url}/portal/reference/readUnit")
    text = copied(page.locator(".panel:visible").get_by_role("button", name="Copy"))
    assert text.startswith(f"curl '{served.url}/api/v1/units/US-c-a-10'")
    expect(page.get_by_role("status").last).to_have_text("Copied")
    context.close()


def test_searching_by_keyboard(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/guides")
    page.keyboard.press("/")
    page.keyboard.type("rotation")
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/search?q=rotation")
    expect(page.get_by_role("status").filter(has_text="rotation").first).to_be_visible()
    page.get_by_role("link", name="Rotation", exact=True).first.click()
    page.wait_for_url("**/portal/guides/refresh#rotation")


def test_the_key_types_in_fields_and_can_be_turned_off(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/search")
    field = page.locator("#query")
    field.fill("a")
    field.press("/")
    expect(field).to_have_value("a/")
    page.get_by_role("button", name="Turn this key off").click()
    page.get_by_role("button", name="Turn this key on").press("/")
    expect(field).not_to_be_focused()
    page.get_by_role("button", name="Turn this key on").click()
    page.get_by_role("button", name="Turn this key off").press("/")
    expect(field).to_be_focused()


def test_a_page_prints_whole(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/reference/listUnits")
    page.emulate_media(media="print")
    expect(page.locator(".tree")).to_be_hidden()
    expect(page.locator(".bar")).to_be_hidden()
    assert page.locator(".aside pre").last.evaluate("node => node.scrollHeight <= node.clientHeight + 2")


def test_nothing_moves_while_a_page_loads(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/portal/guides/authentication")
    page.get_by_role("radio", name="Java", exact=True).first.evaluate("input => input.click()")
    page.reload()
    moved = page.evaluate(
        """() => new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
            .observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 300);
        })"""
    )
    assert moved < 0.01


def test_a_sample_leads_to_the_row_of_what_it_shows(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{served.url}/portal/reference/listUnits")
    for name, row in (("limit", "parameter.limit"), ('"lastUpdate"', "answer.items.lastUpdate")):
        page.locator(".aside").get_by_role("link", name=name, exact=True).click()
        target = page.locator(":target")
        expect(target).to_have_id(row)
        expect(target).to_be_in_viewport()
        # Below the bar, which stays on top.
        assert (target.bounding_box() or {"y": 0})["y"] >= page.evaluate(
            "document.querySelector('.bar').getBoundingClientRect().bottom"
        )


def test_rows_of_the_reference_are_no_taller_than_what_they_say(page: Page, served: Served) -> None:
    """Name on one side, meaning on the other, in the same line."""
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{served.url}/portal/reference/listUnits")
    expect(page.locator(".members").first).to_be_visible()
    for row in page.locator(".members > div:not(.nest)").all():
        name, meaning = (row.locator(part).bounding_box() for part in ("> dt", "> dd"))
        assert name is not None
        assert meaning is not None
        assert abs(name["y"] - meaning["y"]) < 4, row.inner_text()
        assert name["x"] + name["width"] <= meaning["x"], row.inner_text()


@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_bar_is_one_line_on_every_page(browser: Browser, served: Served, locale: str) -> None:
    """So that it stays where it is from page to page, whichever part is in hand."""
    context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    sign_in(page, served)
    heights = set()
    for part in ("guides", "reference", "token", "products", "applications", "usage"):
        page.goto(f"{served.url}/portal/{part}")
        heights.add(page.evaluate("document.querySelector('.bar').offsetHeight"))
        assert page.evaluate("document.scrollingElement.scrollWidth") == 1280
    assert len(heights) == 1
    assert heights.pop() < 64
    context.close()


def test_the_key_leads_to_the_search_where_the_field_has_no_room(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1100, "height": 720})
    page.goto(f"{served.url}/portal/guides")
    page.keyboard.press("/")
    page.wait_for_url("**/portal/search")
