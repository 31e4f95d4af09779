"""How a wrong password changes a counter, and how long callers then have to wait: rules without a database."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hoistway.store.throttle import Counter

MINUTE, DAY, WEEK = 60, 86_400, 7 * 86_400
FIRST_DELAY: Final = 60
LONGEST_DELAY: Final = 5 * 3600
FORGOTTEN_AFTER: Final = DAY


class Rule(Struct, frozen=True):
    """`free` different wrong passwords cause no delay, and neither do `in_week` in a week, however often the owner
    signs in between them. In a minute, at most `in_minute` wrong passwords of any kind are checked. None means no
    bound."""

    free: int
    in_minute: int | None
    in_week: int | None


PAIR: Final = Rule(free=10, in_minute=30, in_week=50)
ACCOUNT: Final = Rule(free=10, in_minute=None, in_week=50)
ADDRESS: Final = Rule(free=50, in_minute=300, in_week=None)
BROWSERS: Final = Rule(free=50, in_minute=None, in_week=200)
"""All browsers together in which the owner of an account signed in."""


def delay_after(failures: int, free: int) -> int:
    """In seconds: none for the first failures, then a minute, doubled by each further failure up to five hours."""
    return 0 if failures < free else int(min(FIRST_DELAY * 2 ** min(failures - free, 12), LONGEST_DELAY))


def wait_of(counter: Counter, rule: Rule, now: int) -> int:
    """Seconds until the next attempt may be checked; zero or less where it may be checked now."""
    wait = counter.blocked_until - now
    if rule.in_minute is not None and counter.minute_failures >= rule.in_minute:
        wait = max(wait, counter.minute_at + MINUTE - now)
    return wait


def is_repeated(counter: Counter, guess: str, now: int) -> bool:
    """True where the wrong password is the same as the last one: a daemon with an old password is not guessing."""
    return counter.last_guess == guess and counter.changed_at > now - FORGOTTEN_AFTER


def _window(began: int, count: int, length: int, now: int) -> tuple[int, int]:
    return (began, count + 1) if began > now - length else (now, 1)


def after_failure(counter: Counter, rule: Rule, guess: str, now: int, *, repeated: bool) -> Counter:
    """Counts one more failure; a `repeated` one counts for the minute and the day only."""
    minute_at, minute_failures = _window(counter.minute_at, counter.minute_failures, MINUTE, now)
    day_at, day_failures = _window(counter.day_at, counter.day_failures, DAY, now)
    counted = replace(
        counter, minute_at=minute_at, minute_failures=minute_failures, day_at=day_at, day_failures=day_failures
    )
    if repeated:
        return counted
    failures = 1 if counter.changed_at < now - FORGOTTEN_AFTER else counter.failures + 1
    week_at, week_failures = _window(counter.week_at, counter.week_failures, WEEK, now)
    delay = delay_after(failures, rule.free)
    if rule.in_week is not None:
        delay = max(delay, delay_after(week_failures, rule.in_week))
    return replace(
        counted,
        failures=failures,
        blocked_until=now + delay if delay else counter.blocked_until,
        changed_at=now,
        last_guess=guess,
        week_at=week_at,
        week_failures=week_failures,
    )
