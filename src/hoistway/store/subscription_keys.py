"""Keys of subscriptions: digests of generated values. After regeneration the old key goes on working for a while."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Index, LargeBinary, Table, UniqueConstraint, and_, bindparam, delete, or_, select, update

from hoistway.protocol.ids import ApiId, CustomerId, ProductId, SubscriptionId
from hoistway.store.columns import at, insert_all, key, optional_at, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.subscriptions import SUBSCRIPTIONS

SLOTS = ("primary", "secondary")
SUBSCRIPTION_KEYS = Table(
    "subscription_keys",
    METADATA,
    key(),
    reference("subscription_id", "subscriptions.id"),
    text("slot"),
    Column("key_digest", LargeBinary, nullable=False),
    text("prefix"),
    at("created_at"),
    optional_at("expires_at"),
    optional_at("last_used_at"),
    UniqueConstraint("key_digest"),
    Index("ix_subscription_keys_subscription", "subscription_id"),
)


class SubscriptionKey(Struct, frozen=True):
    """`slot` is "primary" or "secondary". The current key of a slot has no `expires_at`; keys that have one are being
    replaced."""

    id: str
    subscription_id: SubscriptionId
    slot: str
    key_digest: bytes
    prefix: str
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None


class KeyHolder(Struct, frozen=True):
    """A key with the facts of its subscription that a request needs."""

    key_id: str
    key_expires_at: int | None
    subscription_id: SubscriptionId
    customer_id: CustomerId
    product_id: ProductId
    api_id: ApiId | None
    state: str
    started_at: int | None
    ends_at: int | None

    def is_open(self, api_id: ApiId, now: int) -> bool:
        """True where the key works, its subscription is active, and the subscription includes the API."""
        ends = (self.key_expires_at, self.ends_at)
        return (
            self.state == "active" and self.api_id in {None, api_id} and all(end is None or end > now for end in ends)
        )


_K, _S = SUBSCRIPTION_KEYS.c, SUBSCRIPTIONS.c
_INSERT = Statement(lambda: insert_all(SUBSCRIPTION_KEYS), nothing)
_OF = Statement(
    lambda: (
        select(SUBSCRIPTION_KEYS)
        .where(
            _K.subscription_id == bindparam("subscription_id"),
            or_(_K.expires_at.is_(None), _K.expires_at > bindparam("now")),
        )
        .order_by(_K.slot, _K.created_at.desc(), _K.id.desc())
    ),
    SubscriptionKey,
)
_HOLDER = Statement(
    lambda: select(
        _K.id.label("key_id"), _K.expires_at.label("key_expires_at"), _S.id.label("subscription_id"),
        _S.customer_id, _S.product_id, _S.api_id, _S.state, _S.started_at, _S.ends_at
    )
    .join_from(SUBSCRIPTION_KEYS, SUBSCRIPTIONS, _S.id == _K.subscription_id)
    .where(_K.key_digest == bindparam("digest")),
    KeyHolder,
)  # fmt: skip
_EXPIRE = Statement(
    lambda: (
        update(SUBSCRIPTION_KEYS)
        .where(
            _K.subscription_id == bindparam("b_subscription"),
            _K.slot == bindparam("b_slot"),
            or_(_K.expires_at.is_(None), _K.expires_at > bindparam("at")),
        )
        .values(expires_at=bindparam("at"))
    ),
    nothing,
)
_USED = Statement(
    lambda: update(SUBSCRIPTION_KEYS).where(_K.id == bindparam("b_id")).values(last_used_at=bindparam("at")), nothing
)
_PRUNE = Statement(
    lambda: delete(SUBSCRIPTION_KEYS).where(and_(_K.expires_at.is_not(None), _K.expires_at < bindparam("before"))),
    nothing,
)


async def add_key(tx: Writer, key: SubscriptionKey) -> None:
    await tx.run(_INSERT, asdict(key))


async def replace_key(tx: Writer, key: SubscriptionKey, old_until: int) -> None:
    """Older keys of the slot work until then at the latest."""
    await tx.run(_EXPIRE, {"b_subscription": key.subscription_id, "b_slot": key.slot, "at": old_until})
    await tx.run(_INSERT, asdict(key))


async def keys_of(db: Reader, subscription_id: SubscriptionId, now: int) -> list[SubscriptionKey]:
    """The keys that still work; the newest of each slot first."""
    return await db.all(_OF, {"subscription_id": subscription_id, "now": now})


async def find_holder(db: Reader, digest: bytes) -> KeyHolder | None:
    """Found whatever the state of the key and its subscription."""
    return await db.one(_HOLDER, {"digest": digest})


async def mark_keys_used(tx: Writer, used: dict[str, int]) -> None:
    """`used` maps key ids to the time of their last use. They are collected in memory and written together, so that no
    request has to write."""
    await tx.run_many(_USED, [{"b_id": key_id, "at": at} for key_id, at in used.items()])


async def prune_subscription_keys(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
