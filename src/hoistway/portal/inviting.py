"""Invitations of a customer, for its administrators: written, listed, sent again, withdrawn."""

import re
from typing import Final

from starlette.responses import Response

from hoistway.accounts.inviting import CanNotInvite, Invitation, Inviter, invite, send_again, shown_pending
from hoistway.authn.links import Invited
from hoistway.authn.rationing import RationSpent
from hoistway.engine import Engine
from hoistway.portal.changing import changing
from hoistway.portal.reach import Wanted, read_reach, sites_to_choose
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.text import read_name
from hoistway.store.customers import lock_customer
from hoistway.store.links import lock_link, pending_invitations, use_link
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

PEOPLE: Final = "/portal/people"
ROLES: Final = ("member", "administrator")
MOST_SHOWN: Final = 100
ADDRESS: Final = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")


def read_address(typed: str | None) -> tuple[str, bool]:
    """(an e-mail address as it is stored, whether it may be one)"""
    address, good = read_name(typed, 3, 320)
    return address, good and ADDRESS.fullmatch(address) is not None


async def pending_of(engine: Engine, reader: Reader) -> list[Invitation]:
    """The oldest first."""
    links = await pending_invitations(engine.db, reader.customer_id, engine.now(), after="", most=MOST_SHOWN)
    return await shown_pending(engine, links, reader.customer)


async def invite_page(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/people/invite: `address`, `role`, `language`, and the reach as on the page of a person."""
    before = Wanted("member", "all", (), ())
    if not visit.posted:
        return await _page(engine, visit, reader, before, None)
    t, role = PORTAL_WORDS[visit.lang], visit.form.get("role") or ""
    if role not in ROLES:
        raise NotFound
    address, good = read_address(visit.form.get("address"))
    wanted, problems = await read_reach(engine.db, visit, reader.customer_id, before, role)
    if not good:
        problems.add("address", t["invite_no_address"])
    if problems:
        return await _page(engine, visit, reader, wanted, problems)
    lang = "de" if visit.form.get("language") == "de" else "en"
    given = Invited(address, role, wanted.reach, wanted.sites, wanted.units, lang)
    try:
        async with changing(engine, visit, reader) as change:
            customer = await lock_customer(change.tx, reader.customer_id)
            if customer is None:
                raise NotFound
            link = await invite(engine, change.tx, Inviter(reader.user.id, reader.user.name), customer, given)
            await change.leads_to(PEOPLE)
            await change.record("invitation.sent", invitation=link.id, role=role, reach=wanted.reach)
    except (CanNotInvite, RationSpent) as refusal:
        problems.add("address", t[_key_of(refusal)])
        return await _page(engine, visit, reader, wanted, problems)
    return see_other(PEOPLE, "notice_invited")


def _key_of(refusal: CanNotInvite | RationSpent) -> str:
    if isinstance(refusal, RationSpent):
        return "invite_too_often"
    return "invite_no_mail" if refusal.key == "invite_no_mail" else "invite_too_many"


async def _page(engine: Engine, visit: Visit, reader: Reader, wanted: Wanted, problems: Problems | None) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "portal/invite.html", visit.frame, 422 if problems else 200, wanted=wanted, problems=problems,
        typed={"address": visit.form.get("address") or "", "language": visit.form.get("language") or visit.lang},
        sites=await sites_to_choose(engine.db, reader.customer_id), can_send=engine.settings.takes_mail,
        crumbs=(Crumb(t["people"], PEOPLE),),
    )  # fmt: skip


async def change_invitation(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/people/invitations/{id}: `do` is again or withdraw."""
    again = visit.form.get("do") == "again"
    if not again and visit.form.get("do") != "withdraw":
        raise NotFound
    notice = "notice_invited_again" if again else "notice_withdrawn"
    try:
        async with changing(engine, visit, reader) as change:
            customer = await lock_customer(change.tx, reader.customer_id)
            link = await lock_link(change.tx, visit.request.path_params["id"])
            if link is None or customer is None or link.customer_id != reader.customer_id or link.kind != "invitation":
                raise NotFound
            if not link.is_open(engine.now()):
                raise NotFound
            if again:
                found = Invitation(link, engine.links.open(link, Invited), customer)
                await send_again(engine, change.tx, Inviter(reader.user.id, reader.user.name), found)
                await change.record("invitation.sent_again", invitation=link.id)
            else:
                await use_link(change.tx, link.id, engine.now())
                await change.record("invitation.withdrawn", invitation=link.id)
    except (CanNotInvite, RationSpent):
        notice = "notice_invite_too_often"
    return see_other(PEOPLE, notice)
