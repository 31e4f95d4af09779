"""Which applications still call B2C-shaped addresses: read from the daily counts of store/legacy_uses."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Select, bindparam, func, or_, select

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Database, Statement
from hoistway.store.legacy_uses import AUTHORIZE, LEGACY_USES, TOKEN

ADDRESSES: Final = {TOKEN: "token", AUTHORIZE: "authorize"}


class AddressUse(Struct, frozen=True):
    """`address` is "token" or "authorize"; `owner_id` is the customer that owns the application, None where the operator
    does."""

    client_id: ClientId
    application: str
    owner_id: CustomerId | None
    owner: str
    address: str
    uses: int
    last_used_at: int


def _use(
    client_id: str, application: str, owner_id: str | None, owner: str | None, flow: str, uses: int, last_used_at: int
) -> AddressUse:
    owned_by = None if owner_id is None else CustomerId(owner_id)
    return AddressUse(ClientId(client_id), application, owned_by, owner or "", ADDRESSES[flow], int(uses), last_used_at)


_L, _C = LEGACY_USES.c, CLIENTS.c


def _uses() -> Select[tuple[object, ...]]:
    sums = (
        select(_L.client_id, _L.flow, func.sum(_L.uses).label("uses"), func.max(_L.last_used_at).label("last_used_at"))
        .where(_L.day >= bindparam("since"), or_(_L.flow == TOKEN, _L.flow == AUTHORIZE))
        .group_by(_L.client_id, _L.flow)
        .subquery()
    )
    of = sums.c
    return (
        select(
            of.client_id, _C.name, _C.customer_id.label("owner_id"), CUSTOMERS.c.name.label("owner"), of.flow, of.uses,
            of.last_used_at,
        )
        .select_from(sums.join(CLIENTS, _C.id == of.client_id).outerjoin(CUSTOMERS, CUSTOMERS.c.id == _C.customer_id))
        .order_by(of.uses.desc(), of.client_id, of.flow)
        .limit(bindparam("most"))
    )  # fmt: skip


_USES = Statement(_uses, _use)


async def address_uses(db: Database, since: str, most: int) -> list[AddressUse]:
    """Those with the most uses since that day, an ISO date, come first. Raises Busy."""
    return await db.slow(_USES, {"since": since, "most": most})
