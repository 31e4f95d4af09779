"""A streaming replica answers only what it has replayed up to the newest change: PostgreSQL."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.db import Database
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.open import open_replica
from hoistway.store.postgresql_replica import PostgresqlReplica
from hoistway.store.seen import Reach
from hoistway.store.sites import set_site_disabled
from hoistway.store.unit_access import UnitAccess, find_seen_unit, put_access, remove_access, seen_units
from hoistway.store.unit_counts import count_units, seen_sites
from hoistway.store.units import find_unit
from tests.engines import (
    url_on,
)
from tests.store.beside import BY_REPLICA, LOGGED, UNIT, Beside, Pair, beside, change_unit
from tests.world import NOW, A

LIMITED = Membership(UserId("u-ann"), A, "member", "some", NOW)


async def test_what_is_replayed_is_read_from_the_replica(here: Beside) -> None:
    assert await here.replica.one(BY_REPLICA, {}) is True
    assert await here.replica.all(BY_REPLICA, {}) == [True]
    assert await here.replica.slow(BY_REPLICA, {}, A) == [True]
    units = await seen_units(here.replica, Reach(A), most=100)
    assert units == await seen_units(here.db, Reach(A), most=100)
    assert len(units) == await count_units(here.replica, Reach(A)) > 0
    assert here.replica.health.because is None


async def test_nothing_is_read_from_it_before_it_was_measured(pair: Pair) -> None:
    made = await beside(pair)
    assert await made.by_replica() is False
    assert made.replica.health.because == "unmeasured"
    await made.replica.measure()
    assert await made.by_replica() is True
    await made.replica.close()
    await made.db.close()


async def _change_site(db: Database) -> None:
    async with db.write() as tx:
        await set_site_disabled(tx, (await seen_sites(db, Reach(A), most=1))[0].id, NOW)


async def _revoke(db: Database) -> None:
    async with db.write() as tx:
        await remove_access(tx, A, UNIT, NOW)


async def _grant(db: Database) -> None:
    unit = await find_unit(db, UNIT)
    assert unit is not None
    async with db.write() as tx:
        await put_access(tx, [UnitAccess(A, UNIT, "owner", unit.site_id, unit.equipment_type)])


@pytest.mark.parametrize("work", [change_unit, _revoke, _grant, _change_site])
async def test_a_change_is_seen_at_once_though_nothing_is_replayed(
    here: Beside, work: Callable[[Database], Awaitable[None]]
) -> None:
    await here.on_replica("SELECT pg_wal_replay_pause()")
    await work(here.db)
    assert await here.by_replica() is False
    for reach in (Reach(A), Reach(A, UserId("u-few"))):
        assert await find_seen_unit(here.replica, reach, UNIT) == await find_seen_unit(here.db, reach, UNIT)
        assert await seen_units(here.replica, reach, most=100) == await seen_units(here.db, reach, most=100)
        assert await seen_sites(here.replica, reach, most=100) == await seen_sites(here.db, reach, most=100)
    await here.on_replica("SELECT pg_wal_replay_resume()")
    await here.until(here.by_replica)


async def _limit(db: Database) -> None:
    async with db.write() as tx:
        await put_membership(tx, LIMITED)


async def _expel(db: Database) -> None:
    async with db.write() as tx:
        await remove_membership(tx, LIMITED.user_id, A)


@pytest.mark.parametrize("work", [_limit, _expel])
async def test_a_limited_membership_that_changed_holds_at_once(
    here: Beside, work: Callable[[Database], Awaitable[None]]
) -> None:
    first, who = (await seen_units(here.db, Reach(A), most=1))[0].id, Reach(A, LIMITED.user_id)
    async with here.db.write() as tx:
        await put_membership(tx, LIMITED, units=[first])
    await here.until(here.by_replica)
    await here.on_replica("SELECT pg_wal_replay_pause()")
    assert [unit.id for unit in await seen_units(here.replica, who, most=9)] == [first]
    await work(here.db)
    assert await seen_units(here.replica, who, most=9) == []


async def test_its_user_needs_to_read_and_nothing_more(here: Beside) -> None:
    for statement in ("CREATE ROLE reader LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"):
        await here.on_primary(statement)
    await here.until(here.by_replica)
    reading = open_replica(here.db, url_on(here.pair.replica, "postgres").replace("postgres@", "reader@"), 600)
    assert isinstance(reading, PostgresqlReplica)
    made = replace(here, replica=reading)
    await made.until(made.by_replica)
    assert await seen_units(reading, Reach(A), most=100) == await seen_units(here.db, Reach(A), most=100)
    await reading.close()


async def test_what_others_write_does_not_matter(here: Beside) -> None:
    """The log moves with every token; only what changes the view of units sends requests to the primary."""
    await here.on_replica("SELECT pg_wal_replay_pause()")
    await here.db.check_writable()
    async with here.db.write() as tx:
        await tx.all(LOGGED, {})
    assert await here.by_replica() is True
