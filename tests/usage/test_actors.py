"""Who called is counted in bounds, written exactly once, and shown to the customer's own administrators alone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asyncpg import Connection

from hoistway import clock
from hoistway.protocol.ids import CustomerId
from hoistway.store.actor_uses import KEPT, MOST, ActorUse, Used, actors_of, add_actor_uses, prune_actor_uses
from hoistway.store.db import Database, Writer
from hoistway.store.open import open_database
from hoistway.usage.actors import MOST_ACTORS, MOST_OTHERS, Actors
from hoistway.usage.flush import flush
from hoistway.usage.tally import Tally
from tests.attacks.asking import bearer, daemon_token
from tests.flows.receiver import until
from tests.portal.asking import said
from tests.portal.house import House
from tests.server import change
from tests.usage.counts import AT

C, DAY = CustomerId("c-a"), 86_400


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    opened = await open_database(migrated_url)
    yield opened
    await opened.close()


def _shown(rows: list[Used]) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {(row.kind, row.actor, row.client_id): (row.calls, row.refused) for row in rows}


async def test_calls_and_refusals_are_summed_by_who_called_through_what(db: Database) -> None:
    tally = Tally()
    for round_ in range(3):
        tally.actors.add(AT + round_, "c-a", "user", "u-1", "spa", 200)
        tally.actors.add(AT, "c-a", "user", "u-1", "other", 404)
        tally.actors.add(AT + DAY, "c-a", "service_account", "sa-1", "daemon", 200)
        tally.actors.add(AT, "c-b", "user", "u-1", "spa", 200)
        await flush(tally, db, AT)
    rows = await actors_of(db, C, 0, 100)
    assert _shown(rows) == {
        ("user", "u-1", "spa"): (3, 0), ("user", "u-1", "other"): (3, 3), ("service_account", "sa-1", "daemon"): (3, 0),
    }  # fmt: skip
    assert {row.last_day for row in rows} == {AT - AT % DAY, AT + DAY - (AT + DAY) % DAY}
    assert _shown(await actors_of(db, C, AT + DAY - (AT + DAY) % DAY, 100)) == {
        ("service_account", "sa-1", "daemon"): (3, 0)
    }
    assert len(await actors_of(db, C, 0, 2)) == 2


def test_memory_is_bounded_and_what_does_not_fit_is_counted_among_others() -> None:
    actors = Actors()
    for number in range(MOST_ACTORS + 50):
        actors.add(AT, "c-a", "user", f"u-{number}", "spa", 500)
    for number in range(MOST_OTHERS + 50):
        actors.add(AT, f"c-{number}", "user", "u-1", "spa", 200)
    found = actors.take()
    assert len(found) == MOST_ACTORS + MOST_OTHERS
    assert [(one.calls, one.refused) for one in found if (one.customer_id, one.kind) == ("c-a", "")] == [(50, 50)]
    assert actors.take() == []


async def test_rows_of_a_day_are_bounded_and_known_ones_go_on(db: Database) -> None:
    day = AT - AT % DAY
    people = [ActorUse("c-a", day, "user", f"u-{number:04}", "spa", 1, 0) for number in range(MOST + 20)]
    for _turn in range(2):
        async with db.write() as tx:
            await add_actor_uses(tx, people)
    found = _shown(await actors_of(db, C, 0, 2 * MOST))
    assert len(found) == MOST
    assert found["", "", ""] == (2 * 21, 0), "the row of the others is one of them"
    assert found["user", "u-0000", "spa"] == (2, 0)


async def test_a_batch_is_two_statements(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round trip for each customer would hold the transaction, and its rows, for as long as all of them take."""
    day = AT - AT % DAY
    uses = [
        ActorUse(f"c-{customer:03}", day, "user", f"u-{person}", "spa", 1, person)
        for customer in range(200)
        for person in range(2)
    ]
    said: list[str] = []
    for name in ("fetch", "execute", "executemany", "fetchrow", "fetchval"):
        before = getattr(Connection, name)

        async def count(self: Any, text: str, *args: Any, before: Any = before, **more: Any) -> Any:
            said.append(text)
            return await before(self, text, *args, **more)

        monkeypatch.setattr(Connection, name, count)
    for _turn in range(2):
        async with db.write() as tx:
            await add_actor_uses(tx, uses)
    assert _shown(await actors_of(db, CustomerId("c-007"), 0, 9)) == {
        ("user", "u-0", "spa"): (2, 0),
        ("user", "u-1", "spa"): (2, 2),
    }
    assert len([text for text in said if "INSERT INTO actor_uses" in text]) in {0, 4}, (
        "none of them over a network, or four"
    )


