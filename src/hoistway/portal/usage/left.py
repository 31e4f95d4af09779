"""What is left of the customer's rates and quotas, for each active subscription and for calls without a key."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from hoistway.api.guard import CUSTOMER_API
from hoistway.api.limits import windows_of, windows_of_subscription
from hoistway.engine import Engine
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.limits import Left, Limit, Limits
from hoistway.store.subscription_lists import Listed
from hoistway.web.words import Lang

MOST = 20


class Allowance(Struct, frozen=True):
    """`kind` is "rate" or "quota"; `subscription` is "" for calls without a key; `period` in seconds."""

    subscription: str
    product: str
    kind: str
    left: int
    calls: int
    period: int
    renewed_at: int

    @property
    def share(self) -> float:
        """What is left, from 0 to 1."""
        return self.left / self.calls if self.calls else 0.0


def _rows(name: str, product: str, limits: Limits, lefts: Sequence[Left | None], now: int) -> Iterator[Allowance]:
    pairs: tuple[tuple[str, Limit | None], ...] = (("rate", limits.rate), ("quota", limits.quota))
    for (kind, limit), left in zip(pairs, lefts, strict=True):
        if limit is not None and left is not None:
            yield Allowance(name, product, kind, max(0, left.calls), limit.calls, limit.period, now + left.seconds)


async def allowances(
    engine: Engine, lang: Lang, customer_id: CustomerId, subscriptions: Sequence[Listed]
) -> list[Allowance]:
    """Looked up without counting a call. Products without limits have none."""
    now = engine.now()
    found: list[Allowance] = []
    offers = await engine.directory.offers(now)
    keyless = offers.keyless.get(CUSTOMER_API)
    if keyless is not None and keyless.policy:
        subject, anchor = windows_of(customer_id)
        taken = await engine.limits.take(engine.db, subject, keyless.limits, anchor, now, 0)
        found += _rows("", keyless.product.name_in(lang), keyless.limits, (taken.rate, taken.quota), now)
    active = [row for row in subscriptions if row.subscription.state_at(now) == "active"]
    for row in active[:MOST]:
        plan, own = offers.plans.get(row.subscription.product_id), row.subscription
        if plan is not None and plan.policy:
            subject, anchor = windows_of_subscription(own.id, own.started_at)
            taken = await engine.limits.take(engine.db, subject, plan.limits, anchor, now, 0)
            name = plan.product.name_in(lang)
            found += _rows(own.name or name, name, plan.limits, (taken.rate, taken.quota), now)
    return found
