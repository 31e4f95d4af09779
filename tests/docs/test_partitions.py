"""The SQL of docs/scale.md divides tables of a running installation, and everything works on them as before."""

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import asyncpg
import pytest

from hoistway.chain.cutting import prune_sealed
from hoistway.chain.sealing import SETTLED, seal
from hoistway.engine import time_ordered_id
from hoistway.settings import DAY, HOUR
from hoistway.store.audit import Entry, add_entry, latest_entries
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.tables import is_whole
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from tests.docs.test_scale import section
from tests.engines import drop_database, fresh_database


@pytest.fixture
def partitioned() -> Iterator[str]:
    """A database with rows, after the SQL of the document."""
    url = fresh_database("postgresql", migrate)
    asyncio.run(_written(url, 1))
    asyncio.run(_partition(url))
    yield url
    drop_database(url)


def _key(at: int) -> tuple[object, ...]:
    return ("c-a", at, "client", "", "api", "listUnits", 200, "")


async def _written(url: str, calls: int) -> None:
    db = await open_database(url)
    async with db.write() as tx:
        await add_entry(tx, Entry(time_ordered_id(), 1, "sign_in.succeeded", actor="u-a"))
        for table in (HOURS, DAYS):
            await table.add(tx, [(_key(at), [calls, *[0] * 24]) for at in (HOUR, int(time.time()) // HOUR * HOUR)])
    await db.close()


async def _partition(url: str) -> None:
    connection = await asyncpg.connect(url)
    blocks = re.findall(r"^```sql\n(.*?)^```", section("Partitions by day"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        await connection.execute(block)
    await connection.close()


async def _counts(url: str, *statements: str) -> list[int]:
    connection = await asyncpg.connect(url)
    found = [await connection.fetchval(statement) for statement in statements]
    await connection.close()
    return found


def test_the_sql_of_partitions_runs_and_everything_works_on_it(partitioned: str) -> None:
    asyncio.run(_written(partitioned, 2))
    migrate(partitioned)

    async def work() -> None:
        db = await open_database(partitioned)
        assert await is_whole(db)
        assert len(await latest_entries(db, "sign_in.succeeded")) == 2
        assert await seal(db, b"key", int(time.time()) + SETTLED + 1) == 2
        async with db.write() as tx:
            assert await HOURS.prune(tx, 2 * HOUR, 10) == 1
            assert await prune_sealed(tx, b"key", int(time.time()) + 60, 1) == 1
        await db.close()

    sums = "SELECT sum(calls)::int FROM usage_hours", "SELECT count(*)::int FROM audit"
    assert asyncio.run(_counts(partitioned, *sums)) == [6, 2]
    asyncio.run(work())
    assert asyncio.run(_counts(partitioned, *sums)) == [3, 1]


def test_what_comes_later_lies_in_its_own_partition(partitioned: str) -> None:
    at = int(time.time()) + 40 * DAY
    moment, milliseconds = datetime.fromtimestamp(at, UTC), f"{at * 1000:012x}"

    async def work() -> None:
        db = await open_database(partitioned)
        async with db.write() as tx:
            await add_entry(tx, Entry(f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-000000000000", at, "a.b"))
            for later in (at - 20 * DAY, at + 400 * DAY):
                await HOURS.add(tx, [(_key(later), [1, *[0] * 24])])
        await db.close()

    asyncio.run(work())
    day = datetime.fromtimestamp(at - 20 * DAY, UTC)
    tables = f"audit_{moment:%Y%m}", f"usage_hours_{day:%Y%m%d}", "usage_hours_rest"
    statements = [f"SELECT count(*)::int FROM {name} WHERE at >= {at - 20 * DAY}" for name in tables]
    assert asyncio.run(_counts(partitioned, *statements)) == [1, 1, 1]
