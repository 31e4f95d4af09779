"""A server that ends an idle connection says so first, and the connection's end comes in later. Who asks in between
hears nothing of it: nothing was sent, so that another connection is asked."""

from collections.abc import AsyncIterator
from struct import pack

import pytest
from sqlalchemy import literal, select

from hoistway.store.db import DatabaseUnavailable, Statement
from hoistway.store.postgresql_db import PostgresqlDatabase
from hoistway.store.writing import CHANGE_NOTHING
from tests.engines import drop_database, fresh_database
from tests.server import populate

# ErrorResponse (https://www.postgresql.org/docs/current/protocol-message-formats.html).
FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
GOODBYE = b"E" + pack("!i", len(FIELDS) + 4) + FIELDS


@pytest.fixture
async def database() -> AsyncIterator[PostgresqlDatabase]:
    url = fresh_database("postgresql", populate)
    opened = await PostgresqlDatabase.open(url, 4)
    yield opened
    await opened.close()
    drop_database(url)


async def said_goodbye(database: PostgresqlDatabase) -> None:
    """Each of the idle connections; at least two are idle."""
    first, second = [await database.connections.take() for _ in range(2)]
    for connection in (first, second):
        database.connections.give(connection)
        connection._protocol.data_received(GOODBYE)
        assert not connection.is_closed()


ASK = Statement(lambda: select(literal(1)), int)


async def test_who_reads_hears_nothing_of_it(database: PostgresqlDatabase) -> None:
    await said_goodbye(database)
    assert await database.one(ASK, {}) == 1
    await said_goodbye(database)
    assert await database.all(ASK, {}) == [1]
    await said_goodbye(database)
    await database.ping()
    assert database.connections.opened == 1


async def test_who_writes_hears_nothing_of_it(database: PostgresqlDatabase) -> None:
    await said_goodbye(database)
    async with database.write() as tx:
        assert await tx.run(CHANGE_NOTHING, {"id": ""}) == 0
    assert database.connections.opened == 1


async def test_inside_a_transaction_the_change_is_refused_whole(database: PostgresqlDatabase) -> None:
    async def change() -> None:
        async with database.write() as tx:
            tx.connection._protocol.data_received(GOODBYE)
            await tx.one(ASK, {})

    with pytest.raises(DatabaseUnavailable):
        await change()
    await database.ping()
