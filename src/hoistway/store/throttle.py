"""Counters of failed sign-ins, each under a digest of what it counts for (an account, an address, or both together)."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, Text, and_, any_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import Insert, array

from hoistway.store.columns import at, key, lists_of, number, optional_text
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

THROTTLE = Table(
    "throttle",
    METADATA,
    key("subject"),
    number("failures"),
    at("blocked_until"),
    at("changed_at"),
    optional_text("last_guess"),
    at("minute_at"),
    number("minute_failures"),
    at("day_at"),
    number("day_failures"),
    at("week_at"),
    number("week_failures"),
    optional_text("account"),
    Index("ix_throttle_account", "account"),
    Index("ix_throttle_changed_at", "changed_at"),
)


class Counter(Struct, frozen=True):
    """`failures` and `week_failures` count different wrong passwords, `minute_failures` and `day_failures` count all of
    them, each since the time stored beside it. `account` is the digest of the account to which a counter of one account
    at one place belongs, so that an operator can unlock the account wherever its owner is. `last_guess` is a keyed
    digest of the last wrong password."""

    subject: str
    failures: int = 0
    blocked_until: int = 0
    changed_at: int = 0
    last_guess: str | None = None
    minute_at: int = 0
    minute_failures: int = 0
    day_at: int = 0
    day_failures: int = 0
    week_at: int = 0
    week_failures: int = 0
    account: str | None = None


_T = THROTTLE.c
MOST_FOUND = 4
_NAMES = [f"subject{number}" for number in range(MOST_FOUND)]
_VALUES = [column.name for column in THROTTLE.columns if column.name != "subject"]
_FINDS = lists_of(dict.fromkeys(_NAMES, Text()))


def _placed(place: int, *columns: Any) -> tuple[int, Counter]:
    return place, Counter(*columns)


_FIND = Statement(
    lambda: select(THROTTLE).where(_T.subject.in_([bindparam(name) for name in _NAMES])),
    Counter,
    Statement(
        lambda: select(_FINDS.c.place, THROTTLE).join_from(
            _FINDS, THROTTLE, _T.subject == any_(array([_FINDS.c[name] for name in _NAMES]))
        ),
        _placed,
    ),
)
_INSERT = Insert(THROTTLE).values({column.name: bindparam(column.name) for column in THROTTLE.columns})
_LOCK = Statement(
    lambda: _INSERT.on_conflict_do_update(
        index_elements=["subject"],
        set_={"failures": _T.failures, "account": func.coalesce(bindparam("account"), _T.account)},
    ).returning(*THROTTLE.columns),
    Counter,
)
_SEE = Statement(
    lambda: _INSERT.on_conflict_do_update(index_elements=["subject"], set_={"changed_at": bindparam("changed_at")}),
    nothing,
)
_PUT = Statement(
    lambda: (
        update(THROTTLE)
        .where(_T.subject == bindparam("b_subject"))
        .values({name: bindparam(f"new_{name}") for name in _VALUES})
    ),
    nothing,
)
# The count of the week is kept: otherwise somebody who can sign in now and then would give a guesser new attempts again
# and again.
_FORGIVE = Statement(
    lambda: (
        update(THROTTLE)
        .where(_T.subject == bindparam("b_subject"), _T.failures > 0)
        .values(failures=0, blocked_until=0, last_guess=None)
    ),
    nothing,
)
_PRUNE = Statement(
    lambda: delete(THROTTLE).where(
        or_(
            and_(_T.day_at > 0, _T.week_failures < bindparam("few"), _T.changed_at < bindparam("failed_before")),
            and_(_T.day_at > 0, _T.changed_at < bindparam("many_before")),
            and_(_T.last_guess.is_not(None), _T.changed_at < bindparam("failed_before"), _T.day_at == 0),
            _T.changed_at < bindparam("known_before"),
        ),
        _T.blocked_until < bindparam("now"),
    ),
    nothing,
)
_OF_ACCOUNT = or_(_T.subject == bindparam("account"), _T.account == bindparam("account"))
_ABOUT = Statement(
    lambda: select(THROTTLE).where(_OF_ACCOUNT).order_by(_T.blocked_until.desc(), _T.subject).limit(200), Counter
)
_RESET = Statement(
    lambda: (
        update(THROTTLE)
        .where(or_(_T.subject == bindparam("b_account"), _T.account == bindparam("b_account")))
        .values(failures=0, blocked_until=0, last_guess=None, minute_failures=0, day_failures=0, week_failures=0)
    ),
    nothing,
)
FAILURES_KEPT = 2 * 86_400
MANY_KEPT = 8 * 86_400
PLACES_KEPT = 90 * 86_400
FEW = 10


def _asked(subjects: Sequence[str]) -> dict[str, str]:
    return dict(zip(_NAMES, [*subjects, *[subjects[0]] * (MOST_FOUND - len(subjects))], strict=True))


async def find_counters(tx: Reader, subjects: Sequence[str]) -> dict[str, Counter]:
    """Returns the existing counters among up to MOST_FOUND."""
    return {counter.subject: counter for counter in await tx.all(_FIND, _asked(subjects))}


async def look_at_counters(db: Database, subjects: Sequence[str]) -> dict[str, Counter]:
    """The same outside a transaction, in a round trip that is shared with other sign-ins."""
    return {counter.subject: counter for counter in await db.all_of_many(_FIND, _asked(subjects))}


async def lock_counter(tx: Writer, subject: str, at: int, account: str | None = None) -> Counter:
    """The counter, created where it was missing and locked: nobody else can change it until the transaction ends."""
    counter = await tx.one(_LOCK, asdict(Counter(subject, changed_at=at, account=account)))
    assert counter is not None  # noqa: S101  RETURNING of an upsert always gives the row
    return counter


async def put_counter(tx: Writer, counter: Counter) -> None:
    """The caller has locked it."""
    values = asdict(counter)
    subject = values.pop("subject")
    await tx.run(_PUT, {"b_subject": subject, **{f"new_{name}": value for name, value in values.items()}})


async def see_place(tx: Writer, subject: str, at: int) -> None:
    """Records that somebody signed in there."""
    await tx.run(_SEE, asdict(Counter(subject, changed_at=at)))


async def forgive(tx: Writer, subject: str) -> None:
    await tx.run(_FORGIVE, {"b_subject": subject})


async def prune_counters(tx: Writer, now: int) -> int:
    """Deletes counters of failures after two days, or after eight where there were many, so that guessing can't fill
    the table; places of successful sign-ins after ninety days."""
    before = {
        "failed_before": now - FAILURES_KEPT,
        "many_before": now - MANY_KEPT,
        "known_before": now - PLACES_KEPT,
        "few": FEW,
    }
    return await tx.run(_PRUNE, {**before, "now": now})


async def counters_about(db: Reader, account: str) -> list[Counter]:
    """Counters of an account, wherever it was tried; at most 200, those with the longest lock first."""
    return await db.all(_ABOUT, {"account": account})


async def reset_counters(tx: Writer, account: str) -> int:
    """Sets them to zero. The counters of the addresses from which the account was tried stay."""
    return await tx.run(_RESET, {"b_account": account})
