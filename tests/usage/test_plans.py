"""Reading counts costs what the customer's own rows cost, as each engine plans it; pruning reads what it removes."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from hoistway.store import audit, first_steps, legacy_uses, recent_requests, usage_errors, usage_losses
from hoistway.store.db import Database, Statement
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database, sqlite_path
from hoistway.store.usage_days import DAYS
from hoistway.store.usage_hours import HOURS
from hoistway.usage.flush import flush
from hoistway.usage.tally import HOUR, Tally
from tests.engines import ENGINES, drop_database, fresh_database
from tests.usage.counts import AT, call

CUSTOMERS, SPANS, KINDS = 60, 40, 5
TIME = {"since": AT - AT % 86_400, "until": AT + 10 * 86_400}
FILTERS = {"w_surface": "api", "w_client_id": None, "w_subscription_id": None, "w_operation": None}
ASKED = {"customer_id": "c-3", **TIME, **FILTERS}
PAGE = {
    "customer_id": "c-3", "before": "~", "client_id": None, "failed": None, "surface": None, "most": 50,
    "correlation_id": f"id-{AT}-0",
}  # fmt: skip

# Which statement, with which values, and by which index: the table's own for "".
CASES: dict[str, tuple[Statement[Any], dict[str, Any], str]] = {
    "moments": (HOURS._moments, ASKED, "usage_hours"),
    "kinds": (HOURS._kinds, ASKED, "usage_hours"),
    "lines": (DAYS._lines, {**ASKED, "most": 1000}, "usage_days"),
    "requests": (recent_requests._LIST, PAGE, "recent_requests"),
    "one request": (recent_requests._LIST_CORRELATED, PAGE, "recent_requests"),
    "trimming": (
        recent_requests._TRIM, {"customer_id": "c-3", "client_id": "spa", "failed": 0, "keep": 5}, "recent_requests",
    ),
    "pruning hours": (HOURS._prune, {"before": AT - HOUR, "most": 100}, "usage_hours"),
    "pruning requests": (recent_requests._PRUNE, {"before": AT - HOUR, "most": 100}, "recent_requests"),
    "losses": (usage_losses._OF, {"customer_id": "c-3", "since": AT}, "usage_losses"),
    "errors of a day": (
        usage_errors._ERRORS, {"customer_id": "c-3", "since": AT - AT % 86_400, "most": 5}, "usage_days",
    ),
    "whether one called": (first_steps._CALLED, {"customer_id": "c-3"}, "usage_days"),
    "legacy uses": (legacy_uses._DAILY, {"since": "2023-11-14"}, "legacy_uses"),
    "failed sign-ins": (audit._LATEST, {"event": "sign_in.failed", "most": 10}, "audit"),
}  # fmt: skip


async def fill(db: Database) -> None:
    tally = Tally()
    for customer in range(CUSTOMERS):
        for span in range(SPANS):
            for kind in range(KINDS):
                call(tally, at=AT + span * HOUR, customer=f"c-{customer}", operation=f"operation-{kind}")
        if customer % 20 == 19:
            await flush(tally, db, AT)


@pytest.fixture(scope="module", params=ENGINES)
def filled(request: pytest.FixtureRequest) -> Iterator[str]:
    url = fresh_database(request.param, migrate)

    async def run() -> None:
        db = await open_database(url)
        await fill(db)
        await db.close()

    asyncio.run(run())
    yield url
    drop_database(url)


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


async def plan_of(
    url: str, statement: Statement[Any], values: dict[str, Any], *, small: bool = False
) -> list[dict[str, Any]]:
    """Of PostgreSQL, with the plan that serves every customer alike. What is removed is put back."""
    compiled = statement.for_engine("postgresql")
    connection = await asyncpg.connect(url)
    await connection.execute("ANALYZE")
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    if small:
        # A table of a few rows is read whole, whatever the statement.
        await connection.execute("SET enable_seqscan = off")
    begun = connection.transaction()
    await begun.start()
    text = f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled.text}"
    found = json.loads(await connection.fetchval(text, *compiled.positional(values)))
    await begun.rollback()
    await connection.close()
    return nodes(found[0]["Plan"])


@pytest.mark.parametrize("name", CASES)
async def test_it_is_found_by_an_index(filled: str, name: str) -> None:
    statement, values, table = CASES[name]
    path = sqlite_path(filled)
    if path is not None:
        compiled = statement.for_engine("sqlite")
        connection = sqlite3.connect(path)
        plan = [
            row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", compiled.positional(values))
        ]
        connection.close()
        touched = [step for step in plan if f" {table}" in step]
        assert touched
        assert all(step.startswith(("SEARCH", "MULTI-INDEX OR", "INDEX")) for step in touched), plan
        return
    plan_nodes = await plan_of(filled, statement, values, small=True)
    scans = [node for node in plan_nodes if node.get("Relation Name") == table and "Operation" not in node]
    assert scans
    assert {node["Node Type"] for node in scans} <= {
        "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Tid Scan",
    }, plan_nodes  # fmt: skip


@pytest.mark.parametrize("name", ["moments", "kinds"])
async def test_other_customers_rows_are_not_read(filled: str, name: str) -> None:
    """SQLite says so by the columns that it searches with, PostgreSQL by the rows that its scan met."""
    statement, values, table = CASES[name]
    path = sqlite_path(filled)
    if path is not None:
        compiled = statement.for_engine("sqlite")
        connection = sqlite3.connect(path)
        plan = [
            row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", compiled.positional(values))
        ]
        connection.close()
        assert any("(customer_id=? AND at>? AND at<?)" in step for step in plan), plan
        return
    for node in await plan_of(filled, statement, values):
        if node.get("Relation Name") == table:
            assert node["Actual Rows"] + node.get("Rows Removed by Filter", 0) <= SPANS * KINDS
