"""Fixtures every test may use, and the rule that nothing is skipped in continuous integration."""

import gc
import os
from collections.abc import Generator, Iterator
from functools import cache, lru_cache, partial
from typing import Any, TypeVar

import httpcore2
import hypothesis
import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from nacl.bindings import crypto_pwhash_alg

from hoistway.authn import argon2id
from hoistway.store.migrate import migrate
from hoistway.web import pages
from tests.engines import ENGINES, EngineName, clean_up, drop_database, fresh_database
from tests.portal.house import House
from tests.quick import leave_out, told
from tests.server import Clock, Served, populate, serving

# A slow machine finds no other faults than a fast one.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# A client would read the certificates of all the world's authorities each time, which takes it longer than a call.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)

# The people of tests have one password and one digest. Proving it anew each time was more than half of the time of tests over HTTP.
vars(argon2id)["crypto_pwhash_alg"] = lru_cache(4096)(crypto_pwhash_alg)


class Compiled(BytecodeCache):
    """Templates, which each server of this process would compile again."""

    def __init__(self) -> None:
        self._of: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._of:
            bucket.code = self._of[bucket.key]

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._of[bucket.key] = bucket.code


vars(pages)["Environment"] = partial(Environment, bytecode_cache=Compiled())

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)


LEFT_OUT: pytest.StashKey[dict[str, int]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only what tests/quick.py says is quick")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        config.stash[LEFT_OUT] = dict(leave_out(config, items))


def pytest_collection_finish() -> None:
    """What was collected stays to the end. Looking through it again and again would be a tenth of a run's time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Every worker left out the same; what it tells arrives in the process that started it."""
    if hasattr(session.config, "workeroutput"):
        stash = session.config.stash
        session.config.workeroutput["left_out"] = stash.get(LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--quick") and LEFT_OUT in config.stash:
        terminalreporter.write_line(told(config.stash[LEFT_OUT]))


@pytest.fixture(scope="session", autouse=True)
def _engines() -> Iterator[None]:
    yield
    clean_up()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    """A test that asks for this, or for a database, runs once on each engine."""
    name: EngineName = request.param
    return name


@pytest.fixture
def database_url(engine_name: EngineName) -> Iterator[str]:
    """An empty database."""
    url = fresh_database(engine_name)
    yield url
    drop_database(url)


@pytest.fixture
def migrated_url(engine_name: EngineName) -> Iterator[str]:
    """A database with the present schema and no rows."""
    url = fresh_database(engine_name, migrate)
    yield url
    drop_database(url)


def _refuse_skip(report: R) -> R:
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing is skipped in continuous integration: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skip((yield))


@pytest.fixture(scope="module", params=ENGINES)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """The real server with the world of tests/world, shared by a module's tests, once on each engine."""
    url = fresh_database(request.param, populate)
    with serving(url) as server:
        yield server
    drop_database(url)


@pytest.fixture
def house(engine_name: EngineName) -> Iterator[House]:
    """One server a test, with its clock: for tests that change who may do what."""
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock) as served:
        yield House(served, clock)
    drop_database(url)


@pytest.fixture(scope="module", params=ENGINES)
def forgetful(request: pytest.FixtureRequest) -> Iterator[Served]:
    """As `served`, but it remembers nothing that it read: a page shows what was decided a moment ago."""
    url = fresh_database(request.param, populate)
    with serving(url, cache_seconds=0) as server:
        yield server
    drop_database(url)