async def test_new_ones_of_a_batch_get_what_is_free(db: Database) -> None:
    """Of several customers and days, each by itself; what does not fit is summed."""
    day = AT - AT % DAY

    def people(customer: str, first: int, last: int) -> list[ActorUse]:
        return [ActorUse(customer, day, "user", f"u-{number:04}", "spa", 2, 1) for number in range(first, last)]

    async with db.write() as tx:
        await add_actor_uses(tx, people("c-a", 0, MOST - 10))
    async with db.write() as tx:
        await add_actor_uses(tx, [*people("c-b", 0, 3), *people("c-a", MOST - 20, MOST + 20)])
    found = _shown(await actors_of(db, C, 0, 2 * MOST))
    assert len(found) == MOST
    assert found["user", f"u-{MOST - 20:04}", "spa"] == (4, 2), "known"
    assert found["user", f"u-{MOST - 2:04}", "spa"] == (2, 1), "the last that fits"
    assert found["", "", ""] == (2 * 21, 21)
    assert len(await actors_of(db, CustomerId("c-b"), 0, 9)) == 3


async def test_two_workers_that_write_the_same_customers_wait_for_no_other_for_ever(migrated_url: str) -> None:
    day = AT - AT % DAY
    full = [ActorUse("c-a", day, "user", f"u-{number:04}", "spa", 1, 0) for number in range(MOST)]
    opened = [await open_database(migrated_url) for _worker in range(2)]
    async with opened[0].write() as tx:
        await add_actor_uses(tx, full)

    async def worker(db: Database, newcomer: str) -> None:
        """Whoever is new is added to the row of the others: for one worker before a known person's row, for one behind it."""
        for _turn in range(60):
            rows = sorted((("u-0001", "user"), (newcomer, "user")))
            async with db.write() as tx:
                await add_actor_uses(tx, [ActorUse("c-a", day, kind, actor, "spa", 1, 0) for actor, kind in rows])

    await asyncio.gather(worker(opened[0], "a"), worker(opened[1], "z"))
    found = _shown(await actors_of(opened[0], C, 0, 1_000))
    for db in opened:
        await db.close()
    assert (found["user", "u-0001", "spa"], found["", "", ""]) == ((121, 0), (121, 0))


async def test_old_days_go_a_few_rows_at_a_time(db: Database) -> None:
    async with db.write() as tx:
        await add_actor_uses(tx, [ActorUse("c-a", number * DAY, "user", "u-1", "spa", 1, 0) for number in range(5)])
    async with db.write() as tx:
        assert await prune_actor_uses(tx, 3 * DAY, 4) == 4
    async with db.write() as tx:
        assert await prune_actor_uses(tx, 3 * DAY, 100) == 2
    assert {row.calls for row in await actors_of(db, C, 0, 9)} == {2}
    assert KEPT == 92 * DAY


def test_administrators_see_who_of_theirs_called(house: House) -> None:
    token = daemon_token(house.served)
    for path, status in (("/api/v1/units", 200), ("/api/v1/units", 200), ("/api/v1/units/unknown", 404)):
        assert bearer(house.served, token, path).status_code == status
    adam = house.opened("adam")

    async def earlier(tx: Writer) -> None:
        now = clock.now()
        day = now - now % DAY
        await add_actor_uses(tx, [
            ActorUse("c-a", day, "user", "u-bob", "spa", 40, 0), ActorUse("c-a", day, "user", "u-ann", "spa", 41, 0),
            ActorUse("c-a", day, "service_account", "sa-b", "spa", 42, 0), ActorUse("c-b", day, "user", "u-bob", "spa", 43, 0),
            ActorUse("c-a", day - 40 * DAY, "user", "u-few", "spa", 44, 0),
        ])  # fmt: skip

    change(house.served.database, earlier)

    def counted() -> bool:
        return "Daemon" in said(adam.get("/portal/activity/calls").text)

    until(counted)
    page = said(adam.page)
    assert adam.get("/portal/activity/calls?period=1d").status_code == 400
    assert "/portal/activity/calls" in adam.get("/portal/activity").text
    assert "3 1" in page
    assert "Ann Person" in page
    assert "Somebody who does not belong here now Person" in page, "no longer, or an operator"
    assert "A deleted account" in page
    assert not {"Bob", "daemon-b", "43", "44"} & set(page.split())
    assert "Few Person" in said(adam.get("/portal/activity/calls?period=90d").text)
    ann = house.opened("ann")
    assert ann.get("/portal/activity/calls").status_code == 403
