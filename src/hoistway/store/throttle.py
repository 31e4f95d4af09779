"""Counters of failed sign-ins, each under a digest of what is counted (an account, an address, both together)."""

from dataclasses import dataclass

from sqlalchemy import Index, Table, and_, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import Insert

from hoistway.store.columns import at, key, number, optional_text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

THROTTLE = Table(
    "throttle",
    METADATA,
    key("subject"),
    number("failures"),
    at("blocked_until"),
    at("changed_at"),
    optional_text("last_guess"),
    Index("ix_throttle_changed_at", "changed_at"),
)


@dataclass(frozen=True, slots=True)
class Counter:
    """`last_guess` is a keyed digest of the wrong password tried last: the same one again counts once."""

    subject: str
    failures: int
    blocked_until: int
    changed_at: int
    last_guess: str | None


_T = THROTTLE.c
_FIND = Statement(select(THROTTLE).where(_T.subject == bindparam("subject")), Counter)
_COUNT = Statement(
    Insert(THROTTLE)
    .values(
        subject=bindparam("subject"),
        failures=1,
        blocked_until=0,
        changed_at=bindparam("at"),
        last_guess=bindparam("guess"),
    )
    .on_conflict_do_update(
        index_elements=["subject"],
        set_={
            "failures": case((_T.changed_at < bindparam("forgotten"), 1), else_=_T.failures + 1),
            "changed_at": bindparam("at"),
            "last_guess": bindparam("guess"),
        },
    )
    .returning(*THROTTLE.columns),
    Counter,
)
_BLOCK = Statement(
    update(THROTTLE).where(_T.subject == bindparam("b_subject")).values(blocked_until=bindparam("until")), nothing
)
_LOCK = Statement(
    Insert(THROTTLE)
    .values(subject=bindparam("subject"), failures=0, blocked_until=0, changed_at=bindparam("at"), last_guess=None)
    .on_conflict_do_update(index_elements=["subject"], set_={"failures": _T.failures})
    .returning(*THROTTLE.columns),
    Counter,
)
_UNCOUNT = Statement(
    update(THROTTLE)
    .where(_T.subject == bindparam("b_subject"), _T.failures > 0)
    .values(
        failures=_T.failures - 1,
        # Others may have failed meanwhile: their block stays.
        blocked_until=case((_T.failures <= bindparam("free"), 0), else_=_T.blocked_until),
        last_guess=None,
    ),
    nothing,
)
_CLEAR = Statement(delete(THROTTLE).where(_T.subject == bindparam("subject")), nothing)
_PRUNE = Statement(
    delete(THROTTLE).where(
        or_(
            and_(_T.last_guess.is_not(None), _T.changed_at < bindparam("failed_before")),
            _T.changed_at < bindparam("known_before"),
        ),
        _T.blocked_until < bindparam("now"),
    ),
    nothing,
)
FAILURES_KEPT = 2 * 86_400
PLACES_KEPT = 90 * 86_400


async def find_counter(db: Reader, subject: str) -> Counter | None:
    return await db.one(_FIND, {"subject": subject})


async def count_failure(tx: Writer, subject: str, *, at: int, guess: str | None, forgotten_before: int) -> Counter:
    """One more failure; counting begins anew where the last one was before `forgotten_before`."""
    counter = await tx.one(_COUNT, {"subject": subject, "at": at, "guess": guess, "forgotten": forgotten_before})
    assert counter is not None  # noqa: S101  RETURNING of an upsert always gives the row
    return counter


async def block_until(tx: Writer, subject: str, until: int) -> None:
    await tx.run(_BLOCK, {"b_subject": subject, "until": until})


async def lock_counter(tx: Writer, subject: str, at: int) -> Counter:
    """The counter as it stands, made where it was missing; nobody else changes it until the transaction ends."""
    counter = await tx.one(_LOCK, {"subject": subject, "at": at})
    assert counter is not None  # noqa: S101  RETURNING of an upsert always gives the row
    return counter


async def uncount_failure(tx: Writer, subject: str, free: int) -> None:
    """Takes back what a right password was counted as before it was looked at; `free` failures bring no block."""
    await tx.run(_UNCOUNT, {"b_subject": subject, "free": free})


async def clear_counter(tx: Writer, subject: str) -> None:
    await tx.run(_CLEAR, {"subject": subject})


async def prune_counters(tx: Writer, now: int) -> int:
    """Failures after two days, so that guessing can't fill the table; places of right sign-ins after ninety."""
    return await tx.run(_PRUNE, {"failed_before": now - FAILURES_KEPT, "known_before": now - PLACES_KEPT, "now": now})
