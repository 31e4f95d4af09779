"""What every page must be: without findings of axe, and as wide as the window, wide and narrow."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WIDTHS = (1280, 320)
# Colours are the same in both languages, and widths in both schemes: two looks see what four would.
LOOKS = (("light", "en"), ("dark", "de"))
# Axe judges colours as they are drawn: nothing may fade in meanwhile.
DRAWN = """async (width) => {
  while (innerWidth !== width) await new Promise((resolve) => setTimeout(resolve, 10));
  const moving = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(moving.map((one) => one.finished));
}"""
IDLE = "new Promise((resolve) => requestIdleCallback(() => requestIdleCallback(resolve)))"
VIOLATIONS = "axe.run({ resultTypes: ['violations'] }).then((all) => all.violations)"


def at_width(page: Page, width: int, height: int = 720) -> None:
    """As soon as it is drawn so."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(DRAWN, width)


def judge_access(page: Page) -> None:
    """The page in hand, as it is drawn: by axe."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(VIOLATIONS)
    if found:
        # Perhaps in the middle of a script; what is wrong with the page itself is still so when that has ended.
        page.evaluate(IDLE)
        found = page.evaluate(VIOLATIONS)
    wrong = [(one["id"], [(node["html"], node["failureSummary"]) for node in one["nodes"]]) for one in found]
    assert wrong == [], (page.url, page.viewport_size, wrong)


def judge(page: Page) -> None:
    """The page in hand, in its present colours."""
    where = page.url
    for width in WIDTHS:
        at_width(page, width)
        judge_access(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") == width, where
