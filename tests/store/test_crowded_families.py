"""Families are looked through a bounded number at a time, by an index: whoever has too many keeps those that were used last."""

import json
import sqlite3
from collections.abc import AsyncIterator

import asyncpg
import pytest
from msgspec.structs import asdict, replace
from sqlalchemy import column, func, select, table

from hoistway.protocol.ids import ClientId, CustomerId, FamilyId
from hoistway.store.crowded_families import STEPPING, Walk, end_crowded
from hoistway.store.db import Database, Statement
from hoistway.store.families import _INSERT, Family
from hoistway.store.open import open_database, sqlite_path
from tests.world import NOW, make_world

COUNT = Statement(
    lambda: select(column("subject_id"), func.count()).select_from(table("grants")).group_by(column("subject_id")),
    lambda subject_id, families: (str(subject_id), int(families)),
)


def families(subject: str, number: int) -> list[dict[str, object]]:
    """The later ones were used later."""
    ends = NOW + 10**6
    first = Family(
        FamilyId(""), ClientId("ropc"), "service_account", subject, CustomerId("c-a"), "", None, NOW, None, 1, NOW, NOW, ends, ends,
    )  # fmt: skip
    rows = [replace(first, id=FamilyId(f"{subject}-{n:05}"), rotated_at=NOW + n) for n in range(number)]
    return [asdict(row) for row in rows]


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    opened = await open_database(migrated_url)
    await make_world(opened)
    yield opened
    await opened.close()


async def put(db: Database, held: dict[str, int]) -> None:
    async with db.write() as tx:
        for subject, number in held.items():
            await tx.run_many(_INSERT, families(subject, number))


async def test_every_account_comes_to_its_turn(db: Database) -> None:
    """Whatever lies across the border of two steps: an account with few, with too many, with more than a step holds."""
    held = {f"sa-{n:02}": (2, 4, 1, 9, 3, 40, 4)[n % 7] for n in range(28)}
    await put(db, held)
    walk, ended, rounds = Walk(), 0, 0
    while rounds == 0 or walk.place != ("", ""):
        ended += await end_crowded(db, walk, 3, step=7, steps=2)
        rounds += 1
        assert rounds < 100
    assert rounds > 3, "one round is a part of it"
    assert dict(await db.all(COUNT, {})) == {subject: min(number, 3) for subject, number in held.items()}
    assert ended == sum(max(number - 3, 0) for number in held.values())
    await put(db, {"sa-00x": 5})
    while await end_crowded(db, walk, 3, step=7, steps=2) == 0:
        assert walk.place != ("", ""), "and begins anew"
    left = Statement(
        lambda: select(column("id")).select_from(table("grants")).where(column("subject_id") == "sa-00x"), str
    )
    assert sorted(await db.all(left, {})) == [f"sa-00x-{n:05}" for n in (2, 3, 4)]


@pytest.mark.parametrize("beyond", [False, True])
async def test_a_step_reads_its_own_entries(db: Database, migrated_url: str, beyond: bool) -> None:
    """However many families there are before and behind it."""
    await put(db, {f"sa-{n:03}": 20 for n in range(300)})
    compiled = STEPPING[beyond].for_engine(db.engine)
    values = compiled.positional({"subject": "sa-150", "client": "ropc", "step": 100, "most": 50})
    path = sqlite_path(migrated_url)
    if path is not None:
        file = sqlite3.connect(path)
        plan = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {compiled.text}", values)]
        file.close()
        assert any(
            step.startswith("SEARCH grants USING COVERING INDEX ix_grants_subject ((subject_id") for step in plan
        )
        assert not any("SCAN grants" in step for step in plan)
        return
    connection = await asyncpg.connect(migrated_url)
    await connection.execute("ANALYZE grants")
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    found = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled.text}", *values))
    await connection.close()
    nodes = [found[0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", [])
    read = [node for node in nodes if node.get("Relation Name") == "grants"]
    assert [node["Node Type"] for node in read] == ["Index Only Scan"]
    assert read[0]["Actual Rows"] <= 100
