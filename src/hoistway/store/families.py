"""Living families of refresh tokens, as the person sees them from whom they are."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.grants import GRANTS

MOST_FAMILIES = 1_000


@dataclass(frozen=True, slots=True)
class Family:
    """`scope` and `granted` as in store/grants; `used_at` is its last rotation."""

    client_id: ClientId
    client_name: str
    customer_id: CustomerId
    customer_name: str
    scope: str
    granted: str | None
    created_at: int
    used_at: int


_G = GRANTS.c
_OF_USER = Statement(
    select(
        _G.client_id, CLIENTS.c.name.label("client_name"), _G.customer_id, CUSTOMERS.c.name.label("customer_name"), _G.scope,
        _G.granted, _G.created_at, _G.rotated_at.label("used_at"),
    )
    .select_from(
        GRANTS.join(CLIENTS, CLIENTS.c.id == _G.client_id).join(CUSTOMERS, CUSTOMERS.c.id == _G.customer_id)
    )
    .where(
        _G.subject_id == bindparam("user_id"), _G.subject_kind == "user", _G.revoked_at.is_(None),
        _G.idle_expires_at > bindparam("now"), _G.expires_at > bindparam("now"),
    )
    .order_by(_G.rotated_at.desc())
    .limit(MOST_FAMILIES),
    Family,
)  # fmt: skip


async def families_of(db: Reader, user_id: UserId, now: int) -> list[Family]:
    """Those used last first; at most 1,000."""
    return await db.all(_OF_USER, {"user_id": user_id, "now": now})
