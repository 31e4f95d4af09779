"""The changes lead to exactly the schema of record, on both engines, and what every process relies on holds."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hoistway.protocol.ids import ClientId, CustomerId, FamilyId, KeyId
from hoistway.store import tables, version
from hoistway.store.clients import Client, add_client
from hoistway.store.customers import Customer, add_customer, find_customer, list_customers
from hoistway.store.db import Conflict, Database
from hoistway.store.families import Family, Rotated, add_family, find_family, prune_families, rotate_family
from hoistway.store.keys import Key, add_key, all_keys
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from hoistway.store.schema import METADATA
from hoistway.store.version import NEEDED, schema_is_current

T = TypeVar("T")
CHANGES = Path(version.__file__).parent / "changes" / "versions"


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), METADATA))


async def _on_postgresql(url: str) -> list[object]:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        found = await connection.run_sync(_differences)
    await engine.dispose()
    return found


def on(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        db = await open_database(url)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


def test_the_changes_lead_to_the_schema_of_record(migrated_url: str) -> None:
    assert len(tables.TABLES) == len(METADATA.tables), "each table stands in store/tables.py, in both lists"
    if migrated_url.startswith("sqlite"):
        engine = create_engine(migrated_url)
        with engine.connect() as connection:
            differences = _differences(connection)
        engine.dispose()
    else:
        differences = asyncio.run(_on_postgresql(migrated_url))
    assert differences == [], (
        "tables and changes differ: write the next file of store/changes/versions (CONTRIBUTING.md, A column)"
    )


def test_a_second_start_changes_nothing(migrated_url: str) -> None:
    migrate(migrated_url)
    assert on(migrated_url, schema_is_current)
    newest = max(path.name for path in CHANGES.glob("0*.py"))
    assert newest[:4] == NEEDED, f"NEEDED in store/version.py is the number of the newest change, {newest}"


def test_a_failed_transaction_leaves_nothing(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        row = Customer(CustomerId("c-1"), "One", 1)

        async def twice() -> None:
            async with db.write() as tx:
                await add_customer(tx, row)
                await add_customer(tx, row)

        with pytest.raises(Conflict):
            await twice()
        assert await find_customer(db, CustomerId("c-1")) is None
        async with db.write() as tx:
            await add_customer(tx, row)
        assert await list_customers(db) == [row]

    on(migrated_url, work)


def test_of_many_rotations_of_one_generation_one_wins(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        async with db.write() as tx:
            await add_client(tx, Client(ClientId("a"), "A", "web"))
            row = Family(
                FamilyId("g"), ClientId("a"), "user", "u", CustomerId("c"), "s", None, 1, None, 1, 1, 1, 100, 100
            )
            await add_family(tx, row)

        async def rotate() -> Rotated | None:
            return await rotate_family(db, FamilyId("g"), 1, ClientId("a"), now=2, idle_expires_at=50)

        results = await asyncio.gather(*(rotate() for _ in range(50)))
        assert sum(result is not None for result in results) == 1
        found = await find_family(db, FamilyId("g"))
        assert found is not None
        assert found.generation == 2
        async with db.write() as tx:
            assert await prune_families(tx, 51) == 1

    on(migrated_url, work)


def test_of_two_processes_that_rotate_a_key_one_wins(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        async with db.write() as tx:
            await add_key(tx, Key(KeyId("k1"), "ES256", 1, b"x", 10, 10), gone_at=0)
        async with db.write() as tx:
            await add_key(tx, Key(KeyId("k2"), "ES256", 2, b"x", 20, 30), gone_at=99)

        async def late() -> None:
            async with db.write() as tx:
                await add_key(tx, Key(KeyId("k3"), "ES256", 2, b"x", 20, 30), gone_at=99)

        with pytest.raises(Conflict):
            await late()
        first, second = await all_keys(db)
        assert (first.retired_at, first.gone_at) == (30, 99)
        assert second.retired_at is None

    on(migrated_url, work)
