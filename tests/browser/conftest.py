"""A world whose applications live on a port of this test's own, so that several runs share one machine."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from hoistway import clock
from hoistway.store.migrate import migrate
from tests.browser.application import application
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.server import Served, prepare, serving

# Chromium without windows and what draws them, which takes half as long for a page.
SHELL = "/usr/bin/chromium-headless-shell"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Beside another load a page takes longer than the five seconds that Playwright allows by itself.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that walk every page take minutes beside another load."""
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """Where the application listens."""
    with application() as url:
        yield url


@contextmanager
def served_on(
    engine: EngineName, home: str, *, demonstration: bool = False, now: Callable[[], int] = clock.now
) -> Iterator[Served]:
    """The server, with the application's address registered."""
    url = fresh_database(engine, migrate)
    asyncio.run(prepare(url, home))
    with serving(url, home=home, demonstration=demonstration, now=now) as server:
        yield server
    drop_database(url)


@pytest.fixture(scope="module")
def served(home: str) -> Iterator[Served]:
    """On one engine: how Chromium shows a page is the same on both, and judging one takes it seconds. What pages say and forms
    do is asked on both in the other folders; the whole ways of a person are gone on both here (test_browser, test_newcomer)."""
    with served_on("sqlite", home) as server:
        yield server


@pytest.fixture(scope="module", params=ENGINES)
def served_on_both(request: pytest.FixtureRequest, home: str) -> Iterator[Served]:
    with served_on(request.param, home) as server:
        yield server


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    """After `served`, which needs the thread's event loop for itself while it starts."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=SHELL, args=QUIET)
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
