"""From one thing of a page to another with the Tab key."""

from playwright.sync_api import Page, expect

MOVED = """async (from) => {
  while (document.activeElement === from) await new Promise((resolve) => setTimeout(resolve, 10));
}"""


def press_until(page: Page, selector: str, most: int = 60) -> None:
    """To the element that has this selector; the focus must be seen there."""
    expect(page.locator(selector)).to_be_visible()
    reached = page.locator(f"{selector}:focus")
    for _ in range(most):
        focused = page.evaluate_handle("document.activeElement")
        if reached.count():
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"no visible focus on {selector}"
            return
        page.keyboard.press("Tab")
        page.evaluate(MOVED, focused)
    raise AssertionError(f"{selector} can't be reached by keyboard")
