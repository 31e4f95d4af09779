"""The members of a product as texts, as a form has them: reads them, and returns a product or what is wrong with them. The same for a
page of the console and for a program.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from hoistway.approving.kinds import product_values
from hoistway.products.beginning import begun
from hoistway.products.texts import TEXTS, is_product_id, wrong_texts
from hoistway.protocol.ids import ApiId, ProductId
from hoistway.protocol.limits import LONGEST_PERIOD, MOST_CALLS, Limit
from hoistway.protocol.numbers import read_moment, read_whole
from hoistway.store.products import Product
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang, Words

FIELDS = (
    "id", *TEXTS, "rate_calls", "rate_period", "quota_calls", "quota_period", "approval", "key_use",
    "keys_from", "subscriptions_limit",
)  # fmt: skip
_WRONG = {
    "name": "product_no_name", "name_de": "product_wrong_name_de", "description": "product_no_description",
    "description_de": "product_long_description_de", "terms": "product_long_terms", "terms_de": "product_wrong_terms_de",
}  # fmt: skip
MOST_SUBSCRIPTIONS = 1000
LATEST = 2 * 365 * 86_400


def typed_of(product: Product) -> dict[str, str]:
    """What the form shows. An API that is chosen is `apis_` and its id, with the value "yes"."""
    limit = product.subscriptions_limit
    return {
        "id": product.id,
        **{name: getattr(product, name) for name in TEXTS},
        **_typed_limit("rate", product.rate, 60),
        **_typed_limit("quota", product.quota, 30 * 86_400),
        "approval": product.approval,
        "key_use": product.key_use,
        "keys_from": product_values(product)["keys_from"],
        "subscriptions_limit": "" if limit is None else str(limit),
        **{f"apis_{api}": "yes" for api in product.apis},
    }


def _typed_limit(name: str, limit: Limit | None, period: int) -> dict[str, str]:
    calls, seconds = ("", period) if limit is None else (str(limit.calls), limit.period)
    return {f"{name}_calls": calls, f"{name}_period": str(seconds)}


def _read_limit(t: Words, name: str, typed: Mapping[str, str], problems: Problems) -> Limit | None:
    if not typed[f"{name}_calls"]:
        return None
    calls = read_whole(typed[f"{name}_calls"], 1, MOST_CALLS)
    period = read_whole(typed[f"{name}_period"], 1, LONGEST_PERIOD)
    if calls is None:
        problems.add(f"{name}_calls", t["product_no_calls"])
    if period is None:
        problems.add(f"{name}_period", t["product_choose"])
    return None if calls is None or period is None else Limit(calls, period)


def _read_begin(t: Words, typed: Mapping[str, str], found: Product | None, now: int, problems: Problems) -> int | None:
    """The day from which keys are required: one in the future, or the day that the stored product has."""
    if not typed["keys_from"] or typed["key_use"] != "required":
        return None
    day = read_moment(typed["keys_from"])
    begins = None if day is None else int(day.timestamp())
    if begins is None or not (now < begins < now + LATEST or (found is not None and begins == found.keys_from)):
        problems.add("keys_from", t["product_no_begin"])
    return begins


def check_product(
    lang: Lang, typed: Mapping[str, str], known: Mapping[str, str], now: int, found: Product | None = None
) -> tuple[Product | None, Problems]:
    """`known` are the existing APIs, `found` is the stored product. Returns None where there are problems."""
    t, problems = PORTAL_WORDS[lang], Problems()
    if not is_product_id(typed["id"]):
        problems.add("id", t["product_no_id"])
    for name in wrong_texts(typed):
        problems.add(name, t[_WRONG[name]])
    apis = tuple(ApiId(api) for api in known if typed.get(f"apis_{api}") == "yes")
    if not apis:
        problems.add("apis", t["product_no_apis"])
    rate, quota = (_read_limit(t, name, typed, problems) for name in ("rate", "quota"))
    limit = read_whole(typed["subscriptions_limit"], 1, MOST_SUBSCRIPTIONS)
    if typed["subscriptions_limit"] and limit is None:
        problems.add("subscriptions_limit", t["product_no_limit"])
    for name, words in (("approval", {"automatic", "asked"}), ("key_use", {"required", "optional"})):
        if typed[name] not in words:
            problems.add(name, t["product_choose"])
    begins = _read_begin(t, typed, found, now, problems)
    if problems:
        return None, problems
    wanted = Product(
        ProductId(typed["id"]), typed["name"], typed["description"], apis, rate, quota, typed["terms"], typed["approval"],
        typed["key_use"], limit, keys_from=begins,
        name_de=typed["name_de"], description_de=typed["description_de"], terms_de=typed["terms_de"],
    )  # fmt: skip
    if found is not None:
        wanted = replace(wanted, created_at=found.created_at, disabled_at=found.disabled_at)
    return begun(found, wanted, now), problems
