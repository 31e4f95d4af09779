"""Counters of failures end after two days, many failures after eight, places after ninety, a block not before its time."""

from msgspec.structs import replace

from hoistway.store.db import Database
from hoistway.store.throttle import (
    Counter,
    find_counters,
    forgive,
    lock_counter,
    prune_counters,
    put_counter,
    see_place,
)
from tests.store.test_schema import on

DAY = 86_400


def failed(subject: str, week_failures: int, blocked_until: int = 0) -> Counter:
    return Counter(subject, 2, blocked_until, 1, "g", 1, 1, 1, 20, 1, week_failures)


def test_what_is_pruned_and_when(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        async with db.write() as tx:
            for row in (failed("failed", 2), failed("many", 20), failed("blocked", 2, 4 * DAY)):
                await lock_counter(tx, row.subject, 1)
                await put_counter(tx, row)
            await see_place(tx, "place", 1)
        left = []
        for now in (DAY, 3 * DAY, 5 * DAY, 9 * DAY, 91 * DAY):
            async with db.write() as tx:
                await prune_counters(tx, now)
            found = await find_counters(db, ["failed", "blocked", "place", "many"])
            left.append("".join(sorted(name[0] for name in found)))
        assert left == ["bfmp", "bmp", "mp", "p", ""]

    on(migrated_url, work)


def test_what_a_right_password_forgives(migrated_url: str) -> None:
    """The lock and what led to it; not what failed in the week."""

    async def work(db: Database) -> None:
        async with db.write() as tx:
            row = failed("pair", 20, 9)
            await lock_counter(tx, "pair", 1)
            await put_counter(tx, row)
            await forgive(tx, "pair")
        found = await find_counters(db, ["pair"])
        assert found == {"pair": replace(row, failures=0, blocked_until=0, last_guess=None)}

    on(migrated_url, work)
