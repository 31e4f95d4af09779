"""Subscriptions: a customer's right to call a product's APIs, from the request to the end."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    Table,
    Text,
    bindparam,
    func,
    or_,
    select,
    update,
)

from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ProductId, SubscriptionId
from hoistway.store.columns import at, insert_all, key, optional_at, optional_text, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

STATES = ("submitted", "active", "suspended", "rejected", "cancelled", "expired")
COUNTED = ("submitted", "active", "suspended")
SUBSCRIPTIONS = Table(
    "subscriptions",
    METADATA,
    key(),
    reference("customer_id", "customers.id"),
    Column("client_id", Text, ForeignKey("clients.id", ondelete="SET NULL"), nullable=True),
    reference("product_id", "products.id"),
    optional_text("api_id"),
    text("name"),
    text("state"),
    text("message"),
    text("asked_by"),
    optional_text("decided_by"),
    at("created_at"),
    at("changed_at"),
    optional_at("decided_at"),
    optional_at("started_at"),
    optional_at("ends_at"),
    optional_text("answer"),
    optional_text("first_by"),
    Index("ix_subscriptions_customer", "customer_id", "id"),
    Index("ix_subscriptions_product", "product_id", "customer_id"),
    Index("ix_subscriptions_state", "state", "id"),
)


class Subscription(Struct, frozen=True):
    """`api_id` is set where it covers one API, and None where it covers the whole product. `client_id` is the
    application it is meant for: use is counted there, but other applications may use the key, too. `started_at` is the
    beginning of its first quota window; `message` is the operator's last message to the customer, `answer` the
    customer's answer. `first_by` approved it first where two must. `id` sorts by time."""

    id: SubscriptionId
    customer_id: CustomerId
    client_id: ClientId | None
    product_id: ProductId
    api_id: ApiId | None
    name: str
    state: str
    message: str
    asked_by: str
    decided_by: str | None
    created_at: int
    changed_at: int
    decided_at: int | None = None
    started_at: int | None = None
    ends_at: int | None = None
    answer: str | None = None
    first_by: str | None = None

    @property
    def scope(self) -> str:
        return "product" if self.api_id is None else "api"

    def state_at(self, now: int) -> str:
        """Its end counts at once, even before anybody has written it down."""
        over = self.ends_at is not None and self.ends_at <= now and self.state in {"active", "suspended"}
        return "expired" if over else self.state


_S = SUBSCRIPTIONS.c


def is_one_of(states: Collection[str]) -> ColumnElement[bool]:
    return or_(*(_S.state == state for state in states))


_INSERT = Statement(lambda: insert_all(SUBSCRIPTIONS), nothing)
_FIND = Statement(lambda: select(SUBSCRIPTIONS).where(_S.id == bindparam("id")), Subscription)
_FIND_OF = Statement(
    lambda: select(SUBSCRIPTIONS).where(_S.id == bindparam("id"), _S.customer_id == bindparam("customer_id")),
    Subscription,
)
_LOCK = Statement(
    lambda: select(SUBSCRIPTIONS).where(_S.id == bindparam("id")).with_for_update(key_share=True), Subscription
)


def _living() -> Select[int]:
    return (
        select(func.count())
        .select_from(SUBSCRIPTIONS)
        .where(
            _S.customer_id == bindparam("customer_id"),
            is_one_of(COUNTED),
            or_(_S.ends_at.is_(None), _S.ends_at > bindparam("now")),
        )
    )


