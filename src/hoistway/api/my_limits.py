"""Which limits apply to this token and key, and what is left of them."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import Limit, Limits, Product
from hoistway.api.guard import admit
from hoistway.engine import Engine
from hoistway.limits.counting import Taken
from hoistway.protocol import limits
from hoistway.web.replies import NO_STORE, json_reply


def _limit(limit: limits.Limit | None, left: limits.Left | None, now: int) -> Limit | None:
    if limit is None or left is None:
        return None
    return Limit(
        calls=limit.calls,
        period_seconds=limit.period,
        used=limit.calls - left.calls,
        remaining=left.calls,
        reset_seconds=left.seconds,
        resets_at=now + left.seconds,
    )


async def my_limits(engine: Engine, request: Request) -> Response:
    """GET /api/v1/me/limits: for any token of this API. It is not counted, so it works even when nothing is left."""
    caller = await admit(engine, request, None, calls=0)
    plan, taken = request.scope.get("hoistway.limits") or (caller.presented.plan, Taken(None, None, None))
    product, holder, now = None if plan is None else plan.product, caller.presented.holder, engine.now()
    body = Limits(
        customer_id=caller.reach.customer_id,
        subscription_id=None if holder is None else holder.subscription_id,
        product=None if product is None else Product(id=product.id, name=product.name, name_de=product.name_in("de")),
        key_required=product is not None and product.key_use_at(now) == "required",
        rate=None if product is None else _limit(product.rate, taken.rate, now),
        quota=None if product is None else _limit(product.quota, taken.quota, now),
    )
    return json_reply(body, headers=NO_STORE)
