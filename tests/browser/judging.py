"""What every page must be: without findings of axe, and as wide as the window, wide and narrow."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (1280, 320)


def judge(page: Page) -> None:
    """The page in hand, in its present colours."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 720})
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], (page.url, width)
        assert page.evaluate("document.scrollingElement.scrollWidth") == width, page.url
