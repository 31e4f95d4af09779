"""Row 62: refusals, counts and samples tell no customer of another's accounts."""

from collections.abc import Iterator

import pytest

from hoistway.store.clients import add_client
from hoistway.store.db import Database, Writer
from tests.attacks.asking import at_once, password, refusal
from tests.engines import EngineName, drop_database, fresh_database
from tests.server import Served, change, populate, serving
from tests.store.test_schema import on
from tests.usage.counts import everything, kept, kinds
from tests.world import API_URI, A, allowed, client

NAMED = ("daemon-a", "daemon-b", "nobody", "ann@example.com")


@pytest.fixture
def guessed(engine_name: EngineName) -> Iterator[str]:
    """A database in which guesses were counted: by a public application of the installation, and by one of customer c-a."""
    url = fresh_database(engine_name, populate)

    async def add(tx: Writer) -> None:
        of_a = client("ropc-a", "desktop", grants=("password",), exceptions=allowed("password"), customer_id=A)
        await add_client(tx, of_a)

    change(url, add)
    with serving(url) as served:
        for client_id in ("ropc", "ropc-a"):
            guess_each(served, client_id)
    yield url
    drop_database(url)


def guess_each(served: Served, client_id: str) -> None:
    """Wrong ones, and then so many that they are locked."""

    def guess(number: int) -> tuple[int, str]:
        name = NAMED[number % len(NAMED)]
        return refusal(password(served, name, f"wrong-{client_id}-{number}", client_id=client_id, scope=API_URI))

    assert set(at_once(32, guess)) <= {(400, "invalid_grant"), (503, "temporarily_unavailable")}


def test_whose_account_was_named_is_nobodys_business(guessed: str) -> None:
    """Row 62: the application's owner sees the refusals of his application, all alike; other customers see nothing."""

    async def read(db: Database) -> None:
        assert await kinds(db, "c-b") == []
        assert await kept(db, "c-b") == []
        of_a = await kinds(db, "c-a")
        assert sum(kind.calls for kind in of_a) == 32
        assert {kind.client_id for kind in of_a} == {"ropc-a"}
        for row in await kept(db, "c-a"):
            assert row.client_id == "ropc-a"
            assert not any(word in repr(row) for word in (*NAMED, "sa-a", "sa-b"))
        text = await everything(db, ("usage_", "recent_"))
        assert not any(word in text for word in (*NAMED, "sa-a", "sa-b"))

    on(guessed, read)
