"""Which product here each product and API of API Management becomes: no two become the same one."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from msgspec import Struct

from hoistway.imports.apim_mapping import ApimMapping
from hoistway.imports.apim_records import Parts, key_of
from hoistway.imports.apim_service import Named, Service
from hoistway.imports.carrying import Item

LONGEST_ID: Final = 40
ALL_APIS: Final = "all-apis"
_DIGITS: Final = 8
_ODD: Final = re.compile(r"[^a-z0-9-]")


class ImportedProduct(Struct, frozen=True):
    """`named` is None of one that stands for subscriptions on `apis` alone. `called` is its name in the mapping."""

    id: str
    named: Named | None
    key: str
    apis: tuple[str, ...]
    called: str

    @property
    def source(self) -> Parts:
        return source_of_api(self.key) if self.named is None else source_of_product(self.key)


def source_of_product(key: str) -> Parts:
    """What subscriptions are on: two products there may have one id here, but never one source."""
    return "products", key


def source_of_api(key: str) -> Parts:
    """ "" for all of them."""
    return ("apis", key) if key else ("apis",)


def id_here(name: str, mapping: ApimMapping) -> str:
    """Of a product: its name, as far as the rules for ids allow it. Where that is cut off, what it was is told by a digest."""
    said = mapping.products.ids.get(name)
    if said is not None:
        return said
    word = _ODD.sub("-", key_of(name))
    word = word if word[:1].isalpha() else f"p-{word}"
    if len(word) <= LONGEST_ID:
        return word
    digits = sha256(key_of(name).encode()).hexdigest()[:_DIGITS]
    return f"{word[: LONGEST_ID - _DIGITS - 1]}-{digits}"


def called_of(api: str) -> str:
    """What the mapping calls the product of subscriptions on one API, "" for all of them."""
    return f"api-{api}" if api else ALL_APIS


def products_of(service: Service, mapping: ApimMapping) -> list[Item]:
    """Those that need no key before those that do, as the former open what the latter would close."""
    found = [
        (one, ImportedProduct(id_here(one.name, mapping), one, key, tuple(service.product_apis.get(key, ())), one.name))
        for key, one in service.products.items()
    ]
    found.sort(key=lambda pair: pair[0].said.subscription_required is not False)
    items = [Item(one.file, one.line, one.id, product) for one, product in found]
    for api in sorted(service.subscribed):
        named = service.apis.get(api)
        if (api and named is None) or not service.apis:
            continue
        apis = (api,) if api else tuple(service.apis)
        place = named or next(iter(service.apis.values()))
        called = called_of(api)
        product = ImportedProduct(id_here(called, mapping), None, api, apis, called)
        items.append(Item(place.file, place.line if named else 0, f"subscriptions on {api or 'all APIs'}", product))
    return _without_clashes(items)


def _without_clashes(items: Sequence[Item]) -> list[Item]:
    """The first that has an id here keeps it."""
    whose: dict[str, str] = {}
    found = []
    for item in items:
        other = whose.setdefault(item.value.id, item.id or "")
        because = (
            f"its id here would be {item.value.id}, as that of {other}: give one of the two another under products.ids"
        )
        found.append(item if other == item.id else Item(item.file, item.line, item.id, because=because))
    return found
