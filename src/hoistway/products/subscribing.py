"""Subscribes a customer to a product and makes keys; both run in the caller's transaction."""

from msgspec import Struct, field

from hoistway.authn.subscription_key import make_key
from hoistway.engine import time_ordered_id
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, SubscriptionId
from hoistway.settings import DAY, HOUR
from hoistway.store.client_lists import lock_client_of
from hoistway.store.clients import Client
from hoistway.store.customers import lock_customer
from hoistway.store.db import Writer
from hoistway.store.products import Product, lock_product
from hoistway.store.subscription_keys import SLOTS, add_key, replace_key
from hoistway.store.subscriptions import (
    Subscription,
    add_subscription,
    count_subscriptions,
    count_subscriptions_of,
    hold_subscription,
)

LONGEST_NAME = 100
OVERLAPS = (0, HOUR, DAY, 7 * DAY)
OVERLAP = DAY
MOST_SUBSCRIPTIONS = 1_000
"""Of one customer, of all products together."""


class TooMany(Exception):
    """The customer already has as many subscriptions of this product as it allows, or as many in all as one customer
    may have."""


class NotOffered(Exception):
    """The product has changed since it was read, or the application is not an enabled one of the customer."""


class NotLiving(Exception):
    """The subscription is no longer active or suspended, or belongs to another customer."""


class Subscribed(Struct, frozen=True):
    """`keys` by slot, shown once; there are none where an operator decides first."""

    subscription: Subscription
    keys: dict[str, str] = field(default_factory=dict)


async def subscribe(
    tx: Writer, product: Product, customer_id: CustomerId, *, name: str, by: str, now: int,
    client_id: ClientId | None = None, api_id: ApiId | None = None,
) -> Subscribed:  # fmt: skip
    """Raises TooMany, NotOffered, Conflict. Of several requests at the same time one is counted after the other."""
    await lock_customer(tx, customer_id)
    check_offer(product, await lock_product(tx, product.id))
    if client_id is not None and not is_usable(await lock_client_of(tx, customer_id, client_id)):
        raise NotOffered
    limit = product.subscriptions_limit
    if limit is not None and await count_subscriptions(tx, product.id, customer_id, now) >= limit:
        raise TooMany
    if await count_subscriptions_of(tx, customer_id, now) >= MOST_SUBSCRIPTIONS:
        raise TooMany
    waits = product.approval == "asked"
    row = Subscription(
        SubscriptionId(time_ordered_id()), customer_id, client_id, product.id, api_id, name,
        "submitted" if waits else "active", "", by, None, now, now, None, None if waits else now,
    )  # fmt: skip
    await add_subscription(tx, row)
    return Subscribed(row, {} if waits else await _make_keys(tx, row.id, now))


def check_offer(shown: Product, product: Product | None) -> None:
    """Whoever subscribes agrees to price, limits and terms as they were shown. Raises NotOffered."""
    if product is None or product.disabled_at is not None or product != shown:
        raise NotOffered


def is_usable(client: Client | None) -> bool:
    """True for an enabled application of the customer. `client` is None where it belongs to somebody else or does not
    exist."""
    return client is not None and client.disabled_at is None


async def _make_keys(tx: Writer, subscription_id: SubscriptionId, now: int) -> dict[str, str]:
    keys = {}
    for slot in SLOTS:
        keys[slot], row = make_key(subscription_id, slot, now)
        await add_key(tx, row)
    return keys


async def regenerate(
    tx: Writer, subscription_id: SubscriptionId, customer_id: CustomerId, slot: str, *, overlap: int, now: int
) -> str:
    """Returns the new key, which is shown once; the old one goes on working for `overlap` seconds. Raises NotLiving."""
    if not await hold_subscription(tx, subscription_id, customer_id, now):
        raise NotLiving
    key, row = make_key(subscription_id, slot, now)
    await replace_key(tx, row, now + overlap)
    return key
