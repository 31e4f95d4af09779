"""The demo's products: three of them, with subscriptions in several states, one of which has keys to try."""

from typing import Any

from msgspec import Struct

from hoistway.authn.subscription_key import make_key
from hoistway.demo.usage import BEFORE
from hoistway.demo.world import FIRST, MANAGER, SECOND, Rows
from hoistway.engine import time_ordered_id
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ProductId, SubscriptionId, UserId
from hoistway.protocol.limits import Limit
from hoistway.settings import DAY, MINUTE
from hoistway.store.db import Writer
from hoistway.store.products import Product, add_product
from hoistway.store.subscription_keys import SLOTS, SubscriptionKey, add_key
from hoistway.store.subscriptions import Subscription, add_subscription

_APIS = (ApiId("customer-api"),)
_TERMS = (
    "The data are your customer's and may be passed on within it.\n"
    "Poll a list at most once a minute, and send the ETag that you have.\n"
    "A key belongs to one program. Replace it when a person who knew it leaves."
)

_TERMS_DE = (
    "Die Daten gehören Ihrem Kunden und dürfen bei ihm weitergegeben werden.\n"
    "Fragen Sie eine Liste höchstens einmal in der Minute ab, und senden Sie das ETag, das Sie haben.\n"
    "Ein Schlüssel gehört einem Programm. Ersetzen Sie ihn, wenn jemand geht, der ihn kannte."
)


class Sales(Struct, frozen=True):
    """`shown` is what demo.json says about them; it is the only place where the keys are readable."""

    products: tuple[Product, ...]
    subscriptions: tuple[Subscription, ...]
    keys: tuple[SubscriptionKey, ...]
    shown: dict[str, Any]


def _products(now: int) -> tuple[Product, ...]:
    # Benchmarks of the demo send no key, so the limits without one must be higher than what this server can answer.
    return (
        Product(
            ProductId("open"), "Open access", "To try things out: an access token alone will do.", _APIS,
            Limit(600_000, MINUTE), Limit(100_000_000, 30 * DAY), key_use="optional", created_at=now - 2,
            name_de="Freier Zugang", description_de="Zum Ausprobieren: Ein Zugriffstoken genügt.",
        ),
        Product(
            ProductId("standard"), "Standard", "For applications that read master data during the day.", _APIS,
            Limit(1_000, MINUTE), Limit(500_000, 30 * DAY), _TERMS, subscriptions_limit=5, created_at=now - 1,
            name_de="Standard", description_de="Für Anwendungen, die tagsüber Stammdaten lesen.", terms_de=_TERMS_DE,
        ),
        Product(
            ProductId("high-volume"), "High volume", "For portals with many users and for nightly exports of everything.", _APIS,
            Limit(20_000, MINUTE), Limit(20_000_000, 30 * DAY), _TERMS, "asked", subscriptions_limit=1, created_at=now,
            name_de="Große Mengen", terms_de=_TERMS_DE,
            description_de="Für Portale mit vielen Nutzern und für nächtliche Exporte von allem.",
        ),
    )  # fmt: skip


def _subscription(
    customer_id: CustomerId, by: UserId, product: str, name: str, state: str, now: int,
    client_id: ClientId | None = None, message: str = "",
) -> Subscription:  # fmt: skip
    started = None if state == "submitted" else now
    return Subscription(
        SubscriptionId(time_ordered_id()), customer_id, client_id, ProductId(product), None, name, state, message, by,
        None if started is None else "demo", now, now, started, started,
    )  # fmt: skip


def make_sales(rows: Rows, daemon: ClientId, now: int) -> Sales:
    """`daemon` is the application that makes the first customer's nightly report."""
    someone = {row.customer_id: row.user_id for row, _sites in reversed(rows.memberships)}
    nightly = _subscription(FIRST, someone[FIRST], "standard", "Nightly report", "active", now - BEFORE, daemon)
    others = (
        _subscription(SECOND, someone[SECOND], "high-volume", "Tenants' app", "submitted", now),
        _subscription(
            MANAGER, someone[MANAGER], "standard", "Site dashboards", "suspended", now,
            message="Your program asks for every unit each second. Use the ETag, then write to us.",
        ),
    )  # fmt: skip
    made = {slot: make_key(nightly.id, slot, nightly.created_at) for slot in SLOTS}
    keys = {slot: key for slot, (key, _row) in made.items()}
    shown = {
        "subscription_key": keys["primary"],
        "subscription": {
            "id": nightly.id, "name": nightly.name, "customer_id": FIRST, "product_id": nightly.product_id,
            "primary_key": keys["primary"], "secondary_key": keys["secondary"],
        },
    }  # fmt: skip
    return Sales(_products(now), (nightly, *others), tuple(row for _key, row in made.values()), shown)


async def write_sales(tx: Writer, sales: Sales) -> None:
    for product in sales.products:
        await add_product(tx, product)
    for subscription in sales.subscriptions:
        await add_subscription(tx, subscription)
    for key in sales.keys:
        await add_key(tx, key)
