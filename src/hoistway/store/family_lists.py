"""Living families of refresh tokens, as the person to whom they belong sees them."""

from msgspec import Struct
from sqlalchemy import and_, bindparam, select

from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.families import FAMILIES
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.still_given import counts_since, with_ends

MOST_FAMILIES = 1_000


class UsedFamily(Struct, frozen=True):
    """`scope` and `granted` are explained in store/families; `used_at` is the time of the last rotation."""

    client_id: ClientId
    client_name: str
    customer_id: CustomerId
    customer_name: str
    scope: str
    granted: str | None
    created_at: int
    used_at: int


_F = FAMILIES.c
# An employee who acts for the customer is no member. A family of the version before does not say whether its person
# acted.
_ACTS = and_(MEMBERSHIPS.c.user_id.is_(None), _F.acting.is_distinct_from(0))
_OF_USER = Statement(
    lambda: select(
        _F.client_id, CLIENTS.c.name.label("client_name"), _F.customer_id, CUSTOMERS.c.name.label("customer_name"), _F.scope,
        _F.granted, _F.created_at, _F.rotated_at.label("used_at"),
    )
    .select_from(with_ends(FAMILIES, _F.subject_id))
    .where(
        _F.subject_id == bindparam("user_id"), _F.subject_kind == "user", _F.revoked_at.is_(None),
        _F.idle_expires_at > bindparam("now"), _F.expires_at > bindparam("now"),
        counts_since(FAMILIES, _F.created_at, _ACTS),
    )
    .order_by(_F.rotated_at.desc())
    .limit(MOST_FAMILIES),
    UsedFamily,
)  # fmt: skip


async def families_of(db: Reader, user_id: UserId, now: int) -> list[UsedFamily]:
    """The families used last come first; at most 1,000."""
    return await db.all(_OF_USER, {"user_id": user_id, "now": now})
