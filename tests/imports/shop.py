"""A server that sells, for tests of what moves in from API Management."""

from collections.abc import Iterator

import pytest

from hoistway import clock as real_clock
from tests.cli.running import manage
from tests.engines import ENGINES, drop_database, fresh_database
from tests.limits.selling import Shop
from tests.server import Clock, populate, serving


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The command line stands beside it, by the same clock."""
    url, clock = fresh_database(request.param, populate), Clock()
    with serving(url, now=clock) as served:
        manage(monkeypatch, served)
        monkeypatch.setattr(real_clock, "now", clock)
        opened = Shop(served, clock)
        yield opened
        opened.http.close()
    drop_database(url)
