"""Writes the names of people beside places that have none yet, a few at a time (docs/adr/0038-finding-people.md)."""

from msgspec import Struct
from sqlalchemy import bindparam, select, update

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.memberships import IS_UNNAMED, MEMBERSHIPS
from hoistway.store.users import USERS


class _Unnamed(Struct, frozen=True):
    user_id: UserId
    customer_id: CustomerId
    name: str


_M = MEMBERSHIPS.c
# Both rows are locked, so that the name is the current one, and whatever is locked is left out: who holds a place may wait for the person.
_FIRST = Statement(
    lambda: (
        select(_M.user_id, _M.customer_id, USERS.c.name)
        .select_from(MEMBERSHIPS.join(USERS, USERS.c.id == _M.user_id))
        .where(IS_UNNAMED)
        .order_by(_M.customer_id, _M.user_id)
        .limit(bindparam("most"))
        .with_for_update(key_share=True, skip_locked=True)
    ),
    _Unnamed,
)
_NAME = Statement(
    lambda: (
        update(MEMBERSHIPS)
        .where(_M.user_id == bindparam("b_user"), _M.customer_id == bindparam("b_customer"))
        .values(person_name=bindparam("name"))
    ),
    nothing,
)


async def name_places(tx: Writer, most: int) -> int:
    """Of up to `most` places; returns of how many."""
    rows = await tx.all(_FIRST, {"most": most})
    await tx.run_many(_NAME, [{"b_user": one.user_id, "b_customer": one.customer_id, "name": one.name} for one in rows])
    return len(rows)
