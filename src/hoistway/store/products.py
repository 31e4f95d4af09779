"""Products: which APIs may be called how often, under which terms."""

from msgspec import Struct
from sqlalchemy import Table, bindparam, func, select, update

from hoistway.protocol.ids import ApiId, ProductId
from hoistway.protocol.limits import Limit
from hoistway.store.columns import (
    at,
    from_list,
    insert_all,
    key,
    optional_at,
    optional_number,
    optional_text,
    text,
    to_list,
    upsert,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

PRODUCTS = Table(
    "products",
    METADATA,
    key(),
    text("name"),
    text("description"),
    text("apis"),
    optional_number("rate_calls"),
    optional_number("rate_period"),
    optional_number("quota_calls"),
    optional_number("quota_period"),
    text("terms"),
    text("approval"),
    text("key_use"),
    optional_number("subscriptions_limit"),
    at("created_at"),
    optional_at("disabled_at"),
    optional_at("keys_from"),
    optional_text("before_keys"),
    optional_text("name_de"),
    optional_text("description_de"),
    optional_text("terms_de"),
)


class Product(Struct, frozen=True):
    """`approval` is "asked" or "automatic". `key_use` is "required", or "optional": then a token alone opens its APIs
    under its limits. `subscriptions_limit` is for each customer; None means no limit. A product that requires keys does
    so since `keys_from` (None: always did); until then `before_keys` applies: "optional", or "" where it leaves its
    APIs as they would be without it. `name_de`, `description_de` and `terms_de` are for readers of German, who see the
    English text where one is ""."""

    id: ProductId
    name: str
    description: str
    apis: tuple[ApiId, ...]
    rate: Limit | None = None
    quota: Limit | None = None
    terms: str = ""
    approval: str = "automatic"
    key_use: str = "required"
    subscriptions_limit: int | None = None
    created_at: int = 0
    disabled_at: int | None = None
    keys_from: int | None = None
    before_keys: str = ""
    name_de: str = ""
    description_de: str = ""
    terms_de: str = ""

    def name_in(self, lang: str) -> str:
        return (lang == "de" and self.name_de) or self.name

    def description_in(self, lang: str) -> str:
        return (lang == "de" and self.description_de) or self.description

    def terms_in(self, lang: str) -> str:
        return (lang == "de" and self.terms_de) or self.terms

    def begins_at(self, now: int) -> int | None:
        """The future moment from which it asks for keys; None where it already asks, or never will."""
        begins = self.keys_from if self.key_use == "required" else None
        return begins if begins is not None and begins > now else None

    def key_use_at(self, now: int) -> str:
        """The value of `key_use` at that moment; "" where the product does not regulate calls without a key yet."""
        return self.key_use if self.begins_at(now) is None else self.before_keys


def _limit(calls: int | None, period: int | None) -> Limit | None:
    return None if calls is None or period is None else Limit(calls, period)


def product_row(
    id: str, name: str, description: str, apis: str, rate_calls: int | None, rate_period: int | None, quota_calls: int | None,
    quota_period: int | None, terms: str, approval: str, key_use: str, subscriptions_limit: int | None, created_at: int,
    disabled_at: int | None, keys_from: int | None, before_keys: str | None, name_de: str | None,
    description_de: str | None, terms_de: str | None,
) -> Product:  # fmt: skip
    bundled = tuple(ApiId(api) for api in from_list(apis))
    return Product(
        ProductId(id), name, description, bundled, _limit(rate_calls, rate_period), _limit(quota_calls, quota_period),
        terms, approval, key_use, subscriptions_limit, created_at, disabled_at, keys_from,
        before_keys or "", name_de or "", description_de or "", terms_de or "",
    )  # fmt: skip


def _columns(product: Product) -> dict[str, object]:
    rate, quota = product.rate, product.quota
    return {
        "id": product.id, "name": product.name, "description": product.description, "apis": to_list(product.apis),
        "rate_calls": rate and rate.calls, "rate_period": rate and rate.period,
        "quota_calls": quota and quota.calls, "quota_period": quota and quota.period,
        "terms": product.terms, "approval": product.approval, "key_use": product.key_use,
        "subscriptions_limit": product.subscriptions_limit, "created_at": product.created_at,
        "disabled_at": product.disabled_at, "keys_from": product.keys_from, "before_keys": product.before_keys or None,
        "name_de": product.name_de or None, "description_de": product.description_de or None, "terms_de": product.terms_de or None,
    }  # fmt: skip


_P = PRODUCTS.c
_INSERT = Statement(lambda: insert_all(PRODUCTS), nothing)
_UPSERT = Statement(lambda: upsert(PRODUCTS, keep=("created_at", "disabled_at")), nothing)
_FIND = Statement(lambda: select(PRODUCTS).where(_P.id == bindparam("id")), product_row)
_LIST = Statement(
    lambda: select(PRODUCTS).where(_P.id > bindparam("after")).order_by(_P.id).limit(bindparam("most")), product_row
)
_DISABLE = Statement(
    lambda: update(PRODUCTS).where(_P.id == bindparam("b_id")).values(disabled_at=bindparam("at")), nothing
)
_COUNT = Statement(lambda: select(func.count()).select_from(PRODUCTS), int)
_LOCK = Statement(lambda: select(PRODUCTS).where(_P.id == bindparam("id")).with_for_update(key_share=True), product_row)


async def add_product(tx: Writer, product: Product) -> None:
    """Raises Conflict where the id is taken."""
    await tx.run(_INSERT, _columns(product))


async def put_product(tx: Writer, product: Product) -> None:
    """Overwrites the row, except for when it was created and disabled."""
    await tx.run(_UPSERT, _columns(product))


async def find_product(db: Reader, product_id: ProductId) -> Product | None:
    return await db.one(_FIND, {"id": product_id})


async def list_products(db: Reader, after: str = "", most: int = 100) -> list[Product]:
    """Ordered by id, up to `most` after the id `after`; disabled ones included."""
    return await db.all(_LIST, {"after": after, "most": most})


async def count_products(db: Reader) -> int:
    """Disabled ones included."""
    return await db.one(_COUNT, {}) or 0


async def set_product_disabled(tx: Writer, product_id: ProductId, at: int | None) -> bool:
    return await tx.run(_DISABLE, {"b_id": product_id, "at": at}) == 1


async def lock_product(tx: Writer, product_id: ProductId) -> Product | None:
    """Like `find_product`, and locks the row: nobody else can change it or count its subscriptions until this
    transaction ends."""
    return await tx.one(_LOCK, {"id": product_id})
