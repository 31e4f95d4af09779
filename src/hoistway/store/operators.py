"""The operator's people: their flags, who of them is left to change anything, and what they approved as the first of two."""

from typing import Final

from sqlalchemy import bindparam, func, null, select, update

from hoistway.protocol.ids import UserId
from hoistway.store.columns import from_list, to_list
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.proposals import end_proposals_of, lapse_first_approvals
from hoistway.store.requests import OPEN, REQUESTS, in_states
from hoistway.store.sessions import stop_acting_of
from hoistway.store.subscriptions import SUBSCRIPTIONS
from hoistway.store.users import IS_STAFF, USERS

_U, _R, _S = USERS.c, REQUESTS.c, SUBSCRIPTIONS.c
# The flags are stored as JSON text, and no flag contains a quotation mark.
_LIVING = (IS_STAFF, _U.flags.like('%"operator"%'), _U.disabled_at.is_(None))
_LOCK = Statement(lambda: select(_U.id).where(*_LIVING).order_by(_U.id).with_for_update(key_share=True), UserId)
_COUNT = Statement(lambda: select(func.count()).select_from(USERS).where(*_LIVING), int)
_FLAGS = Statement(lambda: update(USERS).where(_U.id == bindparam("b_id")).values(flags=bindparam("new")), nothing)
_LAPSE = (
    Statement(
        lambda: (
            update(REQUESTS)
            .where(_R.decided_by == bindparam("by"), in_states(*OPEN))
            .values(decided_by=null(), decided_at=null(), legacy_until=null())
        ),
        nothing,
    ),
    Statement(
        lambda: (
            update(SUBSCRIPTIONS)
            .where(_S.first_by == bindparam("by"), _S.state == "submitted")
            .values(first_by=null(), ends_at=null())
        ),
        nothing,
    ),
)


MOST_STAFF: Final = 10_000
_STAFF = Statement(
    lambda: select(_U.username, _U.emails).where(IS_STAFF).limit(MOST_STAFF + 1),
    lambda username, emails: (str(username), *from_list(emails)),
)


async def staff_names(db: Reader) -> list[tuple[str, ...]]:
    """User name and addresses of everybody who has a flag; one more than MOST_STAFF where there are more than that."""
    return await db.all(_STAFF, {})


async def lock_operators(tx: Writer) -> list[UserId]:
    """The living ones; nobody else can change them until this transaction ends."""
    return await tx.all(_LOCK, {})


async def count_operators(db: Reader) -> int:
    """The living ones."""
    return await db.one(_COUNT, {}) or 0


async def set_flags(tx: Writer, user_id: UserId, flags: tuple[str, ...]) -> bool:
    """Changing the role ends acting for customers: the person has to give a reason again."""
    await stop_acting_of(tx, user_id)
    return await tx.run(_FLAGS, {"b_id": user_id, "new": to_list(flags)}) == 1


async def lapse_approvals(tx: Writer, user_id: UserId, now: int) -> int:
    """Withdraws this person's first approvals, and their proposals, that still wait for a second operator. They stay
    withdrawn even if the person becomes an operator again. Returns how many there were."""
    firsts = [await tx.run(statement, {"by": user_id}) for statement in _LAPSE]
    firsts.append(await lapse_first_approvals(tx, user_id))
    return sum(firsts) + await end_proposals_of(tx, user_id, now)
