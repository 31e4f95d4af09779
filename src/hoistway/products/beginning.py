"""When a product begins to ask for keys: programs that call without one are not cut off by surprise.

The same for console and command line: who is calling is looked up first, then the locked products are judged, as they are and as they
are to be."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hoistway.authn.offers import make_offers, read_products
from hoistway.protocol.ids import ApiId
from hoistway.settings import DAY
from hoistway.store.db import Database, Reader
from hoistway.store.keyless_uses import Keyless, find_keyless
from hoistway.store.products import Product

# A program that runs once a month is among them.
LOOK_BACK_DAYS: Final = 31
# The only API whose calls are served and counted here.
SERVED: Final = ApiId("customer-api")
NOBODY: Final = Keyless()


class CutsOff(Exception):
    """`keyless` are the programs that would be refused from now on."""

    def __init__(self, keyless: Keyless) -> None:
        super().__init__("programs that send no key would be refused at once")
        self.keyless = keyless


async def look_for_keyless(db: Database, now: int, *, at_once: bool) -> Keyless:
    """Who called without a key lately; nobody where it was said that they may be refused at once. Raises Busy."""
    return NOBODY if at_once else await find_keyless(db, now - now % DAY - (LOOK_BACK_DAYS - 1) * DAY)


def begun(found: Product | None, wanted: Product, now: int) -> Product:
    """`wanted` with what holds until it asks for keys. A new one, or one that did not begin yet, leaves its APIs as they are without
    it; one that was open stays so, under its limits."""
    waits = wanted.begins_at(now) is not None
    guards = found is not None and found.key_use_at(now) != ""
    return replace(wanted, before_keys="optional" if waits and guards else "")


def is_open(products: Sequence[Product], now: int, api_id: ApiId = SERVED) -> bool:
    """Whether a token alone opens the API; without `api_id` the one that is served here."""
    offers = make_offers(products, now)
    return not offers.guards(api_id) or api_id in offers.keyless


async def opens_api(db: Reader, api_id: ApiId, now: int) -> bool:
    """As `is_open`, of the products as they stand."""
    return is_open(await read_products(db), now, api_id)


def check_beginning(before: Sequence[Product], after: Sequence[Product], keyless: Keyless, now: int) -> None:
    """Raises CutsOff where the API is open to programs without a key, would not be, and there are such programs."""
    if keyless.applications and is_open(before, now) and not is_open(after, now):
        raise CutsOff(keyless)


async def check_change(tx: Reader, wanted: Product, keyless: Keyless, now: int) -> None:
    """Of one product, which is new or stands in the database as it was. Raises CutsOff."""
    if keyless.applications:
        before = await read_products(tx)
        check_beginning(before, [*(one for one in before if one.id != wanted.id), wanted], keyless, now)
