"""Living families of refresh tokens, as the person sees them from whom they are."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.families import FAMILIES

MOST_FAMILIES = 1_000


@dataclass(frozen=True, slots=True)
class UsedFamily:
    """`scope` and `granted` as in store/families; `used_at` is its last rotation."""

    client_id: ClientId
    client_name: str
    customer_id: CustomerId
    customer_name: str
    scope: str
    granted: str | None
    created_at: int
    used_at: int


_F = FAMILIES.c
_OF_USER = Statement(
    select(
        _F.client_id, CLIENTS.c.name.label("client_name"), _F.customer_id, CUSTOMERS.c.name.label("customer_name"), _F.scope,
        _F.granted, _F.created_at, _F.rotated_at.label("used_at"),
    )
    .select_from(
        FAMILIES.join(CLIENTS, CLIENTS.c.id == _F.client_id).join(CUSTOMERS, CUSTOMERS.c.id == _F.customer_id)
    )
    .where(
        _F.subject_id == bindparam("user_id"), _F.subject_kind == "user", _F.revoked_at.is_(None),
        _F.idle_expires_at > bindparam("now"), _F.expires_at > bindparam("now"),
    )
    .order_by(_F.rotated_at.desc())
    .limit(MOST_FAMILIES),
    UsedFamily,
)  # fmt: skip


async def families_of(db: Reader, user_id: UserId, now: int) -> list[UsedFamily]:
    """Those used last first; at most 1,000."""
    return await db.all(_OF_USER, {"user_id": user_id, "now": now})
