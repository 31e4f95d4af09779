"""Changes the customer for whom a person looks at the portal."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.changing import changing
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.store.memberships import lock_membership
from hoistway.store.sessions import choose_session_customer


async def switch_customer(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/customer: `customer`, one of the person's own."""
    wanted = CustomerId(visit.form.need("customer"))
    subject = await engine.directory.subject("user", reader.user.id, wanted, engine.now(), "production")
    if subject is None or subject.acting:
        raise NotFound
    async with changing(engine, visit, reader) as change:
        if await lock_membership(change.tx, reader.user.id, wanted) is None:
            raise NotFound
        await choose_session_customer(change.tx, reader.person.session.session_digest, wanted)
    return see_other("/portal", "notice_customer")
