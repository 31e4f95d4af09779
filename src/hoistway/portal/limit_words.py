"""Words for limits: "1,000 calls a minute", and what is left of them."""

from msgspec import Struct

from hoistway.engine import Engine
from hoistway.limits.counting import Taken
from hoistway.protocol.limits import Left, Limit, Limits
from hoistway.store.products import Product
from hoistway.store.subscriptions import Subscription
from hoistway.web.figures import Figures
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.templates.filters import date
from hoistway.web.words import Lang

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def period_words(lang: Lang, seconds: int) -> str:
    """ "a minute", "30 days": in the largest unit that fits."""
    t = PORTAL_WORDS[lang]
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0)
    count = seconds // size
    return t[f"limit_{unit}"] if count == 1 else t[f"limit_{unit}s"].format(count=Figures(lang).count(count))


def limit_words(lang: Lang, limit: Limit | None) -> str:
    t = PORTAL_WORDS[lang]
    if limit is None:
        return t["limit_none"]
    return t["limit_calls"].format(calls=Figures(lang).count(limit.calls), period=period_words(lang, limit.period))


def key_words(lang: Lang, product: Product, now: int, kind: str = "product_key") -> str:
    """Whether calls need a key, and from when; `kind` "product_key_text" gives a whole sentence."""
    begins, t = product.begins_at(now), PORTAL_WORDS[lang]
    if begins is None:
        return t[f"{kind}_{product.key_use}"]
    return t[f"{kind}_from"].format(day=date(begins))


class Meter(Struct, frozen=True):
    """One limit as a bar with its numbers: `word` is "rate" or "quota", `resets_at` the start of the next window."""

    word: str
    left: int
    calls: int
    numbers: str
    resets_at: int


def _meter(lang: Lang, word: str, limit: Limit | None, left: Left | None, now: int) -> list[Meter]:
    if limit is None or left is None:
        return []
    count = Figures(lang).count
    numbers = PORTAL_WORDS[lang]["limit_left"].format(left=count(left.calls), calls=count(limit.calls))
    return [Meter(word, left.calls, limit.calls, numbers, now + left.seconds)]


async def meters_of(engine: Engine, lang: Lang, product: Product, subscription: Subscription) -> list[Meter]:
    """What is left now, as far as this machine knows; empty for a subscription that was never active."""
    limits, now = Limits(product.rate, product.quota), engine.now()
    if subscription.started_at is None or (product.rate is None and product.quota is None):
        return []
    subject = f"s:{subscription.id}"
    taken: Taken = await engine.limits.take(engine.db, subject, limits, subscription.started_at, now, 0)
    return [
        *_meter(lang, "rate", product.rate, taken.rate, now),
        *_meter(lang, "quota", product.quota, taken.quota, now),
    ]
