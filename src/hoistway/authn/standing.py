"""Shows operators what guessing has done to an account: failures and locks; and resets them."""

from msgspec import Struct

from hoistway.authn.counting import DAY, WEEK
from hoistway.authn.lockout import Lockout
from hoistway.store.db import Reader, Writer
from hoistway.store.throttle import Counter, counters_about, reset_counters


class Standing(Struct, frozen=True):
    """`failures` are wrong passwords of the last 24 hours, `different` the different ones of a week. `locked_until` is
    the end of the longest lock. `everywhere` is True where that lock applies to all places except those known as the
    owner's, and False where it applies to some places only."""

    failures: int
    different: int
    locked_until: int | None
    everywhere: bool
    last_at: int | None


def standing_of(counters: list[Counter], account: str, now: int) -> Standing:
    """The counter of the account does not include failures at known places, and the counters of places count one place
    each, so the larger number is used."""
    own = [one for one in counters if one.subject == account]
    places = [one for one in counters if one.subject != account]

    def total(rows: list[Counter]) -> tuple[int, int]:
        return (
            sum(one.day_failures for one in rows if one.day_at > now - DAY),
            sum(one.week_failures for one in rows if one.week_at > now - WEEK),
        )

    (today, week), (today_at, week_at) = total(own), total(places)
    until = max((one.blocked_until for one in counters), default=0)
    failed = [one.changed_at for one in counters if one.week_failures or one.day_failures]
    return Standing(
        max(today, today_at), max(week, week_at), until if until > now else None,
        any(one.blocked_until > now for one in own), max(failed, default=None),
    )  # fmt: skip


async def find_standing(db: Reader, lockout: Lockout, username: str, now: int) -> Standing:
    account = lockout.account_of(username)
    return standing_of(await counters_about(db, account), account, now)


async def unlock(tx: Writer, lockout: Lockout, username: str) -> int:
    """Resets everything that counts against the account; returns how many counters there were."""
    return await reset_counters(tx, lockout.account_of(username))
