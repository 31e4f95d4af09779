"""Rate and quota of a call: counts it, refuses it in the words of API Management, and reports the state in RateLimit
fields (https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11).
"""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.problems import Turned
from hoistway.api.subscription import Presented
from hoistway.engine import Engine
from hoistway.limits.counting import Taken
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.limits import duration, service_field


def counted_as(presented: Presented, customer_id: CustomerId) -> tuple[str, int]:
    """(subject, anchor): each subscription has its own windows, from when it first became active. Calls without a key
    are counted for the customer, in windows of the calendar."""
    holder = presented.holder
    return (
        windows_of(customer_id)
        if holder is None
        else windows_of_subscription(holder.subscription_id, holder.started_at)
    )


def windows_of(customer_id: CustomerId) -> tuple[str, int]:
    """(subject, anchor) of calls without a key."""
    return f"c:{customer_id}", 0


def windows_of_subscription(subscription_id: str, started_at: int | None) -> tuple[str, int]:
    return f"s:{subscription_id}", started_at or 0


def _refusal(taken: Taken) -> Turned:
    if taken.refused == "quota" and taken.quota is not None:
        seconds = max(1, taken.quota.seconds)
        message = f"Out of call volume quota. Quota will be replenished in {duration(seconds)}."
        return Turned(403, "quota-exceeded", message, {"retry-after": str(seconds)})
    seconds = 1 if taken.rate is None else max(1, taken.rate.seconds)
    message = f"Rate limit is exceeded. Try again in {seconds} seconds."
    return Turned(429, "rate-exceeded", message, {"retry-after": str(seconds)})


async def spend(engine: Engine, request: Request, presented: Presented, customer_id: CustomerId, calls: int) -> None:
    """Counts the call; `calls` 0 only looks. The answer, whatever it will be, reports what is left. Raises Turned."""
    plan = presented.plan
    if plan is None or not plan.policy:
        return
    subject, anchor = counted_as(presented, customer_id)
    taken = await engine.limits.take(engine.db, subject, plan.limits, anchor, engine.now(), calls)
    request.scope["hoistway.limits"] = (plan, taken)
    if taken.refused is not None:
        raise _refusal(taken)


def tell_limits(request: Request, reply: Response) -> Response:
    """Adds RateLimit-Policy and RateLimit where there are limits."""
    told = request.scope.get("hoistway.limits")
    if told is not None:
        plan, taken = told
        reply.raw_headers.append((b"ratelimit-policy", plan.policy))
        reply.raw_headers.append((b"ratelimit", service_field(taken.rate, taken.quota)))
    return reply
