"""Invitations to a customer, as operators send them and see those that wait, whoever sent them."""

from starlette.responses import Response

from hoistway.accounts.inviting import CanNotInvite, Inviter
from hoistway.authn.rationing import RationSpent
from hoistway.engine import Engine
from hoistway.portal.changing import operating
from hoistway.portal.inviting import NOBODY, change_pending, key_of, looked_for, pending_of, read_invited, send
from hoistway.portal.reach import Wanted, choices_of
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import Customer, find_customer
from hoistway.store.users import User
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


async def invitations(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/customers/{id}/invitations: `do` is again or withdraw, with `invitation`; without it, the form
    invites."""
    customer = await find_customer(engine.db, CustomerId(visit.request.path_params["id"]))
    if customer is None or customer.id == SANDBOX:
        raise NotFound
    if not visit.posted:
        return await _page(engine, visit, customer, NOBODY, None)
    by, do = Inviter(operator.id, operator.name, of_operator=True), visit.form.get("do")
    if do is None:
        return await _invite(engine, visit, operator, customer, by)
    try:
        async with operating(engine, visit, operator, customer.id) as change:
            notice = await change_pending(change, customer.id, visit.form.need("invitation"), by, do)
    except (CanNotInvite, RationSpent):
        notice = "notice_invite_too_often"
    return see_other(visit.path, notice)


async def _invite(engine: Engine, visit: Visit, operator: User, customer: Customer, by: Inviter) -> Response:
    if (looked := looked_for(visit)) is not None:
        return await _page(engine, visit, customer, looked, None)
    t, (given, wanted, problems) = PORTAL_WORDS[visit.lang], await read_invited(engine, visit, customer.id)
    if customer.disabled_at is not None:
        problems.add("address", t["invite_disabled"])
    if problems:
        return await _page(engine, visit, customer, wanted, problems)
    try:
        async with operating(engine, visit, operator, customer.id) as change:
            await send(change, customer.id, by, given)
    except (CanNotInvite, RationSpent) as refusal:
        problems.add("address", t[key_of(refusal)])
        return await _page(engine, visit, customer, wanted, problems)
    return see_other(visit.path, "notice_invited")


async def _page(
    engine: Engine, visit: Visit, customer: Customer, wanted: Wanted, problems: Problems | None
) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/invitations.html", visit.frame, 422 if problems else 200, customer=customer, wanted=wanted,
        problems=problems, pending=await pending_of(engine, visit, customer), can_send=engine.settings.takes_mail,
        typed={"address": visit.form.get("address") or "", "language": visit.form.get("language") or visit.lang},
        choices=await choices_of(engine.db, visit, customer.id, wanted),
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_customers"], "/console/customers"),
            Crumb(customer.name, f"/console/customers/{segment(customer.id)}"),
        ),
    )  # fmt: skip
