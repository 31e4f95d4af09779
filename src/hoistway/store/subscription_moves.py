"""Changes of a subscription's state by operators and customers. Each one is a single statement, so that of several at once one wins."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, bindparam, case, or_, update

from hoistway.protocol.ids import SubscriptionId
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.subscriptions import COUNTED, SUBSCRIPTIONS, Subscription, is_one_of

_S = SUBSCRIPTIONS.c
# The state to which each act leads, and the states in which it is allowed.
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
    # Even after the end date of a first approval, a waiting subscription can be asked about, rejected or withdrawn.
    in_time = or_(_S.ends_at.is_(None), _S.ends_at > bindparam("at"))
    in_time = in_time if act == "approve" else or_(_S.state == "submitted", in_time)
    # A new question removes the answer to the one before.
    anew: dict[str, None] = {"answer": None, "first_by": None, "ends_at": None} if act == "ask" else {}
    return Statement(
        lambda: (
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
            .returning(*SUBSCRIPTIONS.columns)
        ),
        Subscription,
    )


_MOVE = {act: _move(act) for act in MOVES}
# The second of two approvals: nothing was asked since the first one, and it is another operator.
_CONFIRM = _move("approve", _S.first_by == bindparam("first"), _S.first_by != bindparam("by"))
_FIRST = Statement(
    lambda: (
        update(SUBSCRIPTIONS)
        .where(_S.id == bindparam("b_id"), _S.state == "submitted", _S.first_by.is_(None))
        .values(first_by=bindparam("by"), ends_at=bindparam("ends_at"), message="", changed_at=bindparam("at"))
        .returning(*SUBSCRIPTIONS.columns)
    ),
    Subscription,
)

_FORGET = Statement(
    lambda: (
        update(SUBSCRIPTIONS)
        .where(_S.id == bindparam("b_id"), _S.state == "submitted")
        .values(first_by=None, ends_at=None)
    ),
    nothing,
)


async def move_subscription(
    tx: Writer, subscription_id: SubscriptionId, act: str, *, by: str, now: int, message: str = "",
) -> Subscription | None:  # fmt: skip
    """`act` is one of MOVES. Windows of limits are counted from the first time that it becomes active. Returns None
    where its state does not allow the act."""
    return await tx.one(_MOVE[act], _moved(subscription_id, act, by, now, message))


async def confirm_subscription(
    tx: Writer, subscription_id: SubscriptionId, first: str, *, by: str, now: int, message: str
) -> Subscription | None:
    """Approves what `first` approved. Returns None where that approval no longer holds."""
    return await tx.one(_CONFIRM, {**_moved(subscription_id, "approve", by, now, message), "first": first})


def _moved(subscription_id: SubscriptionId, act: str, by: str, now: int, message: str) -> dict[str, object]:
    started = now if MOVES[act][0] == "active" else None
    return {"b_id": subscription_id, "message": message, "by": by, "at": now, "started_at": started}


async def approve_subscription_first(
    tx: Writer, subscription_id: SubscriptionId, *, by: str, now: int, ends_at: int | None
) -> Subscription | None:
    """It goes on waiting, for a second operator, and no question to the customer stays open. Returns None where it is
    decided already, or another operator approved first."""
    values = {"b_id": subscription_id, "by": by, "at": now, "ends_at": ends_at}
    return await tx.one(_FIRST, values)


async def forget_first_of_subscription(tx: Writer, subscription_id: SubscriptionId) -> None:
    """Withdraws the first approval: the subscription waits for one again."""
    await tx.run(_FORGET, {"b_id": subscription_id})
