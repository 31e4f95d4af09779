"""Invitations of a customer, for its administrators: written, listed, sent again, withdrawn."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from hoistway.accounts.inviting import (
    CanNotInvite,
    Invitation,
    Inviter,
    invite_to,
    lock_invitation,
    read_address,
    send_again_to,
    shown_pending,
    withdraw_invitation,
)
from hoistway.authn.links import BadLink, Invited
from hoistway.authn.rationing import AllSpent, RationSpent
from hoistway.engine import Engine
from hoistway.portal.changing import Change, changing
from hoistway.portal.reach import Wanted, choices_of, read_reach, typed_reach
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.roles import may
from hoistway.store.customers import Customer
from hoistway.store.links import pending_invitations
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS

PEOPLE: Final = "/portal/people"
ROLES: Final = ("member", "administrator")
OF_A_PAGE: Final = 25
NOBODY: Final = Wanted("member", "all", (), ())
"""What the form begins with."""


class Pending(Struct, frozen=True):
    """A page of invitations, and the addresses of the next and of the first one where this is neither."""

    rows: Sequence[Invitation]
    more: str | None
    first: str | None


async def pending_of(engine: Engine, visit: Visit, customer: Customer) -> Pending:
    """The oldest first; `invited` selects the page behind that invitation."""
    after = (visit.query.get("invited") or "")[:100]
    links = await pending_invitations(engine.db, customer.id, engine.now(), after=after, most=OF_A_PAGE + 1)
    shown = links[:OF_A_PAGE]
    more = f"{visit.path}?{urlencode({'invited': shown[-1].id})}#pending" if len(links) > OF_A_PAGE else None
    return Pending(await shown_pending(engine, shown, customer), more, f"{visit.path}#pending" if after else None)


async def invite_page(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/people/invite: `address`, `role`, `language`, and the reach as on the page of a person."""
    if not visit.posted:
        return await _page(engine, visit, reader, NOBODY, None)
    if (looked := looked_for(visit)) is not None:
        return await _page(engine, visit, reader, looked, None)
    t, (given, wanted, problems) = PORTAL_WORDS[visit.lang], await read_invited(engine, visit, reader.customer_id)
    if problems:
        return await _page(engine, visit, reader, wanted, problems)
    try:
        async with changing(engine, visit, reader) as change:
            await send(change, reader.customer_id, _by(reader), given)
            await change.leads_to(PEOPLE)
    except (CanNotInvite, RationSpent) as refusal:
        problems.add("address", t[key_of(refusal)])
        return await _page(engine, visit, reader, wanted, problems)
    return see_other(PEOPLE, "notice_invited")


def _by(reader: Reader) -> Inviter:
    """An operator who acts for the customer stays one of the operator's people."""
    return Inviter(reader.user.id, reader.user.name, of_operator=may(reader.user.flags, "change"))


def looked_for(visit: Visit) -> Wanted | None:
    """What is ticked so far where the form only looks for sites and units."""
    if visit.form.get("look") is None:
        return None
    role = visit.form.get("role") or ""
    if role not in ROLES:
        raise NotFound
    return typed_reach(visit, NOBODY, role)


async def read_invited(engine: Engine, visit: Visit, customer_id: CustomerId) -> tuple[Invited, Wanted, Problems]:
    """What the form asks for; to be sent only where there are no problems."""
    role = visit.form.get("role") or ""
    if role not in ROLES:
        raise NotFound
    address, good = read_address(visit.form.get("address"))
    wanted, problems = await read_reach(engine.db, visit, customer_id, NOBODY, role)
    if not good:
        problems.add("address", PORTAL_WORDS[visit.lang]["invite_no_address"])
    lang = "de" if visit.form.get("language") == "de" else "en"
    return Invited(address, role, wanted.reach, wanted.sites, wanted.units, lang), wanted, problems


async def send(change: Change, customer_id: CustomerId, by: Inviter, given: Invited) -> None:
    """Raises NotFound, CanNotInvite, RationSpent."""
    try:
        await invite_to(change.engine, change, customer_id, by, given)
    except BadLink as error:
        raise NotFound from error


def key_of(refusal: CanNotInvite | RationSpent) -> str:
    if isinstance(refusal, AllSpent):
        return "invite_all_spent"
    if isinstance(refusal, RationSpent):
        return "invite_too_often"
    return "invite_no_mail" if refusal.key == "invite_no_mail" else "invite_too_many"


async def _page(engine: Engine, visit: Visit, reader: Reader, wanted: Wanted, problems: Problems | None) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "portal/invite.html", visit.frame, 422 if problems else 200, wanted=wanted, problems=problems,
        typed={"address": visit.form.get("address") or "", "language": visit.form.get("language") or visit.lang},
        choices=await choices_of(engine.db, visit, reader.customer_id, wanted), can_send=engine.settings.takes_mail,
        crumbs=(Crumb(t["people"], PEOPLE),),
    )  # fmt: skip


async def change_invitation(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """POST /portal/people/invitations/{id}: `do` is again or withdraw."""
    do = visit.form.get("do")
    try:
        async with changing(engine, visit, reader) as change:
            by = _by(reader)
            notice = await change_pending(change, reader.customer_id, visit.request.path_params["id"], by, do)
    except (CanNotInvite, RationSpent):
        notice = "notice_invite_too_often"
    return see_other(PEOPLE, notice)


async def change_pending(change: Change, customer_id: CustomerId, link_id: str, by: Inviter, do: str | None) -> str:
    """`do` is again or withdraw. Returns the notice. Raises NotFound, CanNotInvite, RationSpent."""
    if do not in {"again", "withdraw"}:
        raise NotFound
    try:
        found = await lock_invitation(change.engine, change.tx, customer_id, link_id)
    except BadLink as error:
        raise NotFound from error
    if do == "withdraw":
        await withdraw_invitation(change.engine, change, found)
        return "notice_withdrawn"
    await send_again_to(change.engine, change, by, found)
    return "notice_invited_again"
