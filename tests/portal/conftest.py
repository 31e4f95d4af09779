"""A house: one server a test, because who administers it is what is changed."""

from collections.abc import Iterator

import pytest

from tests.engines import ENGINES, drop_database, fresh_database
from tests.portal.house import House
from tests.server import Clock, populate, serving


@pytest.fixture(params=ENGINES)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    url, clock = fresh_database(request.param, populate), Clock()
    with serving(url, now=clock) as served:
        yield House(served, clock)
    drop_database(url)
