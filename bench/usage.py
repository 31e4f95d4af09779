"""What counting costs the API, and millions of counted rows for the pages that show them."""

import asyncio
import sqlite3
import statistics
from collections.abc import Callable

import asyncpg

from bench.load import Request, run_wrk
from bench.server import Running, started
from bench.world import customer_id
from hoistway import clock
from hoistway.store.open import sqlite_path

DAY = 86_400
DAYS, KINDS, KINDS_OF_READER = 90, 8, 80
ROUNDS = 4

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


def ratio_in_turns(
    database: str, workers: int, ask: Callable[[Running], Request], seconds: int, connections: int,
    *, first_is: tuple[str, ...] = (), second_is: tuple[str, ...] = (),
) -> float:  # fmt: skip
    """Requests a second of one server by those of another, which take turns on the same database."""
    counted: list[float] = []
    plain: list[float] = []
    with (
        started("bench.server", database, str(workers), *first_is, ready="/readyz") as first,
        started("bench.server", database, str(workers), *second_is, ready="/readyz") as second,
    ):
        # A token names its issuer, so each has its own.
        requests = {server.port: ask(server) for server in (first, second)}
        for server in (first, second):
            run_wrk(server.url, requests[server.port], 1, connections)
        for turn in range(ROUNDS):
            pair = [(first, counted), (second, plain)]
            for server, rates in pair if turn % 2 else reversed(pair):
                rates.append(run_wrk(server.url, requests[server.port], max(1, seconds // 2), connections))
    ratio: float = statistics.median(counted) / statistics.median(plain)
    return ratio
