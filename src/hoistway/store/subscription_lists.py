"""Lists of subscriptions with the names that belong to their ids: keyset pages, newest first."""

from msgspec import Struct
from sqlalchemy import bindparam, case, func, select

from hoistway.protocol.ids import CustomerId
from hoistway.store.clients import CLIENTS
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.products import PRODUCTS
from hoistway.store.subscriptions import SUBSCRIPTIONS, Subscription


class Listed(Struct, frozen=True):
    """`application` is its name, and its id where it belongs to another customer by now."""

    subscription: Subscription
    product: str
    product_de: str | None
    customer: str
    application: str | None

    def product_in(self, lang: str) -> str:
        """The product's name for readers of that language."""
        return (lang == "de" and self.product_de) or self.product


def _read(*columns: object) -> Listed:
    *own, product, product_de, customer, application = columns
    return Listed(Subscription(*own), product, product_de, customer, application)  # type: ignore[arg-type]


_S = SUBSCRIPTIONS.c
# What its later owner calls it, is not for the former one.
_APPLICATION = case((CLIENTS.c.customer_id == _S.customer_id, CLIENTS.c.name), else_=_S.client_id)
_ALL = (
    select(*SUBSCRIPTIONS.columns, PRODUCTS.c.name, PRODUCTS.c.name_de, CUSTOMERS.c.name, _APPLICATION)
    .select_from(
        SUBSCRIPTIONS.join(PRODUCTS, PRODUCTS.c.id == _S.product_id)
        .join(CUSTOMERS, CUSTOMERS.c.id == _S.customer_id)
        .outerjoin(CLIENTS, CLIENTS.c.id == _S.client_id)
    )
    .order_by(_S.id.desc())
    .limit(bindparam("most"))
)
_BEFORE = _S.id < bindparam("before")
_OF = Statement(lambda: _ALL.where(_S.customer_id == bindparam("customer_id"), _BEFORE), _read)
_EVERY = Statement(lambda: _ALL.where(_BEFORE), _read)
_WAITING = Statement(
    lambda: _ALL.where(
        _S.customer_id == bindparam("customer_id"),
        _S.state == "submitted",
        func.coalesce(bindparam("asked_by", type_=_S.asked_by.type), _S.asked_by) == _S.asked_by,
    ),
    _read,
)
_IN_STATE = Statement(lambda: _ALL.where(_S.state == bindparam("state"), _BEFORE), _read)
_ONE_OF = Statement(lambda: _ALL.where(_S.id == bindparam("id"), _S.customer_id == bindparam("customer_id")), _read)
_ONE = Statement(lambda: _ALL.where(_S.id == bindparam("id")), _read)
LAST = "\U0010ffff"


async def subscriptions_of(db: Reader, customer_id: CustomerId, before: str = LAST, most: int = 100) -> list[Listed]:
    """Those of one customer."""
    return await db.all(_OF, {"customer_id": customer_id, "before": before, "most": most})


async def waiting_subscriptions(db: Reader, customer_id: CustomerId, asked_by: str | None, most: int) -> list[Listed]:
    """One customer's subscriptions that wait for a decision; of one person, or of all."""
    return await db.all(_WAITING, {"customer_id": customer_id, "asked_by": asked_by, "most": most})


async def list_subscriptions(db: Reader, state: str | None = None, before: str = LAST, most: int = 100) -> list[Listed]:
    """Subscriptions of all customers, in one state or in any: for operators and the command line."""
    if state is None:
        return await db.all(_EVERY, {"before": before, "most": most})
    return await db.all(_IN_STATE, {"state": state, "before": before, "most": most})


async def find_listed(db: Reader, subscription_id: str) -> Listed | None:
    """Whichever customer it belongs to."""
    return await db.one(_ONE, {"id": subscription_id, "most": 1})


async def find_listed_of(db: Reader, subscription_id: str, customer_id: CustomerId) -> Listed | None:
    """Returns None where it belongs to another customer."""
    return await db.one(_ONE_OF, {"id": subscription_id, "customer_id": customer_id, "most": 1})
