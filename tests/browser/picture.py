"""The picture in README: the portal's first page as Chromium shows it, and in words what is on it (`./dev picture` writes both).

The words tell a test whether the page still is the one in the picture, without comparing pixels, which differ between machines.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import QUIET, SHELL
from tests.engines import drop_database, fresh_database
from tests.server import Served, populate, serving

DOCS = Path(__file__).parent.parent.parent / "docs"
PICTURE, WORDS = DOCS / "portal.png", DOCS / "portal.txt"
WIDTH, HEIGHT = 1200, 850
# Every text that can be seen in the window, with its element, its size in pixels and its colour.
SEEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = [];
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    const words = text.textContent.replace(/\\s+/g, " ").trim();
    const style = getComputedStyle(text.parentElement);
    const outside = !box.width || box.height < 2 || box.bottom < 0 || box.bottom > innerHeight - 16 || style.visibility === "hidden";
    if (words && !outside) seen.push(`${text.parentElement.localName} ${style.fontSize} ${style.color}: ${words}`);
  }
  return seen.join("\\n") + "\\n";
}"""


@contextmanager
def served() -> Iterator[Served]:
    """The tests' world, at an address that a reader may see."""
    url = fresh_database("sqlite", populate)
    with serving(url, base_url="https://lifts.example") as server:
        yield server
    drop_database(url)


@contextmanager
def opened(browser: Browser, server: Served) -> Iterator[Page]:
    context = browser.new_context(
        locale="en", color_scheme="light", reduced_motion="reduce", viewport={"width": WIDTH, "height": HEIGHT}
    )
    page = context.new_page()
    page.goto(f"{server.url}/portal")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    yield page
    context.close()


def words_on(page: Page) -> str:
    """A line at the lower edge of the window is left out: it may be cut, and stand a pixel lower elsewhere."""
    seen: str = page.evaluate(SEEN)
    return seen


def main() -> None:
    with served() as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=SHELL, args=QUIET)
        with opened(chromium, server) as page:
            page.screenshot(path=PICTURE)
            WORDS.write_text(words_on(page), encoding="utf-8")
        chromium.close()
    print(f"written: {PICTURE} and {WORDS}")


if __name__ == "__main__":
    main()
