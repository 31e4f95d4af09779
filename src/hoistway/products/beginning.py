"""When a product begins to require keys, so that programs that call without one are not cut off by surprise. The same
for console and command line: first it is looked up who calls without a key, then the locked products are judged, before
and after the change.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from hoistway.authn.offers import make_offers, read_products
from hoistway.protocol.ids import ApiId
from hoistway.settings import DAY
from hoistway.store.db import Database, Reader
from hoistway.store.keyless_uses import Keyless, find_keyless
from hoistway.store.products import Product
from hoistway.web.figures import Figures
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

# Long enough to include a program that runs once a month.
LOOK_BACK_DAYS: Final = 31
# The only API whose calls are served and counted by this program.
SERVED: Final = ApiId("customer-api")
NOBODY: Final = Keyless()


class CutsOff(Exception):
    """`keyless` are the programs that would be refused from then on."""

    def __init__(self, keyless: Keyless) -> None:
        super().__init__("programs that send no key would be refused at once")
        self.keyless = keyless


async def look_for_keyless(db: Database, now: int, *, at_once: bool) -> Keyless:
    """The programs that called without a key lately; none where the operator said that they may be refused at once.
    Raises Busy."""
    return NOBODY if at_once else await find_keyless(db, now - now % DAY - (LOOK_BACK_DAYS - 1) * DAY)


def begun(found: Product | None, wanted: Product, now: int) -> Product:
    """`wanted`, with `before_keys` set to what applies until the day from which it requires keys. A product that is in
    force allows calls without a key until then, under its limits. A product that is new, or was not in force yet, leaves
    its APIs until then as they would be without it."""
    waits = wanted.begins_at(now) is not None
    guards = found is not None and found.key_use_at(now) != ""
    return replace(wanted, before_keys="optional" if waits and guards else "")


def is_open(products: Sequence[Product], now: int, api_id: ApiId = SERVED) -> bool:
    """True where a token alone opens the API. Without `api_id`, the API that is served here."""
    offers = make_offers(products, now)
    return not offers.guards(api_id) or api_id in offers.keyless


async def opens_api(db: Reader, api_id: ApiId, now: int) -> bool:
    """Like `is_open`, with the products as the database has them."""
    return is_open(await read_products(db), now, api_id)


def check_beginning(before: Sequence[Product], after: Sequence[Product], keyless: Keyless, now: int) -> None:
    """Raises CutsOff where the API was open to programs without a key, would not be any more, and there are such
    programs."""
    if keyless.applications and is_open(before, now) and not is_open(after, now):
        raise CutsOff(keyless)


async def check_change(tx: Reader, wanted: Product, keyless: Keyless, now: int) -> None:
    """For one product that is new or changes; the others are as the database has them. Raises CutsOff."""
    if keyless.applications:
        before = await read_products(tx)
        check_beginning(before, [*(one for one in before if one.id != wanted.id), wanted], keyless, now)


def cut_words(lang: Lang, cut: Keyless) -> str:
    """What to say to whoever would cut programs off."""
    count = Figures(lang).count
    return PORTAL_WORDS[lang]["keyless_cut"].format(
        applications=count(cut.applications), customers=count(cut.customers), days=LOOK_BACK_DAYS
    )
