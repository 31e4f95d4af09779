"""A shop: the real server with a clock that the test turns."""

from collections.abc import Iterator

import pytest

from tests.engines import ENGINES, drop_database, fresh_database
from tests.limits.selling import Shop
from tests.server import Clock, populate, serving


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """One a test: what is sold decides who needs a key."""
    url = fresh_database(request.param, populate)
    clock = Clock()
    with serving(url, now=clock) as served:
        opened = Shop(served, clock)
        yield opened
        opened.http.close()
    drop_database(url)
