"""A server whose every look is a fresh one, managed by the command line beside it, both by the test's clock."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hoistway import clock as real_clock
from tests.cli.running import manage
from tests.engines import ENGINES, drop_database, fresh_database
from tests.server import Clock, Served, populate, serving


@dataclass(frozen=True)
class Managed:
    served: Served
    clock: Clock


@pytest.fixture(scope="module", params=ENGINES)
def _running(request: pytest.FixtureRequest) -> Iterator[Managed]:
    url, clock = fresh_database(request.param, populate), Clock()
    with serving(url, now=clock, cache_seconds=0) as served:
        yield Managed(served, clock)
    drop_database(url)


@pytest.fixture
def managed(_running: Managed, monkeypatch: pytest.MonkeyPatch) -> Managed:
    """Shared by a module's tests: each leaves what it switched as it was."""
    manage(monkeypatch, _running.served)
    monkeypatch.setattr(real_clock, "now", _running.clock)
    return _running
