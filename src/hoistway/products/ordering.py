"""Operators and their programs subscribe a customer to a product, and make new keys of a subscription, as its administrators do in the
portal: the same for a page of the console and for a program. What an operator has to approve there waits here, too.

Call `order` and `renew_key` in the transaction in which whoever asks was judged.
"""

from collections.abc import Mapping

from msgspec import Struct

from hoistway.accounts.hand import Hand
from hoistway.products.subscribing import LONGEST_NAME, Subscribed, regenerate, subscribe
from hoistway.protocol.ids import ApiId, ClientId, CustomerId
from hoistway.protocol.text import read_name
from hoistway.store.products import Product
from hoistway.store.subscriptions import Subscription


class Order(Struct, frozen=True):
    """`client_id` is the application that it is meant for, `api_id` the one API of the product that it opens."""

    name: str
    client_id: ClientId | None = None
    api_id: ApiId | None = None


def read_order(product: Product | None, typed: Mapping[str, str]) -> tuple[Order, dict[str, str]]:
    """(what is ordered, keys of words by the field that is wrong); of `typed` the name, and `application` and `api`, which may be
    empty. The application is judged by whoever asks and by `subscribe`."""
    wrong = dict[str, str]()
    name, good = read_name(typed.get("name"), 1, LONGEST_NAME)
    application, api = (read_name(typed.get(one), 0, 200)[0] for one in ("application", "api"))
    if product is None or product.disabled_at is not None:
        wrong["product"] = "subscription_no_product"
    elif api and api not in product.apis:
        wrong["api"] = "subscription_no_api"
    if not good:
        wrong["name"] = "subscription_no_name"
    return Order(name, ClientId(application) if application else None, ApiId(api) if api else None), wrong


async def order(hand: Hand, customer_id: CustomerId, product: Product, wanted: Order) -> Subscribed:
    """Raises NotOffered, TooMany, Conflict."""
    done = await subscribe(
        hand.tx, product, customer_id, name=wanted.name, by=hand.by, now=hand.now, client_id=wanted.client_id,
        api_id=wanted.api_id,
    )  # fmt: skip
    row = done.subscription
    await hand.record(
        "subscription.added", customer_id=customer_id, client_id=row.client_id, id=row.id, product=row.product_id,
        api=row.api_id, state=row.state,
    )  # fmt: skip
    return done


async def renew_key(hand: Hand, row: Subscription, slot: str, *, overlap: int) -> str:
    """The new key, which is shown once. Raises NotLiving."""
    key = await regenerate(hand.tx, row.id, row.customer_id, slot, overlap=overlap, now=hand.now)
    await hand.record(
        "subscription.key_regenerated", customer_id=row.customer_id, client_id=row.client_id, id=row.id, slot=slot,
        overlap=overlap,
    )  # fmt: skip
    return key
