"""PostgreSQL's connections: bounded, kept, replaced when broken, and given to who waits."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from hoistway.store import connections as module
from hoistway.store.connections import Connections
from tests.engines import drop_database, fresh_database


@pytest.fixture
def url() -> Iterator[str]:
    made = fresh_database("postgresql")
    yield made
    drop_database(made)


async def test_at_most_so_many_and_the_last_one_again(url: str) -> None:
    connections = Connections(url, 2)
    first, second = await connections.take(), await connections.take()
    waiting = asyncio.create_task(connections.take())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    connections.give(first)
    assert await asyncio.wait_for(waiting, 5) is first
    connections.give(second)
    connections.give(first)
    assert await connections.take() is first
    await connections.close()
    await first.close()


async def test_a_broken_one_is_replaced(url: str) -> None:
    connections = Connections(url, 1)
    first = await connections.take()
    waiting = asyncio.create_task(connections.take())
    await asyncio.sleep(0)
    connections.give(first, broken=True)
    second = await asyncio.wait_for(waiting, 5)
    assert second is not first
    assert await second.fetchval("SELECT 1") == 1
    connections.give(second)
    await second.close()
    third = await connections.take()
    assert third is not second
    connections.give(third)
    await connections.close()


async def test_who_stops_waiting_keeps_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(url, 1)
    first = await connections.take()
    monkeypatch.setattr(module, "WAIT", 0.05)
    with pytest.raises(TimeoutError):
        await connections.take()
    leaving, staying = asyncio.create_task(connections.take()), asyncio.create_task(connections.take())
    await asyncio.sleep(0)
    connections.give(first)
    leaving.cancel()
    assert await asyncio.wait_for(staying, 5) is first
    connections.give(first)
    await connections.close()


async def test_a_server_that_is_away_uses_no_place_up() -> None:
    connections = Connections("postgresql://nobody@127.0.0.1:1/nothing", 1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await connections.take()


async def test_idle_for_long_is_opened_anew(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(url, 1)
    first = await connections.take()
    connections.give(first)
    monkeypatch.setattr(module, "IDLE", -1.0)
    second = await connections.take()
    assert second is not first
    assert isinstance(second, asyncpg.Connection)
    connections.give(second)
    await connections.close()


async def test_what_a_turn_took_is_not_there_for_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen server accepts and says nothing. Whoever waited for the first to give up does not wait as long again."""
    monkeypatch.setattr(module, "WAIT", 1.0)
    silent = socket.create_server(("127.0.0.1", 0))
    connections = Connections(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing", 1)
    loop = asyncio.get_running_loop()
    first = asyncio.create_task(connections.take())
    await asyncio.sleep(0.5)
    begun = loop.time()
    with pytest.raises(TimeoutError):
        await connections.take()
    assert loop.time() - begun < 1.25
    with pytest.raises(TimeoutError):
        await first
    await connections.close()
    silent.close()


async def test_a_session_begins_within_what_connecting_left(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = asyncpg.connect

    async def slowly(*arguments: Any, **options: Any) -> Any:
        await asyncio.sleep(0.6)
        return await connect(*arguments, **options)

    monkeypatch.setattr(asyncpg, "connect", slowly)
    monkeypatch.setattr(module, "WAIT", 1.0)
    connections = Connections(url, 1)
    monkeypatch.setattr(Connections, "session", "SELECT pg_sleep(5)")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises(TimeoutError):
        await connections.take()
    assert loop.time() - begun < 1.5
    await connections.close()
