"""Products in the form that requests need: who may call an API without a key, and which limits apply."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from hoistway.protocol.ids import ApiId, ProductId
from hoistway.protocol.limits import Limits, policy_field
from hoistway.store.db import Reader
from hoistway.store.products import Product, list_products

# As many as are read at once to judge calls; products/making.py refuses to make more.
MOST_PRODUCTS: Final = 1000


class Plan(Struct, frozen=True):
    """An enabled product; `policy` is its value of RateLimit-Policy."""

    product: Product
    limits: Limits
    policy: bytes


class Offers(Struct, frozen=True):
    """`plans` are the enabled products. `bundled` are the APIs of all products, disabled ones included, because
    disabling the product that guarded an API must not open it to everybody. A product that requires keys from a later
    day on guards nothing until then. `keyless` is the plan of each API that a token alone opens. Where there are more
    products than are read, `whole` is False, and every API counts as guarded, because a product that was not read may
    guard it."""

    plans: dict[ProductId, Plan] = field(default_factory=dict)
    bundled: frozenset[ApiId] = frozenset()
    keyless: dict[ApiId, Plan] = field(default_factory=dict)
    whole: bool = True

    def guards(self, api_id: ApiId) -> bool:
        """True where calls of the API need a key, or a product that allows calls without one."""
        return api_id in self.bundled or not self.whole


async def read_products(db: Reader) -> list[Product]:
    """For `make_offers`: all products, or one more than it accepts."""
    return await list_products(db, most=MOST_PRODUCTS + 1)


def make_offers(products: Sequence[Product], now: int) -> Offers:
    """Where several products open an API without a key, the limits of the oldest one apply."""
    plans: dict[ProductId, Plan] = {}
    keyless: dict[ApiId, Plan] = {}
    for product in sorted(products, key=lambda product: (product.created_at, product.id)):
        if product.disabled_at is not None:
            continue
        limits = Limits(product.rate, product.quota)
        plan = plans[product.id] = Plan(product, limits, policy_field(limits))
        if product.key_use_at(now) == "optional":
            for api in product.apis:
                keyless.setdefault(api, plan)
    guarding = [product for product in products if product.key_use_at(now)]
    bundled = frozenset(api for product in guarding for api in product.apis)
    return Offers(plans, bundled, keyless, len(products) <= MOST_PRODUCTS)
