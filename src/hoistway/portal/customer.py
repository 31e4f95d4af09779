"""Changes the customer for whom a person looks at the portal."""

from starlette.responses import Response

from hoistway.endpoints.browser import confined_to
from hoistway.endpoints.entering import Onward, more_of, to_second_step
from hoistway.endpoints.page_refusals import is_own
from hoistway.engine import Engine
from hoistway.portal.changing import changing
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.store.memberships import find_membership
from hoistway.store.sessions import choose_session_customer, stop_in_session


async def switch_customer(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/customer: `customer` is one of the person's own; acting for another one ends with it. `next` is the
    page of the portal to return to, for a form that was shown for that customer. Whom a company's provider signed in proves
    themselves here first, because it does not speak for another customer."""
    wanted = CustomerId(visit.form.need("customer"))
    # So that nobody locks the row of a customer in which they have no place.
    if await find_membership(engine.db, reader.user.id, wanted) is None:
        raise NotFound
    if await confined_to(engine.db, reader.person.session) not in {None, wanted}:
        unfinished = more_of(engine, visit.browser, reader.person, "prove", 1)
        return to_second_step(engine, unfinished, Onward(back="/portal"))
    async with changing(engine, visit, reader, to=wanted) as change:
        digest = reader.person.session.session_digest
        await choose_session_customer(change.tx, digest, wanted)
        if reader.acting:
            await stop_in_session(change.tx, digest)
            await change.record("act_for.ended")
    back = visit.form.get("next") or ""
    return see_other(back if back.startswith("/portal/") and is_own(back) else "/portal", "notice_customer")
