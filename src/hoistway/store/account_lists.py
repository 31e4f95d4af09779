"""The technical accounts of a customer, as its administrators see them, and the applications that use each."""

from msgspec import Struct
from sqlalchemy import bindparam, or_, select

from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Reader, Statement, Writer
from hoistway.store.families import FAMILIES
from hoistway.store.service_accounts import SERVICE_ACCOUNTS, ServiceAccount


class UsingClient(Struct, frozen=True):
    """An application that can act as an account: with its own secret where it is bound to the account, otherwise with
    the account's password. `customer_id` is the application's owner, `bound_to` the account that its own secret opens."""

    id: ClientId
    name: str
    customer_id: CustomerId | None
    bound_to: ServiceAccountId | None


_S, _C, _F = SERVICE_ACCOUNTS.c, CLIENTS.c, FAMILIES.c
_PAGE = Statement(
    lambda: (
        select(SERVICE_ACCOUNTS)
        .where(_S.customer_id == bindparam("customer_id"), _S.id > bindparam("after"))
        .order_by(_S.id)
        .limit(bindparam("most"))
    ),
    ServiceAccount,
)
_ONE = Statement(
    lambda: select(SERVICE_ACCOUNTS).where(_S.customer_id == bindparam("customer_id"), _S.id == bindparam("id")),
    ServiceAccount,
)

_LOCK = Statement(
    lambda: (
        select(SERVICE_ACCOUNTS)
        .where(_S.customer_id == bindparam("customer_id"), _S.id == bindparam("id"))
        .with_for_update(key_share=True)
    ),
    ServiceAccount,
)


def _using(client_id: str, name: str, customer_id: str | None, account_id: str | None) -> UsingClient:
    owner = None if customer_id is None else CustomerId(customer_id)
    bound = None if account_id is None else ServiceAccountId(account_id)
    return UsingClient(ClientId(client_id), name, owner, bound)


_HOLDING = select(_F.client_id).where(
    _F.subject_id == bindparam("account_id"),
    _F.subject_kind == "service_account",
    _F.revoked_at.is_(None),
    _F.idle_expires_at > bindparam("now"),
)
_USING = Statement(
    lambda: (
        select(_C.id, _C.name, _C.customer_id, _C.service_account_id)
        .where(or_(_C.service_account_id == bindparam("account_id"), _C.id.in_(_HOLDING)))
        .order_by(_C.name, _C.id)
        .limit(50)
    ),
    _using,
)


async def page_of_accounts(db: Reader, customer_id: CustomerId, *, after: str = "", most: int) -> list[ServiceAccount]:
    """The accounts after the id `after`, disabled ones included."""
    return await db.all(_PAGE, {"customer_id": customer_id, "after": after, "most": most})


async def find_account_of(db: Reader, customer_id: CustomerId, account_id: ServiceAccountId) -> ServiceAccount | None:
    """Returns None for an account of another customer, too."""
    return await db.one(_ONE, {"customer_id": customer_id, "id": account_id})


async def lock_account_of(tx: Writer, customer_id: CustomerId, account_id: ServiceAccountId) -> ServiceAccount | None:
    """Like `find_account_of`, and locks the row: nobody else can change it until this transaction ends."""
    return await tx.one(_LOCK, {"customer_id": customer_id, "id": account_id})


async def clients_using(db: Reader, account_id: ServiceAccountId, now: int) -> list[UsingClient]:
    """The applications that are bound to the account or hold a refresh token of it; at most 50."""
    return await db.all(_USING, {"account_id": account_id, "now": now})
