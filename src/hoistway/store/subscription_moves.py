"""What operators and customers decide about a subscription: each move is one statement, so a race has one winner."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, bindparam, case, or_, update

from hoistway.protocol.ids import SubscriptionId
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.subscriptions import COUNTED, SUBSCRIPTIONS, Subscription, is_one_of

_S = SUBSCRIPTIONS.c
# What each act leads to, and from which states it can be done.
MOVES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ask": ("submitted", ("submitted",)),
    "approve": ("active", ("submitted",)),
    "reject": ("rejected", ("submitted",)),
    "suspend": ("suspended", ("active",)),
    "resume": ("active", ("suspended",)),
    "cancel": ("cancelled", COUNTED),
}


def _move(act: str, *conditions: ColumnElement[bool]) -> Statement[Subscription]:
    state, since = MOVES[act]
    # One that waits can still be asked about, rejected or withdrawn behind the end that a first approval set.
    in_time = or_(_S.ends_at.is_(None), _S.ends_at > bindparam("at"))
    in_time = in_time if act == "approve" else or_(_S.state == "submitted", in_time)
    # Each question begins anew.
    anew: dict[str, None] = {"answer": None, "first_by": None, "ends_at": None} if act == "ask" else {}
    return Statement(
        update(SUBSCRIPTIONS)
        .where(_S.id == bindparam("b_id"), is_one_of(since), in_time, *conditions)
        .values(
            state=state,
            message=bindparam("message"),
            decided_by=bindparam("by"),
            decided_at=bindparam("at"),
            changed_at=bindparam("at"),
            started_at=case((_S.started_at.is_(None), bindparam("started_at")), else_=_S.started_at),
            **anew,
        )
        .returning(*SUBSCRIPTIONS.columns),
        Subscription,
    )


_MOVE = {act: _move(act) for act in MOVES}
# The second of two: nobody asked about it since the first, and it is not the first again.
_CONFIRM = _move("approve", _S.first_by == bindparam("first"), _S.first_by != bindparam("by"))
_FIRST = Statement(
    update(SUBSCRIPTIONS)
    .where(_S.id == bindparam("b_id"), _S.state == "submitted", _S.first_by.is_(None))
    .values(first_by=bindparam("by"), ends_at=bindparam("ends_at"), message="", changed_at=bindparam("at"))
    .returning(*SUBSCRIPTIONS.columns),
    Subscription,
)

_FORGET = Statement(
    update(SUBSCRIPTIONS)
    .where(_S.id == bindparam("b_id"), _S.state == "submitted")
    .values(first_by=None, ends_at=None),
    nothing,
)


async def move_subscription(
    tx: Writer, subscription_id: SubscriptionId, act: str, *, by: str, now: int, message: str = "",
) -> Subscription | None:  # fmt: skip
    """`act` is one of MOVES. Windows count from the first time it is active. None where it is in a state from which this
    can't be done."""
    return await tx.one(_MOVE[act], _moved(subscription_id, act, by, now, message))


async def confirm_subscription(
    tx: Writer, subscription_id: SubscriptionId, first: str, *, by: str, now: int, message: str
) -> Subscription | None:
    """Approves what `first` approved. None where that does not hold any more."""
    return await tx.one(_CONFIRM, {**_moved(subscription_id, "approve", by, now, message), "first": first})


def _moved(subscription_id: SubscriptionId, act: str, by: str, now: int, message: str) -> dict[str, object]:
    started = now if MOVES[act][0] == "active" else None
    return {"b_id": subscription_id, "message": message, "by": by, "at": now, "started_at": started}


async def approve_subscription_first(
    tx: Writer, subscription_id: SubscriptionId, *, by: str, now: int, ends_at: int | None
) -> Subscription | None:
    """It goes on waiting, for a second operator, and asks the customer nothing any more. None where it is decided, or somebody
    else was first."""
    values = {"b_id": subscription_id, "by": by, "at": now, "ends_at": ends_at}
    return await tx.one(_FIRST, values)


async def forget_first_of_subscription(tx: Writer, subscription_id: SubscriptionId) -> None:
    """The first approval counts no more: it waits for one again."""
    await tx.run(_FORGET, {"b_id": subscription_id})
