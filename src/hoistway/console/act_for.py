"""Acting for a customer: an operator sees the portal as the customer does, after giving a reason, which is recorded, as the end is
where they end it, act for another one, look at a customer of their own, or sign out."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import find_customer
from hoistway.store.sessions import act_in_session, lock_session, stop_in_session
from hoistway.store.users import User
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS


async def act_for(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/act-for: `customer` and `reason`."""
    typed = {name: (visit.form.get(name) or visit.query.get(name) or "").strip() for name in ("customer", "reason")}
    if not visit.posted:
        return engine.pages.portal("console/act_for.html", visit.frame, values=typed, problems=None)
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    customer = await find_customer(engine.db, CustomerId(typed["customer"][:200]))
    if customer is None or customer.disabled_at is not None or customer.id == SANDBOX:
        problems.add("customer", t["act_no_customer"])
    if not 10 <= len(typed["reason"]) <= 500:
        problems.add("reason", t["act_no_reason"])
    person = visit.person
    if problems or customer is None or person is None:
        return engine.pages.portal("console/act_for.html", visit.frame, 422, values=typed, problems=problems)
    async with operating(engine, visit, operator, customer.id) as change:
        if await find_customer(change.tx, customer.id) != customer:
            raise Moved(log="the customer changed")
        before = await lock_session(change.tx, person.session.session_digest, engine.now())
        if before is not None and before.acting_for not in {None, customer.id}:
            await change.record("act_for.ended", customer_id=before.acting_for)
        await act_in_session(change.tx, person.session.session_digest, customer.id)
        await change.record("act_for.begun", customer_id=customer.id, reason=typed["reason"])
    return see_other("/portal", "notice_acting")


async def stop_acting(engine: Engine, visit: Visit, operator: User) -> Response:
    """POST /console/act-for/end"""
    person = visit.person
    if person is not None and person.session.acting_for is not None:
        async with operating(engine, visit, operator) as change:
            await stop_in_session(change.tx, person.session.session_digest)
            await change.record("act_for.ended", customer_id=person.session.acting_for)
    return see_other("/console", "notice_acted")
