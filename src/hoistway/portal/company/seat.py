"""From where a company's sign-in and directory are looked after: by its administrators in the portal, by operators at a
customer's page of the console. The pages are the same.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.changing import Change, changing, operating
from hoistway.portal.doors import Endpoint, for_administrator, for_operator
from hoistway.portal.visit import NotFound, Reader, Visit
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import Customer, find_customer
from hoistway.store.users import User
from hoistway.web.frame import Crumb
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


class Seat(Struct, frozen=True):
    """`root` is the address below which the pages stand; `by` is who sits here. `begin` is the transaction of a change:
    the customer is locked in it, and who may was judged again. `is_own` is True in the portal."""

    customer: Customer
    root: str
    by: UserId
    begin: Callable[[], AbstractAsyncContextManager[Change]]
    crumbs: tuple[Crumb, ...]
    is_own: bool
    may_change: bool

    @property
    def id(self) -> CustomerId:
        return self.customer.id


Page = Callable[[Engine, Visit, Seat], Awaitable[Response]]


def for_own(page: Page) -> Endpoint:
    """In the portal, for administrators of the current customer; support that acts for it only looks."""

    async def seated(engine: Engine, visit: Visit, reader: Reader) -> Response:
        begin, may = partial(changing, engine, visit, reader), reader.may_manage
        seat = Seat(reader.customer, "/portal", reader.user.id, begin, (), True, may)
        return await page(engine, visit, seat)

    return for_administrator(seated)


def for_any(page: Page) -> Endpoint:
    """At the console, for the customer whom the address names; the simulated one has nobody who could sign in."""

    async def seated(engine: Engine, visit: Visit, operator: User) -> Response:
        customer = await find_customer(engine.db, CustomerId(visit.request.path_params["id"]))
        if customer is None or customer.id == SANDBOX:
            raise NotFound
        t, here = PORTAL_WORDS[visit.lang], f"/console/customers/{segment(customer.id)}"
        crumbs = (
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_customers"], "/console/customers"),
            Crumb(customer.name, here),
        )  # fmt: skip

        @asynccontextmanager
        async def begin() -> AsyncIterator[Change]:
            """What an operator does stands in the trail of the customer, too."""
            async with operating(engine, visit, operator, customer.id) as change:
                yield replace(change, customer_id=customer.id)

        seat = Seat(customer, here, operator.id, begin, crumbs, False, "change" in visit.frame.acts)
        return await page(engine, visit, seat)

    return for_operator(seated)
