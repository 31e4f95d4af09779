"""What a database of the versions before holds keeps its meaning: locks and known places, families, codes and revocations."""

import pytest
from sqlalchemy import Connection

from hoistway.authn.counting import PAIR, after_failure, is_repeated, wait_of
from hoistway.protocol.ids import ClientId, FamilyId
from hoistway.store.db import Database
from hoistway.store.families import count_repeat, find_family, rotate_family
from hoistway.store.migrate import migrate
from hoistway.store.revocations import revocations_since
from hoistway.store.throttle import find_counters
from hoistway.tokens.revoked import Revoked
from tests.store.before import Old, on_connection
from tests.store.test_schema import on

NOW = 1_700_000_000
FAR = 4_000_000_000


@pytest.fixture
def counted(database_url: str) -> str:
    """With counters of the version before."""

    def fill(connection: Connection) -> None:
        old = Old(connection)
        old.add("throttle", subject="locked", failures=10, blocked_until=NOW + 60, changed_at=NOW, last_guess="g")
        old.add("throttle", subject="place", failures=1, changed_at=NOW - 86_400)

    migrate(database_url, "0012")
    on_connection(database_url, fill)
    migrate(database_url)
    return database_url


def test_a_lock_and_a_known_place_stay(counted: str) -> None:
    async def work(db: Database) -> None:
        found = await find_counters(db, ["locked", "place", "missing"])
        assert set(found) == {"locked", "place"}
        locked = found["locked"]
        assert wait_of(locked, PAIR, NOW) == 60
        assert is_repeated(locked, "g", NOW)
        failed = after_failure(locked, PAIR, "another", NOW + 60, repeated=False)
        assert (failed.failures, failed.minute_failures, failed.week_failures) == (11, 1, 1)
        assert wait_of(failed, PAIR, NOW + 60) == 120

    on(counted, work)


@pytest.fixture
def issued(database_url: str) -> str:
    """With a family and a revocation of the version before."""

    def fill(connection: Connection) -> None:
        old = Old(connection)
        old.add("clients", id="app", name="App", type="web")
        old.add(
            "grants", id="g", client_id="app", subject_kind="user", subject_id="u", customer_id="c", scope="openid",
            generation=3, rotated_at=NOW, idle_expires_at=FAR, expires_at=FAR,
        )  # fmt: skip
        old.add("revocations", id="gone", revoked_at=NOW, expires_at=FAR)

    migrate(database_url, "0017")
    on_connection(database_url, fill)
    migrate(database_url)
    return database_url


def test_families_rotate_and_what_was_revoked_stays_so(issued: str) -> None:
    async def work(db: Database) -> None:
        family = await find_family(db, FamilyId("g"))
        assert family is not None
        assert (family.policy, family.rotated_from, family.repeats, family.repeats_elsewhere) == (None, None, 0, 0)
        rotated = await rotate_family(
            db, family.id, 3, ClientId("app"), now=NOW, idle_expires_at=FAR, origin="here.there"
        )
        assert rotated is not None
        assert rotated.generation == 4
        for elsewhere in (True, False):
            assert await count_repeat(db, family.id, elsewhere=elsewhere)
        repeated = await find_family(db, FamilyId("g"))
        assert repeated is not None
        assert repeated.rotated_from == "here.there"
        assert (repeated.repeats, repeated.repeats_elsewhere) == (2, 1)
        assert await revocations_since(db, 0, NOW) == [("gone", FAR, None)]
        revoked = Revoked()
        await revoked.load(db, NOW)
        assert "gone" in revoked

    on(issued, work)
