"""Makes a new product, up to the number that every call can be judged by. The same for console and command line."""

from hoistway.authn.offers import MOST_PRODUCTS
from hoistway.store.db import Writer
from hoistway.store.products import Product, add_product, count_products


class TooManyProducts(Exception):
    """There are as many products as can be read at once; nothing was written."""


async def make_product(tx: Writer, product: Product) -> None:
    """Call it in a transaction in which nobody else makes one. Raises TooManyProducts, and Conflict where the id is
    taken."""
    if await count_products(tx) >= MOST_PRODUCTS:
        raise TooManyProducts
    await add_product(tx, product)
