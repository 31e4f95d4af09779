"""Every page of portal and console that a link leads to: light without a cache, and nothing moves while it loads."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.engines import drop_database, fresh_database
from tests.portal.asking import PRODUCTION, asked, granted, visitor
from tests.portal.links import kind, links
from tests.portal.signing_in import Visitor
from tests.server import Served, populate, serving

MOST_BYTES, MOST_SHIFT, OF_A_KIND = 150_000, 0.01, 1
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
SETTLED = (
    """() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 60))"""
)
WEIGH = """() => ["navigation", "resource"]
  .flatMap((type) => performance.getEntriesByType(type))
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""


# On one engine: what a page weighs and how it is laid out is the same on both.
@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    url = fresh_database("sqlite", populate)
    with serving(url) as server:
        adam = visitor(server, "adam")
        granted(adam, type="web", redirect_uris="https://app.example/cb")
        asked(adam, **{**PRODUCTION, "type": "web", "redirect_uris": "https://app.example/cb"})
        yield server
    drop_database(url)


def every_page(one: Visitor, root: str) -> list[str]:
    """One of a kind."""
    waiting, seen, pages = [root], {root}, []
    kinds = Counter([kind(root)])
    while waiting:
        address = waiting.pop()
        reply = one.get(address)
        if reply.status_code == 303:
            continue
        assert reply.status_code == 200, f"{address} answers {reply.status_code}"
        pages.append(address)
        for link in links(reply.text):
            if link.startswith(root) and link not in seen and kinds[kind(link)] < OF_A_KIND:
                seen.add(link)
                kinds[kind(link)] += 1
                waiting.append(link)
    return pages


@pytest.mark.parametrize(("who", "root"), [("adam", "/portal"), ("olga", "/console")])
def test_pages_are_light_and_stand_still(browser: Browser, served: Served, who: str, root: str) -> None:
    one = Visitor(served.url).sign_in(who)
    pages = every_page(one, root)
    assert len({urlsplit(page).path for page in pages}) > 20
    cookies = [{"name": name, "value": value, "url": served.url} for name, value in one.http.cookies.items()]
    one.close()
    found: dict[str, tuple[int, float]] = {}
    for width in (1280, 320):
        context = browser.new_context(locale="de", viewport={"width": width, "height": 720})
        context.add_cookies(cookies)  # type: ignore[arg-type]  # a TypedDict, from the names above
        context.add_init_script(WATCH)
        page = context.new_page()
        context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        for address in pages:
            page.goto(served.url + address, wait_until="load")
            page.evaluate(SETTLED)
            assert page.evaluate("document.querySelector('h1') !== null"), address
            found[f"{address} at {width}"] = page.evaluate(WEIGH), page.evaluate("window.shifted")
        context.close()
    assert {at: size for at, (size, _) in found.items() if not 5_000 < size < MOST_BYTES} == {}
    assert {at: shift for at, (_, shift) in found.items() if shift > MOST_SHIFT} == {}