_COUNT = Statement(lambda: _living().where(_S.product_id == bindparam("product_id")), int)
_COUNT_ALL = Statement(_living, int)
_WAITING = Statement(lambda: select(func.count()).select_from(SUBSCRIPTIONS).where(_S.state == "submitted"), int)
_CHANGE = Statement(
    lambda: (
        update(SUBSCRIPTIONS)
        .where(_S.id == bindparam("b_id"), _S.customer_id == bindparam("b_customer"))
        .values(name=bindparam("name"), changed_at=bindparam("at"))
    ),
    nothing,
)
_ANSWER = Statement(
    lambda: (
        update(SUBSCRIPTIONS)
        .where(
            _S.id == bindparam("b_id"),
            _S.customer_id == bindparam("b_customer"),
            _S.state == "submitted",
            _S.message != "",
        )
        .values(answer=bindparam("answer"), changed_at=bindparam("at"))
    ),
    nothing,
)
_END = Statement(
    lambda: update(SUBSCRIPTIONS).where(_S.id == bindparam("b_id")).values(ends_at=bindparam("ends_at")), nothing
)
_HOLD = Statement(
    lambda: (
        update(SUBSCRIPTIONS)
        .where(
            _S.id == bindparam("b_id"),
            _S.customer_id == bindparam("b_customer"),
            is_one_of(("active", "suspended")),
            or_(_S.ends_at.is_(None), _S.ends_at > bindparam("at")),
        )
        .values(changed_at=bindparam("at"))
    ),
    nothing,
)
_EXPIRE = Statement(
    lambda: (
        update(SUBSCRIPTIONS)
        .where(is_one_of(("active", "suspended")), _S.ends_at <= bindparam("now"))
        .values(state="expired", changed_at=bindparam("now"))
    ),
    nothing,
)


async def add_subscription(tx: Writer, subscription: Subscription) -> None:
    """Raises Conflict where the customer, product or application does not exist."""
    await tx.run(_INSERT, asdict(subscription))


async def find_subscription(db: Reader, subscription_id: SubscriptionId) -> Subscription | None:
    """Whichever customer it belongs to: for operators and the command line."""
    return await db.one(_FIND, {"id": subscription_id})


async def find_subscription_of(
    db: Reader, subscription_id: SubscriptionId, customer_id: CustomerId
) -> Subscription | None:
    """Returns None where it belongs to another customer."""
    return await db.one(_FIND_OF, {"id": subscription_id, "customer_id": customer_id})


async def lock_subscription(tx: Writer, subscription_id: SubscriptionId) -> Subscription | None:
    """Like `find_subscription`, and locks the row: nobody else can change it or its keys until this transaction ends."""
    return await tx.one(_LOCK, {"id": subscription_id})


async def count_subscriptions(db: Reader, product_id: ProductId, customer_id: CustomerId, now: int) -> int:
    """Counts those that matter for a product's limit: requested, active or suspended."""
    return await db.one(_COUNT, {"product_id": product_id, "customer_id": customer_id, "now": now}) or 0


async def count_subscriptions_of(db: Reader, customer_id: CustomerId, now: int) -> int:
    """The same for all products together."""
    return await db.one(_COUNT_ALL, {"customer_id": customer_id, "now": now}) or 0


async def count_waiting(db: Reader) -> int:
    """Counts those that wait for an operator's decision."""
    return await db.one(_WAITING, {}) or 0


async def rename_subscription(
    tx: Writer, subscription_id: SubscriptionId, customer_id: CustomerId, name: str, now: int
) -> bool:
    return await tx.run(_CHANGE, {"b_id": subscription_id, "b_customer": customer_id, "name": name, "at": now}) == 1


async def answer_question(
    tx: Writer, subscription_id: SubscriptionId, customer_id: CustomerId, answer: str, now: int
) -> bool:
    """Returns False where no question is open, or it belongs to another customer."""
    values = {"b_id": subscription_id, "b_customer": customer_id, "answer": answer, "at": now}
    return await tx.run(_ANSWER, values) == 1


async def end_subscription(tx: Writer, subscription_id: SubscriptionId, ends_at: int | None) -> bool:
    """Sets the time at which it expires."""
    return await tx.run(_END, {"b_id": subscription_id, "ends_at": ends_at}) == 1


async def hold_subscription(tx: Writer, subscription_id: SubscriptionId, customer_id: CustomerId, now: int) -> bool:
    """Nobody else can change it or its keys until this transaction ends. Returns False where it is not a living
    subscription of this customer."""
    return await tx.run(_HOLD, {"b_id": subscription_id, "b_customer": customer_id, "at": now}) == 1


async def expire_subscriptions(tx: Writer, now: int) -> int:
    """Writes the state of subscriptions that have ended, so that lists can filter by it."""
    return await tx.run(_EXPIRE, {"now": now})
