"""The health page: over all customers, for operators alone; sign-ins are counted by what went wrong."""

import asyncio
from collections.abc import Iterator

import pytest

from hoistway import clock
from hoistway.console.health import legacy_days
from hoistway.store.legacy_uses import DailyUse, count_legacy_use
from hoistway.store.open import open_database
from hoistway.usage.flush import flush
from hoistway.usage.tally import HOUR, Tally
from tests.engines import ENGINES, drop_database, fresh_database
from tests.portal.signing_in import Visitor
from tests.server import Served, populate, serving
from tests.usage.counts import call
from tests.world import PASSWORD


def fail(visitor: Visitor, name: str, password: str, times: int = 1) -> None:
    for number in range(times):
        visitor.get("/sign-in")
        visitor.post("/sign-in", username=f"{name}@example.com", password=f"{password}{number}")


async def fill(database: str, now: int) -> None:
    db = await open_database(database)
    tally = Tally()
    call(tally, 1_000, at=now - HOUR, customer="c-a")
    call(tally, 234, at=now - HOUR, customer="c-b")
    call(tally, 6, at=now - HOUR, customer="", client="", status=401, cause="token-missing")
    call(
        tally, 9, at=now, customer="c-b", surface="token", operation="password", status=400, cause="invalid_grant:90114"
    )
    await flush(tally, db, now)
    lost = Tally(most=0)
    call(lost, 55, at=now)
    call(lost, 11, at=now, customer="c-b")
    await flush(lost, db, now)
    async with db.write() as tx:
        for _ in range(3):
            await count_legacy_use(tx, "ropc", "password", "2099-01-01", now)  # type: ignore[arg-type]
    await db.close()


@pytest.fixture(scope="module", params=ENGINES)
def lived(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server that was stopped and started again, after people had failed to sign in."""
    url, now = fresh_database(request.param, populate), clock.now()
    asyncio.run(fill(url, now))
    with serving(url) as served:
        visitor = Visitor(served.url)
        fail(visitor, "ann", "wrong", 2)
        fail(visitor, "nobody-here", "wrong", 13)
        visitor.sign_in("ann")
        visitor.close()
    with serving(url) as served:
        yield served
    drop_database(url)


@pytest.fixture(scope="module")
def olga(lived: Served) -> Iterator[Visitor]:
    visitor = Visitor(lived.url).sign_in("olga")
    yield visitor
    visitor.close()


def test_it_is_for_operators(lived: Served) -> None:
    stranger, adam = Visitor(lived.url), Visitor(lived.url).sign_in("adam")
    assert stranger.get("/console/health").status_code == 303
    assert adam.get("/console/health").status_code == 403
    assert "1,2" not in adam.page
    stranger.close()
    adam.close()


def test_the_whole_is_over_all_customers(olga: Visitor) -> None:
    olga.get("/console/health?period=7d")
    assert "<strong>1,240</strong>" in olga.page
    assert "No access token came with it." in olga.page
    assert "<bdi>66</bdi> calls between" in olga.page


def test_sign_ins_are_counted_by_what_went_wrong(olga: Visitor) -> None:
    olga.get("/console/health?surface=sign_in&period=7d")
    text = " ".join(olga.page.split())
    for words, calls in (
        ("The password is wrong.", 2), ("No account has this user name.", 10), ("Locked out after too many failures", 3),
    ):  # fmt: skip
        row = text.split(words, 1)[1]
        assert row.split('<span class="request-when"><strong>', 1)[1].startswith(f"{calls}<"), words
    # Nine technical accounts and three people.
    assert "<dt>Locked out</dt><dd>12</dd>" in text


def test_the_latest_failures_lead_to_the_account(olga: Visitor) -> None:
    olga.get("/console/health")
    # The first and the tenth of thirteen: the trail sums what is repeated.
    assert olga.page.count("no such account") == 2
    assert "Failure 10 of the day" in olga.page
    assert PASSWORD not in olga.page


def test_filters_of_a_customer_do_nothing_here(olga: Visitor) -> None:
    olga.get("/console/health?period=7d&application=%3Cscript%3E&customer=c-b")
    assert "<script>alert" not in olga.page
    for query in ("surface=nonsense", "day=x", "period=1"):
        assert olga.get(f"/console/health?{query}").status_code == 400


def test_days_without_legacy_uses_are_shown_as_none() -> None:
    now = 1_700_000_000
    days = legacy_days([DailyUse("2023-11-14", "password", 4), DailyUse("2023-11-13", "implicit", 2)], now)
    assert len(days) == 30
    assert [uses for _at, uses in days[-2:]] == [{"password": 0, "implicit": 2}, {"password": 4, "implicit": 0}]
    assert sum(uses["password"] for _at, uses in days) == 4
