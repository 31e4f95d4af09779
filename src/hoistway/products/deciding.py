"""Decides about a subscription that waits, and suspends, resumes or ends one: the same for a page of the console and for a program."""

from collections.abc import Mapping
from datetime import MAXYEAR
from typing import Final, NamedTuple

from msgspec import Struct

from hoistway.accounts.eyes import first_counts
from hoistway.accounts.hand import Hand
from hoistway.engine import Engine
from hoistway.products.telling import tell
from hoistway.protocol.ids import UserId
from hoistway.protocol.numbers import read_moment
from hoistway.store.subscription_moves import (
    MOVES,
    approve_subscription_first,
    confirm_subscription,
    forget_first_of_subscription,
    move_subscription,
)
from hoistway.store.subscriptions import Subscription, end_subscription, lock_subscription

LONGEST_MESSAGE: Final = 2000


class TooLate(Exception):
    """Somebody changed it meanwhile, or its state or the first approval is not as it was shown; nothing was written."""


class Verb(NamedTuple):
    """The words for an act; one that ends or stops something requires a reason. It is offered where
    store/subscription_moves.MOVES allows it, except cancelling a waiting subscription, which is rejected instead."""

    event: str
    notice: str
    needs_reason: bool


VERBS: Final[Mapping[str, Verb]] = {
    "approve": Verb("approved", "notice_subscription_approved", False),
    "ask": Verb("asked", "notice_subscription_asked", True),
    "reject": Verb("rejected", "notice_subscription_rejected", True),
    "suspend": Verb("suspended", "notice_subscription_suspended", True),
    "resume": Verb("resumed", "notice_subscription_resumed", False),
    "cancel": Verb("cancelled", "notice_subscription_cancelled", True),
}


class Verdict(Struct, frozen=True):
    """`word` is one of VERBS. `ends_at` ends what is approved. `first` is True where a second operator must confirm it."""

    word: str
    message: str = ""
    ends_at: int | None = None
    first: bool = False


def read_verdict(word: str, message: str, ends_on: str, now: int) -> tuple[Verdict, dict[str, str]]:
    """(what is decided, keys of words by the field that is wrong); `ends_on` is the last day, or ""."""
    wrong, ends_at = dict[str, str](), None
    if VERBS[word].needs_reason and not message:
        wrong["message"] = "requests_no_message"
    if len(message) > LONGEST_MESSAGE:
        wrong["message"] = "requests_long_message"
    if word == "approve" and ends_on:
        last = read_moment(ends_on)
        # The first second after the last day.
        ends_at = 0 if last is None or last.year == MAXYEAR else (int(last.timestamp()) // 86_400 + 1) * 86_400
        if ends_at <= now:
            wrong["ends_on"] = "requests_no_date"
    return Verdict(word, message, ends_at), wrong


def offered(state: str) -> list[str]:
    """Which of VERBS, in this state; one that waits is rejected, and not cancelled."""
    words = [word for word in VERBS if state in MOVES[word][1]]
    return [word for word in words if word != "cancel" or state != "submitted"]


async def decide(engine: Engine, hand: Hand, row: Subscription, verdict: Verdict) -> str:
    """Judged by the row as it was shown. Returns what happened. Raises TooLate."""
    moved = await _move(hand, row, verdict) if verdict.word in offered(row.state) else None
    if moved is None:
        raise TooLate
    event = "approved_first" if verdict.first else VERBS[verdict.word].event
    await hand.record(
        f"subscription.{event}", customer_id=row.customer_id, client_id=row.client_id, id=row.id, message=verdict.message,
        ends_at=verdict.ends_at,
    )  # fmt: skip
    if not verdict.first:
        await tell(engine, hand.tx, moved, event)
    return event


async def _move(hand: Hand, row: Subscription, verdict: Verdict) -> Subscription | None:
    """None where somebody changed it meanwhile, or where the first approval does not count as it was shown. People are locked
    first, as everywhere."""
    tx, now, word, message = hand.tx, hand.now, verdict.word, verdict.message
    stands = await first_counts(tx, None if row.first_by is None else UserId(row.first_by))
    if await lock_subscription(tx, row.id) != row:
        return None
    if word != "approve" or not hand.two:
        moved = await move_subscription(tx, row.id, word, by=hand.by, now=now, message=message)
    elif verdict.first is stands:
        return None
    elif row.first_by is None or not stands:
        await forget_first_of_subscription(tx, row.id)
        return await approve_subscription_first(tx, row.id, by=hand.by, now=now, ends_at=verdict.ends_at)
    else:
        moved = await confirm_subscription(tx, row.id, row.first_by, by=hand.by, now=now, message=message)
    if moved is not None and verdict.ends_at is not None:
        await end_subscription(tx, row.id, verdict.ends_at)
    return moved
