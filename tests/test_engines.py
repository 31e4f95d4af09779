"""The databases of tests/engines.py work, and are each test's own."""

from pathlib import Path

import asyncpg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from tests import engines
from tests.engines import EngineName, drop_database, fresh_database


def connect_twice(url: str) -> None:
    path = url.removeprefix("sqlite:///")
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE present (id INTEGER)"))
    engine.dispose()


async def test_a_database_is_empty_and_can_be_used(engine_name: EngineName, database_url: str) -> None:
    if engine_name == "sqlite":
        connect_twice(database_url)
        return
    raw = await asyncpg.connect(database_url)
    await raw.execute("CREATE TABLE present (id INTEGER)")
    await raw.close()
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        assert (await connection.execute(sqlalchemy.text("SELECT count(*) FROM present"))).scalar_one() == 0
    await engine.dispose()


async def test_migrated_databases_are_separate(engine_name: EngineName, migrated_url: str) -> None:
    other = fresh_database(engine_name)
    assert other != migrated_url
    drop_database(other)


def test_databases_lie_in_memory_where_there_is_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "_MEMORY", tmp_path)
    monkeypatch.setattr(engines, "_ROOM", 1)
    assert engines.in_memory() == tmp_path
    monkeypatch.setattr(engines, "_ROOM", 2**62)
    assert engines.in_memory() is None
    monkeypatch.setattr(engines, "_MEMORY", tmp_path / "none")
    assert engines.in_memory() is None
