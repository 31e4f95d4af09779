"""Row 51: limits that were counted before the lock. Twice as many ask at once as a customer may have."""

import asyncio
from itertools import cycle

import pytest

from hoistway.store.db import Database
from hoistway.store.schema import METADATA
from tests.attacks.changes import ASK, NEW
from tests.attacks.overtaken import Room, everything, room, run
from tests.attacks.test_overtaken import furnished
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.portal.forms import fill

MOST = 6
PEOPLE = ("u-adam", "u-ann", "u-both", "u-few", "u-gone")


async def _asked(here: Room, who: str, form: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """A filled form and the cookies of a session of its own: requests of one person wait for each other anyway."""
    await here.sign_in(who)
    filled = fill((await here.http.get(NEW)).text, NEW, NEW, form)
    return filled, {"cookie": "; ".join(f"{name}={value}" for name, value in here.http.cookies.items())}


async def _answer(here: Room, form: dict[str, str], who: dict[str, str]) -> int:
    """The status of what is decided: a busy machine may say first that it can't answer in time, and then nothing was changed."""
    while True:
        reply = await here.http.post(NEW, data=form, headers=who)
        if reply.status_code != 503:
            return reply.status_code


async def _count(db: Database, table: str, **values: str) -> int:
    names = [column.name for column in METADATA.tables[table].columns]
    rows = [dict(zip(names, row, strict=True)) for row in (await everything(db))[table].values()]
    return sum(all(row[name] == value for name, value in values.items()) for row in rows)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("environment", "limit", "table", "before"),
    [("sandbox", "MOST_IN_SANDBOX", "clients", 0), ("production", "MOST_OPEN", "requests", 4)],
)
def test_a_customer_has_no_more_than_the_limit(
    engine: EngineName, environment: str, limit: str, table: str, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database(engine, furnished)
    monkeypatch.setattr(f"hoistway.applications.asking.{limit}", MOST)

    async def work() -> None:
        async with room(url) as here:
            form = {**ASK, "environment": environment}
            asked = [await _asked(here, who, form) for who, _ in zip(cycle(PEOPLE), range(2 * MOST), strict=False)]
            here.http.cookies.clear()
            replies = await asyncio.gather(*(_answer(here, one, who) for one, who in asked))
            assert sorted(replies) == [303] * (MOST - before) + [422] * (MOST + before)

            assert await _count(here.other, table, customer_id="c-a", environment=environment) == MOST

    try:
        run(work)
    finally:
        drop_database(url)
