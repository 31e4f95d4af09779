"""A right password is told only where the failures of meanwhile still allow it; failures are told seldom, and so many in all."""

import pytest

from hoistway.authn.lockout import MOST_TOLD, Locked, Lockout
from hoistway.store.db import Database
from tests.store.test_schema import on

NOW = 1_700_000_000
SECRET = b"s" * 32


def test_a_right_password_that_guesses_overtook_is_not_told(migrated_url: str) -> None:
    """It was looked at while they were: its outcome would be one more than the counters allow."""

    async def work(db: Database) -> None:
        lockout = Lockout(db, SECRET)
        right = await lockout.begin("ann", "192.0.2.1", "right", NOW)
        for number in range(10):
            wrong = await lockout.begin("ann", "192.0.2.1", f"wrong {number}", NOW)
            async with db.write() as tx:
                await lockout.fail(tx, wrong, NOW)
        with pytest.raises(Locked):
            async with db.write() as tx:
                await lockout.succeed(tx, right, NOW)
        async with db.write() as tx:
            await lockout.succeed(tx, right, NOW + 61)

    on(migrated_url, work)


def test_failures_of_many_accounts_are_told_so_often_in_a_minute(migrated_url: str) -> None:
    """Each is the first one of its account."""

    async def work(db: Database) -> None:
        lockout = Lockout(db, SECRET)
        assert sum(lockout.is_told(1, NOW) for _ in range(2 * MOST_TOLD)) == MOST_TOLD
        assert not lockout.is_told(1, NOW + 59)
        assert lockout.is_told(1, NOW + 60)

    on(migrated_url, work)
