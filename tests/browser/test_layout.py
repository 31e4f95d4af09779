"""Chromium on the layout of every page of portal, console, account and sign-in, at every width, with names as long as they may be.

WCAG 2.2 success criterion 1.4.10: at 320 px no page scrolls sideways; a table that is wider scrolls in its own place and says so."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hoistway.portal.docs.described import operations
from hoistway.routes import ROUTES
from hoistway.store.change_row import change_row
from hoistway.store.db import Writer
from hoistway.store.migrate import migrate
from hoistway.things.registry import THINGS as KINDS
from tests.attacks.overtaking import furnish
from tests.attacks.test_pool import THINGS
from tests.browser.judging import at_width, judge_access
from tests.browser.signing_in import sign_in
from tests.engines import drop_database, fresh_database
from tests.server import Served, change, prepare, serving

WIDTHS = (320, 768, 1280, 1920)
LONG = "Verticaltransportservices" * 4 + "ofthenorthernharbour"
NAMED = {"customers": "c-a", "sites": "c-a-s1", "users": "u-ann", "accounts": "sa-a", "applications": "app"}
NO_PAGES = {
    "/portal/reference.md", "/portal/usage.csv", "/portal/applications/{client_id}/logo", "/portal/try/callback", "/console/find",
}  # fmt: skip
EMPTY = (
    "/console/units?q=nothing",
    "/console/audit?event=nothing",
    "/console/users?q=nothing",
    "/portal/search?q=zzzzzz",
)
ROOMS = {"adam": ("/portal", "/account"), "olga": ("/console",)}

OVERLAPS = """() => [...document.querySelectorAll("pre")].filter(pre => pre.checkVisibility()).flatMap(pre => {
  const code = pre.getBoundingClientRect();
  return [...pre.parentElement.querySelectorAll(":scope > button")].filter(button => {
    const one = button.getBoundingClientRect();
    return button.checkVisibility() && one.left < code.right - 1 && one.right > code.left + 1 && one.top < code.bottom - 1
      && one.bottom > code.top + 1;
  }).map(button => button.outerHTML);
})"""
EDGES = """() => [...new Set([
    ...document.querySelectorAll("main > :is(h1, h2, p, section, .scroll, form), main > section > :is(h2, p, .scroll)")]
  .filter(one => one.checkVisibility() && !one.closest(".said, .warning, .card"))
  .map(one => Math.round(one.getBoundingClientRect().left)))]"""
FRAME_EDGES = """() => [...new Set([".bar > .operator", ".page > :first-child", ".foot > :first-child"]
  .map(one => document.querySelector(one)).filter(one => one?.checkVisibility())
  .map(one => Math.round(one.getBoundingClientRect().left + (one.matches(".tree") ? parseFloat(getComputedStyle(one).marginLeft) * -1 : 0))))]"""
WIDE = """() => [...document.querySelectorAll(".scroll")].filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .filter(one => one.tabIndex !== 0 || !one.matches("[role=group], [role=region]")
    || !(one.ariaLabel || document.getElementById(one.getAttribute("aria-labelledby")))
    || !one.previousElementSibling?.matches(".sideways") || !one.previousElementSibling.checkVisibility())
  .map(one => one.outerHTML.slice(0, 200))"""
OUTSIDE = """() => [...document.querySelectorAll("table")].filter(one => one.checkVisibility() && !one.closest(".scroll")
  && one.scrollWidth > one.parentElement.clientWidth + 1).map(one => one.outerHTML.slice(0, 200))"""
SQUEEZED = """() => [...document.querySelectorAll("th, td")].filter(one => {
  const text = one.textContent.trim();
  return one.checkVisibility() && text.length > 8 && one.clientWidth < 48;
}).map(one => one.outerHTML.slice(0, 120))"""
SIDE_BY_SIDE = """() => { const top = one => one.getBoundingClientRect().top;
  const [language, theme] = [document.querySelector(".languages button"), document.getElementById("theme")];
  return Math.abs(top(language) - top(theme)); }"""


def paths(rooms: tuple[str, ...]) -> Iterator[str]:
    for route in ROUTES:
        if (
            route.surface == "page"
            and "GET" in route.methods
            and route.path.startswith(rooms)
            and route.path not in NO_PAGES
        ):
            if route.path == "/console/{word}":
                yield from (f"/console/{word}" for word in KINDS)
            else:
                yield THINGS.get(route.path, route.path)
    yield from (path for path in EMPTY if path.startswith(rooms))


async def _long_names(tx: Writer) -> None:
    for kind, row_id in NAMED.items():
        await change_row(tx, kind, row_id, {"name": LONG})


# On one engine: a layout knows no database.
@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    url = fresh_database("sqlite", migrate)
    asyncio.run(prepare(url, home))
    change(url, furnish)
    change(url, _long_names)
    with serving(url, home=home) as server:
        yield server
    drop_database(url)


def judge_layout(page: Page, width: int) -> None:
    """The page in hand."""
    at_width(page, width)
    where = (page.url, width)
    assert page.evaluate("document.scrollingElement.scrollWidth") == width, where
    for script in (OVERLAPS, OUTSIDE, SQUEEZED):
        assert page.evaluate(script) == [], where
    page.wait_for_function(f"() => ({WIDE})().length === 0")
    assert len(page.evaluate(EDGES)) <= 1, (*where, page.evaluate(EDGES))
    assert len(page.evaluate(FRAME_EDGES)) <= 1, (*where, page.evaluate(FRAME_EDGES))


@pytest.mark.parametrize(("who", "lang"), [("adam", "en"), ("olga", "en"), ("adam", "de"), ("olga", "de")])
def test_every_page_fits(browser: Browser, served: Served, who: str, lang: str) -> None:
    context = browser.new_context(
        locale=lang, reduced_motion="reduce", color_scheme="dark" if lang == "de" else "light"
    )
    page = context.new_page()
    sign_in(page, served, who)
    walked = list(paths(ROOMS[who]))
    assert len(walked) > 20
    for path in walked:
        page.goto(f"{served.url}{path}")
        for width in WIDTHS if lang == "en" else (320,):
            judge_layout(page, width)
        at_width(page, 320)
        judge_access(page)
        if path.startswith("/console"):
            side = page.get_by_role("navigation", name="Operate" if lang == "en" else "Betrieb")
            side.locator("summary").click()
            expect(side.locator("a[href='/console']")).to_be_visible()
            shown = set(side.locator("a:visible").evaluate_all("links => links.map(link => link.getAttribute('href'))"))
            assert {f"/console/{word}" for word in KINDS} <= shown, path
            assert page.evaluate("document.scrollingElement.scrollWidth") == 320, path
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_trying_an_operation_is_offered_on_the_first_screen(page: Page, served: Served, width: int) -> None:
    for operation in operations():
        at_width(page, width)
        page.goto(f"{served.url}/portal/reference/{operation}")
        link = page.locator("main a[href='#try']").first
        expect(link).to_be_in_viewport()
        link.click()
        expect(page.locator("#try-title")).to_be_in_viewport()


@pytest.mark.parametrize("path", ["/sign-in?next=/portal", "/portal"])
def test_the_switches_below_stand_in_one_line(page: Page, served: Served, path: str) -> None:
    at_width(page, 1280)
    page.goto(f"{served.url}{path}")
    expect(page.locator("#theme")).to_be_visible()
    assert page.evaluate(SIDE_BY_SIDE) < 1


def test_the_side_of_the_console_marks_the_page_in_hand(page: Page, served: Served) -> None:
    sign_in(page, served, "olga", "/console")
    at_width(page, 1280, 900)
    side = page.get_by_role("navigation", name="Operate")
    expect(side.get_by_role("link", name="Overview")).to_have_attribute("aria-current", "page")
    side.get_by_role("link", name="Units").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Units")
    expect(side.get_by_role("link", name="Units")).to_have_attribute("aria-current", "page")
    page.goto(f"{served.url}/console/units/US-c-a-11")
    expect(side.get_by_role("link", name="Units")).to_have_attribute("aria-current", "true")
