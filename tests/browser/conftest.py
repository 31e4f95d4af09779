"""A world whose applications live on a port of this test's own, so that several runs share one machine."""

import asyncio
from collections.abc import Iterator

import pytest

from hoistway.store.migrate import migrate
from tests.browser.application import application
from tests.engines import ENGINES, drop_database, fresh_database
from tests.server import Served, prepare, serving


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
