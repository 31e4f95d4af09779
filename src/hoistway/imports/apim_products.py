"""Products of API Management as ours, by the rules of the console and the command line."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import asdict, replace

from hoistway import clock
from hoistway.authn.offers import MOST_PRODUCTS, read_products
from hoistway.imports.apim_apis import NoProduct, api_here
from hoistway.imports.apim_ids import ALL_APIS, ImportedProduct, called_of, products_of
from hoistway.imports.apim_limits import WHOLE, Allowed, Policies
from hoistway.imports.apim_mapping import ApimMapping
from hoistway.imports.apim_records import Parts, ProductSaid, key_of
from hoistway.imports.apim_service import Service
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.policy_text import BadPolicy
from hoistway.imports.seen import short_of
from hoistway.products.beginning import NOBODY, CutsOff, check_beginning, look_for_keyless
from hoistway.products.texts import LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_TERMS, wrong_texts
from hoistway.protocol.ids import ApiId, ProductId
from hoistway.protocol.numbers import read_moment
from hoistway.protocol.text import BadText, read_text
from hoistway.store.apis import list_apis
from hoistway.store.db import Database, Reader
from hoistway.store.imported_products import made_by_imports
from hoistway.store.imports import Import
from hoistway.store.keyless_uses import Keyless
from hoistway.store.products import Product, add_product

KIND: Final = "apim"
MOST_SUBSCRIPTIONS: Final = 1_000
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Selling:
    """Judges products. `_planned` are those that this run makes, by id; `_sold` all that may be, by what subscriptions are on."""

    def __init__(self, service: Service, policies: Policies, mapping: ApimMapping) -> None:
        self._service, self._policies, self._mapping = service, policies, mapping
        self._planned: dict[str, Product] = {}
        self._sold: dict[Parts, ImportedProduct] = {}
        self._left_out = {key_of(one) for one in mapping.products.leave_out}
        self._keyless: Keyless = NOBODY

    def items(self) -> list[Item]:
        found = products_of(self._service, self._mapping)
        self._sold = {item.value.source: item.value for item in found if not item.because}
        return found

    @property
    def names(self) -> frozenset[str]:
        """Those that the mapping may give ids, as they are compared."""
        return frozenset((*self._service.products, *map(called_of, self._service.apis), ALL_APIS))

    async def look_up(self, db: Database) -> None:
        """Who calls without a key. Raises Busy."""
        at_once = self._mapping.products.at_once
        self._keyless = await look_for_keyless(db, clock.now(), at_once=at_once)

    async def judge(self, db: Reader, item: Item, run: Import, outcome: Outcome) -> None:
        one: ImportedProduct = item.value
        self._planned.pop(one.id, None)
        if self._is_left_out(one):
            raise NoProduct("is left out by the mapping (products.leave_out)")
        before = await read_products(db)
        if any(product.id == one.id for product in before):
            if not await self._is_ours(db, one):
                raise NoProduct(
                    f"there is a product {one.id} here that no import made: if its subscriptions are to be on that one, write "
                    f"{short_of(one.called)}: {one.id} under products.ids; otherwise give it another id there"
                )
            outcome.count("there_already")
            return
        told: list[str] = []
        product = await self._product(db, one, run, told)
        pending = [made for made in self._planned.values() if made.id != one.id]
        known = {made.id for made in before}
        others = [*before, *(made for made in pending if made.id not in known)]
        if len(others) >= MOST_PRODUCTS:
            raise NoProduct(f"there are {MOST_PRODUCTS} products, and every call is judged by all of them")
        try:
            check_beginning(others, [*others, product], self._keyless, clock.now())
        except CutsOff:
            raise NoProduct(
                f"{self._keyless.applications} applications call without a key and would be refused at once: set products.keys_from to a day"
            ) from None
        self._planned[one.id] = product
        outcome.count("products")
        outcome.first.append(lambda tx: add_product(tx, product))
        for words in told:
            outcome.tell(item, words)

    def _is_left_out(self, one: ImportedProduct) -> bool:
        return key_of(one.called) in self._left_out

    async def _is_ours(self, db: Reader, one: ImportedProduct) -> bool:
        """Whether one that is here may get the subscriptions: an earlier import made it, or the mapping names it."""
        if one.called in self._mapping.products.ids:
            return True
        return one.id in await made_by_imports(db, KIND)

    async def taken(self, db: Reader) -> Callable[[Parts], bool]:
        """Whether what a subscription is on is sold here as a product: asked anew, as another run may have made it."""
        there = {product.id for product in await read_products(db)}
        made, ids = await made_by_imports(db, KIND), self._mapping.products.ids

        def is_taken(source: Parts) -> bool:
            one = self._sold.get(source)
            if one is None or self._is_left_out(one):
                return False
            return one.id in self._planned or (one.id in there and (one.called in ids or one.id in made))

        return is_taken

    async def _product(self, db: Reader, one: ImportedProduct, run: Import, told: list[str]) -> Product:
        """Raises NoProduct."""
        name = "" if one.named is None else one.named.name
        if not _ID.fullmatch(one.id) or one.id == "new":
            raise NoProduct(f"{one.id!r} can't be the id of a product: give it one under products.ids")
        if name and one.id != key_of(name):
            told.append(f"has the id {one.id} here")
        apis = await self._apis(db, one, told)
        try:
            allowed = self._allowed(one)
        except BadPolicy as error:
            raise NoProduct(str(error)) from None
        told += allowed.told
        product = _described(one, apis, allowed, run.begun_at, told)
        if one.named is not None:
            product = _offered(product, one.named.said, self._service.product_groups.get(one.key, ()), told)
        wrong = list(wrong_texts(asdict(product)))
        if wrong:
            raise NoProduct(
                f"its {', '.join(wrong)}: is missing, or has characters that can't be seen: correct it at the old system"
            )
        return replace(product, keys_from=self._begins(product, told))

    async def _apis(self, db: Reader, one: ImportedProduct, told: list[str]) -> tuple[ApiId, ...]:
        known = {api.id for api in await list_apis(db)}
        left_out = {key_of(name) for name in self._mapping.apis.leave_out}
        found: dict[ApiId, None] = {}
        for key in one.apis:
            named = self._service.apis.get(key)
            here = api_here(key if named is None else named.name, self._mapping)
            if key in left_out and one.named is None:
                continue
            if here is None or here not in known:
                told.append(f"the API {short_of(key)} is none here: it is left out of the product")
            else:
                found[ApiId(here)] = None
        if not found:
            raise NoProduct("has no API that is one here: say under apis.values which they are")
        return tuple(found)

    def _allowed(self, one: ImportedProduct) -> Allowed:
        if one.named is not None:
            return self._policies.of_product(one.named, one.key, one.apis)
        return self._policies.allowed([("apis", one.key), WHOLE] if one.key else [WHOLE])

    def _begins(self, product: Product, told: list[str]) -> int | None:
        said = self._mapping.products.keys_from
        if not said or product.key_use != "required":
            return None
        day = read_moment(said) if len(said) == len("2027-01-31") else None
        if day is None:
            raise NoProduct("products.keys_from of the mapping is a day, as 2027-01-31")
        return int(day.timestamp())


def _described(one: ImportedProduct, apis: tuple[ApiId, ...], allowed: Allowed, now: int, told: list[str]) -> Product:
    if one.named is None:
        what = f"the API {one.key}" if one.key else "all APIs"
        name, words = f"Keys of {what}"[:LONGEST_NAME], f"For subscriptions on {what} that came from API Management."
        return Product(
            ProductId(one.id), name, words[:LONGEST_DESCRIPTION], apis, allowed.rate, allowed.quota, "", "asked", created_at=now
        )  # fmt: skip
    said: ProductSaid = one.named.said
    name = " ".join((said.display_name or one.named.name).split())
    texts = {"description": (said.description or name, LONGEST_DESCRIPTION), "terms": (said.terms or "", LONGEST_TERMS)}
    read: dict[str, str] = {}
    for word, (text, most) in texts.items():
        try:
            read[word] = read_text(text).strip()[:most]
        except BadText:
            raise NoProduct(f"its {word} has characters that can't be seen: correct it at the old system") from None
        if len(text.strip()) > most:
            told.append(f"its {word} has more than {most} characters: the rest is cut off")
    if len(name) > LONGEST_NAME:
        told.append(f"its name has more than {LONGEST_NAME} characters: the rest is cut off")
    name = name[:LONGEST_NAME].strip()
    return Product(
        ProductId(one.id), name, read["description"] or name, apis, allowed.rate, allowed.quota, read["terms"], created_at=now
    )  # fmt: skip


def _offered(product: Product, said: ProductSaid, groups: Sequence[str], told: list[str]) -> Product:
    """Who may subscribe."""
    asked = said.approval_required is True
    if said.state == "notPublished":
        asked = True
        told.append("was not published: here every customer sees it, and an operator decides on each subscription")
    elif groups and "developers" not in groups:
        asked = True
        words = ", ".join(map(short_of, groups[:5]))
        told.append(f"was shown to the groups {words} alone: here every customer sees it, and an operator decides")
    limit = said.subscriptions_limit
    if limit is not None and not 1 <= limit <= MOST_SUBSCRIPTIONS:
        told.append(f"its limit of {limit} subscriptions is not carried: it is 1 to {MOST_SUBSCRIPTIONS} here")
        limit = None
    elif limit is not None:
        told.append(f"each customer may have {limit} subscription{'' if limit == 1 else 's'}: there it was each person")
    return replace(
        product, approval="asked" if asked else "automatic", subscriptions_limit=limit,
        key_use="optional" if said.subscription_required is False else "required",
    )  # fmt: skip
