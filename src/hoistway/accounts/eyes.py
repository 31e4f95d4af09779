"""Decides whose approval counts: that of a living operator, judged on the locked row in the transaction that decides."""

from hoistway.protocol.ids import UserId
from hoistway.protocol.roles import may
from hoistway.store.db import Reader, Writer
from hoistway.store.users import User, find_user, hold_user


def counts(person: User | None) -> bool:
    return person is not None and person.disabled_at is None and may(person.flags, "change")


async def first_counts(tx: Writer, first: UserId | None) -> bool:
    """True where the first approval counts. Its operator's row is locked, so nobody can change it until the transaction
    ends."""
    return first is not None and counts(await hold_user(tx, first))


async def shown_first(db: Reader, first: UserId | None) -> User | None:
    """For a page: who approved first, where that still counts."""
    person = None if first is None else await find_user(db, first)
    return person if counts(person) else None
