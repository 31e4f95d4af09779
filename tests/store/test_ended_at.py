"""What is disabled when the column comes has ended then: enabling it afterwards brings nothing back."""

from functools import partial

from sqlalchemy import text

from hoistway.protocol.ids import CustomerId
from hoistway.store.customers import find_customer, set_customer_disabled
from hoistway.store.db import Database, Statement, nothing
from hoistway.store.migrate import migrate
from tests.store.test_schema import on

BEFORE, NOW = "0020", 1_700_000_000


def test_rows_of_the_version_before_keep_their_meaning(database_url: str) -> None:
    migrate(database_url, BEFORE)

    async def world(db: Database) -> None:
        async with db.write() as tx:
            for name, at in (("off", str(NOW)), ("on", "NULL")):
                sql = f"INSERT INTO customers (id, name, created_at, disabled_at) VALUES ('c-{name}', 'C', 1, {at})"
                await tx.run(Statement(partial(text, sql), nothing), {})

    async def look(db: Database) -> list[int | None]:
        async with db.write() as tx:
            await set_customer_disabled(tx, CustomerId("c-off"), None)
        found = [await find_customer(db, CustomerId(f"c-{name}")) for name in ("off", "on")]
        assert all(row is not None and row.disabled_at is None for row in found)
        return [row.ended_at for row in found if row is not None]

    on(database_url, world)
    migrate(database_url)
    assert on(database_url, look) == [NOW, None]
