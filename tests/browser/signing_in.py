"""A person signs in on the hosted page, in Chromium."""

from playwright.sync_api import Page

from tests.server import Served
from tests.world import PASSWORD


def sign_in(page: Page, served: Served, name: str, path: str = "/portal") -> None:
    """And is led to `path`."""
    page.goto(f"{served.url}/sign-in?next={path}")
    page.locator("#username").fill(f"{name}@example.com")
    page.locator("#password").fill(PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url(f"{served.url}{path}")
