"""A world whose applications live on a port of this test's own, so that several runs share one machine."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from hoistway.store.migrate import migrate
from tests.browser.application import application
from tests.engines import ENGINES, drop_database, fresh_database
from tests.server import Served, prepare, serving

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """Where the application listens."""
    with application() as url:
        yield url


@pytest.fixture(scope="module", params=ENGINES)
def served(request: pytest.FixtureRequest, home: str) -> Iterator[Served]:
    """The server, with the application's address registered."""
    url = fresh_database(request.param, migrate)
    asyncio.run(prepare(url, home))
    with serving(url, home=home) as server:
        yield server
    drop_database(url)


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    """After `served`, which needs the thread's event loop for itself while it starts."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="en")
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A script's fault or a breach of the content security policy, on any page, fails the test."""
    made = context.new_page()
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield made
    assert [fault for fault in faults if not fault.startswith("Failed to load resource")] == []
