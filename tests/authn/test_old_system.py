"""The breaker, the pace and the shares, by themselves."""

import asyncio

import pytest

from hoistway.authn.old_shares import IN_ALL, RESERVE, SHARE, WINDOW, OldShares
from hoistway.authn.old_system import (
    ALONE_FOR,
    LATELY,
    LONGEST_REST,
    MOST_ALONE,
    STEPS,
    Away,
    Late,
    LeftAlone,
    NameTurns,
    Pace,
)  # fmt: skip
from hoistway.store.db import Database
from tests.store.test_schema import on

NOW = 1_700_000_000


def test_the_breaker_needs_three_in_a_row_of_two_accounts() -> None:
    away = Away()
    for _ in range(9):
        away.failed("one", "n", NOW, stumbled=False)
    assert (away.rests_for(NOW, "m"), away.is_likely(NOW, "m")) == (0, True)
    away.failed("other", "n", NOW, stumbled=False)
    assert away.rests_for(NOW, "m") == 5
    rests = []
    for _ in range(6):
        away.failed("one", "n", NOW, stumbled=False)
        rests.append(away.rests_for(NOW, "m"))
    assert rests == [10, 20, 40, 60, 60, LONGEST_REST]
    away.answered()
    assert (away.rests_for(NOW, "m"), away.is_likely(NOW, "m")) == (0, False)


def test_what_it_may_have_stumbled_over_closes_the_door_of_one_network() -> None:
    """Until a second one hears it."""
    away = Away()
    for account in ("one", "other", "third", "fourth"):
        away.failed(account, "n", NOW, stumbled=True)
    assert (away.rests_for(NOW, "n"), away.is_likely(NOW, "n")) == (10, True)
    assert (away.rests_for(NOW, "m"), away.is_likely(NOW, "m")) == (0, False)
    for account in ("one", "other", "third"):
        away.failed(account, "m", NOW, stumbled=True)
    assert away.rests_for(NOW, "k") == 5
    away.answered()
    assert away.rests_for(NOW, "n") == 0


def test_an_account_is_left_alone_for_a_moment() -> None:
    alone = LeftAlone()
    alone.leave("one", NOW)
    alone.leave("two", NOW, 600)
    alone.leave("three", NOW, network="n")
    assert (alone.rests_for("one", "n", NOW), alone.rests_for("one", "n", NOW + ALONE_FOR)) == (ALONE_FOR, 0)
    assert (alone.rests_for("two", "n", NOW + 1), alone.rests_for("four", "n", NOW)) == (599, 0)
    assert (alone.rests_for("three", "n", NOW), alone.rests_for("three", "m", NOW)) == (ALONE_FOR, 0)
    for number in range(MOST_ALONE):
        alone.leave(f"n{number}", NOW)
    assert len(alone._until) == MOST_ALONE


def test_it_opens_at_once_for_as_long_as_it_is_told() -> None:
    away = Away()
    away.failed("one", "n", NOW, stumbled=False, wait=300)
    assert tuple(away.rests_for(NOW + later, "m") for later in (0, 299, 300)) == (300, 1, 0)


def test_what_failed_long_ago_tells_nothing() -> None:
    away = Away()
    away.failed("one", "n", NOW, stumbled=False)
    assert away.is_likely(NOW + LATELY - 1, "m")
    assert not away.is_likely(NOW + LATELY, "m")


def test_refusals_take_the_next_step() -> None:
    pace = Pace()
    assert pace.seconds == STEPS[0]
    for seconds, step in ((0.2, 0.5), (0.46, 1.0), (1.2, 2.0), (4.9, 5.5), (60, 5.5)):
        pace.took(seconds)
        assert pace.seconds == step


def test_attempts_for_one_name_take_turns() -> None:
    async def work() -> None:
        turns, order = NameTurns(0.05), list[str]()

        async def attempt(name: str, seconds: float) -> None:
            async with turns.take(name):
                order.append(f"{name} begins")
                await asyncio.sleep(seconds)
                order.append(f"{name} ends")

        await asyncio.gather(attempt("a", 0.02), attempt("a", 0), attempt("b", 0))
        assert order == ["a begins", "b begins", "b ends", "a ends", "a begins", "a ends"]
        async with turns.take("a"):
            with pytest.raises(Late):
                await attempt("a", 0)
        assert turns._locks == {}

    asyncio.run(work())


def test_an_address_has_a_share_and_all_together_a_bound(migrated_url: str) -> None:
    async def work(db: Database) -> None:
        shares = OldShares(b"s" * 32)

        async def count(network: str, times: int, *, right: bool = False, asked: bool = True) -> None:
            for _ in range(times):
                async with db.write() as tx:
                    await shares.count(tx, "t", network, NOW, right=right, asked=asked)

        assert await shares.room(db, "t", "a", NOW) == await shares.room(db, "t", "", NOW)
        await count("a", SHARE - 1, asked=False)
        assert (await shares.room(db, "t", "a", NOW)).beside == 1
        await count("a", 1, asked=False)
        full = await shares.room(db, "t", "a", NOW)
        assert (full.wait, full.full) == (WINDOW, False)
        assert full.in_all == IN_ALL, "what was not asked counts for the address alone"
        await count("a", 2, right=True)
        assert ((await shares.room(db, "t", "a", NOW)).wait, (await shares.room(db, "t", "a", NOW)).beside) == (0, 2)
        assert (await shares.room(db, "t", "a", NOW + WINDOW)).beside == SHARE
        for number in range(IN_ALL + 2):
            await count(f"n{number}", 1)
        assert (await shares.room(db, "t", "n1", NOW)).full
        assert not (await shares.room(db, "t", "fresh", NOW)).full
        assert not (await shares.room(db, "u", "n1", NOW)).full, "each tenant has its own"
        for number in range(RESERVE):
            await count(f"m{number}", 1)
        assert (await shares.room(db, "t", "fresh", NOW)).full
        assert not (await shares.room(db, "t", "n1", NOW + WINDOW)).full

    on(migrated_url, work)


def test_a_repeated_one_is_not_new() -> None:
    shares = OldShares(b"s" * 32)
    assert [shares.is_new("Ann", "x"), shares.is_new("ann", "x"), shares.is_new("ann", "y")] == [True, False, True]
