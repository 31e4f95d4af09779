"""Counters of failures end after two days, places of right sign-ins after ninety, a block not before its time."""

from hoistway.store.db import Database
from hoistway.store.throttle import block_until, count_failure, find_counter, prune_counters
from tests.store.test_schema import on

DAY = 86_400


def test_what_is_pruned_and_when(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        async with db.write() as tx:
            await count_failure(tx, "failed", at=0, guess="g", forgotten_before=0)
            await count_failure(tx, "blocked", at=0, guess="g", forgotten_before=0)
            await block_until(tx, "blocked", 4 * DAY)
            await count_failure(tx, "place", at=0, guess=None, forgotten_before=0)
        left = []
        for now in (DAY, 3 * DAY, 5 * DAY, 91 * DAY):
            async with db.write() as tx:
                await prune_counters(tx, now)
            left.append([name for name in ("failed", "blocked", "place") if await find_counter(db, name)])
        assert left == [["failed", "blocked", "place"], ["blocked", "place"], ["place"], []]

    on(migrated_url, work)
