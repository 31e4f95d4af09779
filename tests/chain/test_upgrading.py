"""A trail of the version before is sealed from its first entry on; who writes entries waits for nobody who seals."""

import asyncio

from sqlalchemy import Connection

from hoistway.chain.rewriting import begin_rewriting
from hoistway.store.audit import Entry, add_entry
from hoistway.store.migrate import migrate
from hoistway.store.open import open_database
from tests.chain.chained import AT, id_of, seal_up_to, told, verify
from tests.engines import EngineName, drop_database, fresh_database
from tests.store.before import Old, on_connection


def test_what_was_there_is_sealed_after_the_update(engine_name: EngineName) -> None:
    url = fresh_database(engine_name, lambda made: migrate(made, "0030"))

    def fill(connection: Connection) -> None:
        old = Old(connection)
        for number in range(7):
            old.add("audit", id=id_of(number), at=AT + number, event="sign_out", detail="{}")

    on_connection(url, fill)
    migrate(url)
    assert verify(url).unsealed == 7
    assert seal_up_to(url, 10) == 7
    report = verify(url)
    assert (told(report), report.verified) == ([], 7)
    drop_database(url)


async def _beside(url: str) -> None:
    """Somebody seals, rewrites or removes, and has not committed yet."""
    one, other = await open_database(url), await open_database(url)
    async with one.write() as tx:
        await begin_rewriting(tx)
        async with asyncio.timeout(5), other.write() as writing:
            await add_entry(writing, Entry(id_of(1), AT, "sign_out"))
    await one.close()
    await other.close()


def test_who_writes_an_entry_waits_for_no_seal() -> None:
    """SQLite has one writer at a time, whatever it writes."""
    url = fresh_database("postgresql", migrate)
    asyncio.run(_beside(url))
    assert verify(url).unsealed == 1
    drop_database(url)
