"""A primary with its replica, for the tests that need one."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from hoistway.store import postgresql_replica
from tests.store.beside import Beside, Pair, beside, paired


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine under load is no replica that hangs."""
    monkeypatch.setattr(postgresql_replica, "ANSWER_WITHIN", 10.0)
    monkeypatch.setattr(postgresql_replica, "SCAN_WITHIN", 10.0)


@pytest.fixture(scope="session")
def pair() -> Iterator[Pair]:
    yield from paired("one")


@pytest_asyncio.fixture
async def here(pair: Pair, patient: None) -> AsyncIterator[Beside]:
    """Read from its replica already, which replays whatever a test before left."""
    made = await beside(pair)
    await made.on_replica("SELECT pg_wal_replay_resume()")
    await made.until(made.by_replica)
    yield made
    await made.on_replica("SELECT pg_wal_replay_resume()")
    await made.replica.close()
    await made.db.close()
