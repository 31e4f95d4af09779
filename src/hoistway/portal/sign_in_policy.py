"""Of whom a customer requires a second factor, as its administrators decide (docs/adr/0030-factors.md)."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.changing import Moved, changing
from hoistway.portal.chosen import chosen
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.store.change_row import change_row
from hoistway.store.customers import find_customer
from hoistway.store.member_search import members_without_factor
from hoistway.web.frame import Crumb
from hoistway.web.portal_words import PORTAL_WORDS

HERE = "/portal/sign-in"
MOST_SHOWN = 50
OF = ("nobody", "administrators", "all")


async def sign_in_policy(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/sign-in: `second_factor` is one of OF."""
    customer = await find_customer(engine.db, reader.customer_id)
    if customer is None:
        raise NotFound
    if not visit.posted:
        t = PORTAL_WORDS[visit.lang]
        bare = await members_without_factor(engine.db, reader.customer_id, MOST_SHOWN + 1)
        return engine.pages.portal(
            "portal/sign_in_policy.html", visit.showing(customer), of=OF, value=customer.second_factor or "nobody",
            bare=bare[:MOST_SHOWN], cut=len(bare) > MOST_SHOWN, most=MOST_SHOWN,
            crumbs=(Crumb(t["people"], "/portal/people"),),
        )  # fmt: skip
    wanted = chosen(visit.form, "second_factor", OF, "")
    async with changing(engine, visit, reader) as change:
        row = await find_customer(change.tx, reader.customer_id)
        if row is None:
            raise Moved(log="the customer is gone")
        change.check_shown(row)
        before = row.second_factor or "nobody"
        if wanted != before:
            await change_row(change.tx, "customers", row.id, {"second_factor": None if wanted == "nobody" else wanted})
            await change.record(
                "customer.changed", id=row.id, before={"second_factor": before}, after={"second_factor": wanted}
            )
    return see_other(HERE, "notice_changed")
