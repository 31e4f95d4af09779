"""What counting costs the API, and how long the usage page takes over millions of counted rows."""

import asyncio
import os
import sqlite3
import statistics
import time
from pathlib import Path

import asyncpg

from bench.load import Request, run_wrk
from bench.server import Running, started
from bench.world import customer_id
from hoistway import clock
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.users import add_user
from tests.portal.signing_in import Visitor
from tests.world import user

DAY = 86_400
READER = "reader"
DAYS, KINDS, KINDS_OF_READER = 90, 8, 80
ROUNDS, LOADS = 4, 15
PAGES = tuple(f"/portal/usage?period={period}" for period in ("24h", "30d", "90d"))

# Day after day, as time brings them, so that the rows of one customer lie apart. Hours are those of the last day.
_FILL = """
INSERT INTO {table} (customer_id, at, client_id, subscription_id, surface, operation, status, cause, calls, b03, b04, b05, b08)
WITH RECURSIVE steps(s) AS (SELECT {steps} - 1 UNION ALL SELECT s - 1 FROM steps WHERE s > 0),
customers(c) AS (SELECT {first} UNION ALL SELECT c + 1 FROM customers WHERE c < {last}),
kinds(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM kinds WHERE k < {kinds} - 1)
SELECT CASE c WHEN 0 THEN '{reader}' ELSE 'counted-' || c END, {newest} - s * {step}, 'client-' || (k / 4), '', 'api',
'operation-' || (k % 4), CASE k % 4 WHEN 3 THEN 404 ELSE 200 END, CASE k % 4 WHEN 3 THEN 'not-found' ELSE '' END,
100 + k, 40, 30, 20 + k, 10
FROM steps CROSS JOIN customers CROSS JOIN kinds ORDER BY s DESC, c, k
"""


def statements(rows: int, now: int) -> list[str]:
    """About `rows` rows by the day, and a fifteenth of them by the hour; one customer has ten times those of any other."""
    customers = max(1, rows // (DAYS * KINDS))
    made = []
    for table, steps, step in (("usage_days", DAYS, DAY), ("usage_hours", 24, 3600)):
        few = customers if table == "usage_days" else customers // 4
        for first, last, kinds in ((0, 0, KINDS_OF_READER), (1, max(1, few), KINDS)):
            newest = now - now % step
            made.append(_FILL.format(
                table=table, steps=steps, step=step, first=first, last=last, kinds=kinds, newest=newest, reader=customer_id(0),
            ))  # fmt: skip
    return made


async def _fill_postgresql(database: str, texts: list[str]) -> None:
    connection = await asyncpg.connect(database)
    for text in texts:
        await connection.execute(text)
    await connection.execute("VACUUM ANALYZE usage_days")
    await connection.execute("VACUUM ANALYZE usage_hours")
    await connection.close()


async def _add_reader(database: str, now: int) -> None:
    db = await open_database(database)
    async with db.write() as tx:
        person = user(READER, customer_id(0))
        await add_user(tx, person)
        await put_membership(tx, Membership(person.id, customer_id(0), "member", "all", now))
    await db.close()


def fill(database: str, rows: int) -> None:
    now, path = clock.now(), sqlite_path(database)
    texts = statements(rows, now)
    if path is None:
        asyncio.run(_fill_postgresql(database, texts))
    else:
        connection = sqlite3.connect(path)
        with connection:
            for text in texts:
                connection.execute(text)
        connection.close()
    asyncio.run(_add_reader(database, now))


def processor_time(parent: int) -> float:
    """Milliseconds that the parent's children have computed."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    ticks = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in children]
    return sum(int(used) + int(system) for used, system in ticks) * 1000 / os.sysconf("SC_CLK_TCK")


def slowest_page(server: Running, database: str, rows: int) -> float:
    """Milliseconds from asking to the whole page, the median of fifteen, of the slowest of the page's periods."""
    fill(database, rows)
    visitor = Visitor(server.url).sign_in(READER)
    medians = []
    for page in PAGES:
        times = []
        computed = processor_time(server.pid)
        for _ in range(LOADS):
            begun = time.perf_counter()
            reply = visitor.get(page)
            times.append((time.perf_counter() - begun) * 1000)
            if reply.status_code != 200 or "<dt>Calls</dt><dd>0<" in reply.text:
                raise RuntimeError(f"{page} shows nothing")
        computed = (processor_time(server.pid) - computed) / LOADS
        found = f"median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms, computing {computed:.0f} ms"
        print(f"  {page}: first {times[0]:.0f} ms, {found}")
        medians.append(statistics.median(times))
    visitor.close()
    return max(medians)


def counting_ratio(database: str, workers: int, request: Request, seconds: int, connections: int) -> float:
    """Requests a second with counting by those without, two servers that take turns on the same database."""
    counted: list[float] = []
    plain: list[float] = []
    with (
        started("bench.server", database, str(workers), ready="/readyz") as first,
        started("bench.server", database, str(workers), "uncounted", ready="/readyz") as second,
    ):
        for server in (first, second):
            run_wrk(server.url, request, 1, connections)
        for turn in range(ROUNDS):
            pair = [(first, counted), (second, plain)]
            for server, rates in pair if turn % 2 else reversed(pair):
                rates.append(run_wrk(server.url, request, max(1, seconds // 2), connections))
    ratio: float = statistics.median(counted) / statistics.median(plain)
    return ratio
