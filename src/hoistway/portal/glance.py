"""What the portal's first page tells somebody who is signed in: what waits, what ends soon, what failed today, and
which first steps are left. Everything belongs to the current customer; what operators should review is counted
separately.
"""

from msgspec import Struct

from hoistway.applications.asking import MOST_OPEN
from hoistway.engine import Engine
from hoistway.portal.applications.listed import NEWEST
from hoistway.portal.visit import Reader, Visit
from hoistway.protocol.roles import may
from hoistway.settings import DAY
from hoistway.store.db import Busy
from hoistway.store.endings import Ending, endings_of
from hoistway.store.first_steps import WithoutSecret, has_application, has_called, without_secret
from hoistway.store.proposals import count_proposals
from hoistway.store.request_lists import count_queue, page_of_requests
from hoistway.store.requests import Request
from hoistway.store.subscription_lists import Listed, waiting_subscriptions
from hoistway.store.subscriptions import count_waiting
from hoistway.store.usage_errors import Errors, errors_by_application

SOON = 30 * DAY
SHOWN = 5


class Steps(Struct, frozen=True):
    """What is left to do before the first call: True for a step that is left."""

    application: bool
    secrets: list[WithoutSecret]
    call: bool

    def __bool__(self) -> bool:
        return self.application or bool(self.secrets) or self.call


class Glance(Struct, frozen=True):
    """About one customer; each list has at most `SHOWN` lines. `errors` is None where they could not be counted now."""

    requests: list[Request]
    subscriptions: list[Listed]
    endings: list[Ending]
    errors: list[Errors] | None
    steps: Steps
    days: int = SOON // DAY

    @property
    def waiting(self) -> bool:
        return bool(self.requests or self.subscriptions)


async def glance(engine: Engine, reader: Reader) -> Glance:
    """Members see what they asked for themselves; whoever administers the customer, or looks at it for the operator,
    sees everybody's."""
    db, customer_id, now = engine.db, reader.customer_id, engine.now()
    by = None if reader.may_manage or reader.acting else reader.user.id
    requests = [
        one
        for one in await page_of_requests(db, customer_id, is_open=True, before=NEWEST, most=MOST_OPEN)
        if by in {None, one.requested_by}
    ]
    requests.sort(key=lambda one: one.state != "asked")
    return Glance(
        requests[:SHOWN],
        await waiting_subscriptions(db, customer_id, by, SHOWN),
        await endings_of(db, customer_id, now=now, until=now + SOON, most=SHOWN),
        await _errors(engine, reader),
        await _steps(engine, reader),
    )


async def _errors(engine: Engine, reader: Reader) -> list[Errors] | None:
    """The page is shown without them while other searches of this customer are running."""
    now = engine.now()
    try:
        return await errors_by_application(engine.db, reader.customer_id, now - now % DAY, SHOWN)
    except Busy:
        return None


async def _steps(engine: Engine, reader: Reader) -> Steps:
    bare = await without_secret(engine.db, reader.customer_id, engine.now(), SHOWN)
    return Steps(
        not await has_application(engine.db, reader.customer_id),
        [one for one in bare if reader.may_manage or (one.environment == "sandbox" and reader.role == "member")],
        not await has_called(engine.db, reader.customer_id),
    )


async def to_review(engine: Engine, visit: Visit) -> dict[str, int] | None:
    """How many things wait for operators, by the address of their list; None for people who can't see the console."""
    if visit.person is None or not may(visit.person.user.flags, "read"):
        return None
    return await waiting_for_operators(engine)


async def waiting_for_operators(engine: Engine) -> dict[str, int]:
    return {
        "/console/requests": (await count_queue(engine.db)).get("submitted", 0),
        "/console/subscriptions": await count_waiting(engine.db),
        "/console/changes": await count_proposals(engine.db),
    }
