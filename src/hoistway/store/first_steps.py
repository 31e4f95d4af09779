"""How far a customer has come: whether it has an application, which of its applications have no secret yet, and whether
one of them has called the API.
"""

from msgspec import Struct
from sqlalchemy import bindparam, exists, or_, select

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.client_secrets import CLIENT_SECRETS
from hoistway.store.clients import CLIENTS
from hoistway.store.db import Reader, Statement
from hoistway.store.usage_days import USAGE_DAYS


class WithoutSecret(Struct, frozen=True):
    """An application that authenticates with a secret and has none that works."""

    id: ClientId
    name: str
    environment: str


_C, _S, _U = CLIENTS.c, CLIENT_SECRETS.c, USAGE_DAYS.c
_OF_CUSTOMER = (_C.customer_id == bindparam("customer_id"), _C.disabled_at.is_(None))
_ANY = Statement(lambda: select(_C.id).where(*_OF_CUSTOMER).limit(1), str)
_WORKING = exists().where(_S.client_id == _C.id, or_(_S.expires_at.is_(None), _S.expires_at > bindparam("now")))
_WITHOUT = Statement(
    lambda: (
        select(_C.id, _C.name, _C.environment)
        .where(*_OF_CUSTOMER, or_(_C.type == "web", _C.type == "daemon"), ~_WORKING)
        .order_by(_C.created_at.desc(), _C.id.desc())
        .limit(bindparam("most"))
    ),
    lambda id, name, environment: WithoutSecret(ClientId(id), name, environment),
)
_CALLED = Statement(
    lambda: select(_U.at).where(_U.customer_id == bindparam("customer_id"), _U.surface == "api").limit(1), int
)


async def has_application(db: Reader, customer_id: CustomerId) -> bool:
    """True where the customer has an enabled application."""
    return await db.one(_ANY, {"customer_id": customer_id}) is not None


async def without_secret(db: Reader, customer_id: CustomerId, now: int, most: int) -> list[WithoutSecret]:
    """The newest application first."""
    return await db.all(_WITHOUT, {"customer_id": customer_id, "now": now, "most": most})


async def has_called(db: Reader, customer_id: CustomerId) -> bool:
    """True where the API was called with a token of this customer within the days for which use is kept."""
    return await db.one(_CALLED, {"customer_id": customer_id}) is not None
