"""What a button of a page writes to the clipboard."""

from playwright.sync_api import Locator

# Writing takes as long as it takes, and nothing of the page tells when it is done.
EMPTY = "() => navigator.clipboard.writeText('')"
WRITTEN = """async () => {
  for (;;) {
    const text = await navigator.clipboard.readText();
    if (text) return text;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}"""


def copied(button: Locator) -> str:
    """Empties the clipboard, presses the button and waits until something was written."""
    button.page.evaluate(EMPTY)
    button.click()
    text: str = button.page.evaluate(WRITTEN)
    return text
