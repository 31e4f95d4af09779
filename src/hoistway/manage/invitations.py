"""Invitations by programs: listed, sent, sent again, withdrawn. The rules are those of the console (accounts/inviting.py,
things/places.py).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from msgspec import UNSET
from starlette.requests import Request
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
from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.problems import Problem
from hoistway.api.reading import check_media_type, read_json
from hoistway.authn.links import BadLink, Invited
from hoistway.authn.rationing import RationSpent
from hoistway.engine import Engine
from hoistway.manage import invitation_bodies as bodies
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import as_problems, row_id_of
from hoistway.manage.people_bodies import MembershipChange
from hoistway.manage.problems import invalid, not_found, refused
from hoistway.manage.repeating import RETRY, Answer, find_answer, keep_answer, read_attempt
from hoistway.manage.replies import PRIVATE, answer_of, check_version, is_dry, reply_of
from hoistway.manage.values import new_values
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.manage_scopes import PATH
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.customers import Customer, find_customer
from hoistway.store.links import find_link_by_id, pending_invitations
from hoistway.things.places import ENTRIES, check_known
from hoistway.web.forms import read_body
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

_REACH: Final = [entry for entry in ENTRIES if entry.name != "customer"]


@asynccontextmanager
async def _problems() -> AsyncIterator[None]:
    words = PORTAL_WORDS["en"]
    try:
        async with as_problems({}):
            yield
    except RationSpent as spent:
        detail = words["invite_too_often"]
        raise Problem(
            429, "too-many-letters", "Too many letters", detail, headers={"retry-after": str(spent.wait or RETRY)}
        ) from spent
    except CanNotInvite as refusal:
        raise refused(words["invite_no_mail" if refusal.key == "invite_no_mail" else "invite_too_many"]) from refusal
    except BadLink as error:
        raise not_found() from error


async def _customer(engine: Engine, request: Request) -> Customer:
    """Raises Problem."""
    row = await find_customer(engine.db, CustomerId(row_id_of(request)))
    if row is None or row.id == SANDBOX:
        raise not_found()
    return row


async def list_pending(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/customers/{id}/invitations"""
    customer = await _customer(engine, request)
    params, limit, after = read_page(request, frozenset())
    links = await pending_invitations(engine.db, customer.id, engine.now(), after=after, most=limit + 1)
    cursor = write_cursor(request, links[limit - 1].id, params, frozenset()) if len(links) > limit else None
    items = [bodies.invitation_body(one) for one in await shown_pending(engine, links[:limit], customer)]
    return page_reply(engine, request, page_of(bodies.InvitationPage(items, cursor), cursor), params)


async def read_one(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/customers/{id}/invitations/{invitation_id}"""
    customer, link_id = await _customer(engine, request), row_id_of(request, "invitation_id")
    async with _problems():
        found = await find_pending(engine, customer, link_id)
    body = bodies.invitation_body(found)
    return conditional(request, msgspec.json.encode(body), PRIVATE, compress=False)


async def find_pending(engine: Engine, customer: Customer, link_id: str) -> Invitation:
    """Raises BadLink."""
    link = await find_link_by_id(engine.db, link_id)
    if link is None or link.kind != "invitation" or link.customer_id != customer.id or not link.is_open(engine.now()):
        raise BadLink("unknown, of another customer, or over")
    return Invitation(link, engine.links.open(link, Invited), customer)


async def make(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/customers/{id}/invitations"""
    check_media_type(request, ("application/json",))
    dry, sent, customer = is_dry(request), await read_body(request), await _customer(engine, request)
    attempt = None if dry else read_attempt(request, sent)
    body = read_json(sent, bodies.NewInvitation)
    async with _problems(), managing(engine, request, manager, customer.id, dry=dry) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            answer = await _made(managed, customer.id, body)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


def _by(managed: Managed) -> Inviter:
    """As at the command line: the letter names the operator."""
    return Inviter(None, managed.engine.pages.brand.name, of_operator=True, program=managed.manager.client.id)


async def _made(managed: Managed, customer_id: CustomerId, body: bodies.NewInvitation) -> Answer:
    """Raises Problem, Unfit, CanNotInvite, RationSpent."""
    address, good = read_address(body.address)
    if not good:
        raise invalid({"address": PORTAL_WORDS["en"]["invite_no_address"]})
    reach = {name: getattr(body, name) for name in ("role", "sites", "units") if getattr(body, name) is not UNSET}
    values = new_values(_REACH, MembershipChange(**reach), {})
    await check_known(managed.tx, values["sites"], values["units"])
    some = "some" if values["sites"] or values["units"] else "all"
    lang = "en" if body.language is UNSET else body.language
    given = Invited(address, values["role"], some, values["sites"], values["units"], lang)
    made = await invite_to(managed.engine, managed.hand, customer_id, _by(managed), given)
    place = f"{PATH}/customers/{segment(customer_id)}/invitations/{segment(made.link.id)}"
    return answer_of(bodies.invitation_body(made), 201, location=f"{managed.engine.settings.base_url}{place}")


async def _lock(managed: Managed, request: Request, customer_id: CustomerId, link_id: str) -> Invitation:
    """Raises Problem, BadLink."""
    found = await lock_invitation(managed.engine, managed.tx, customer_id, link_id)
    check_version(request, bodies.invitation_body(found))
    return found


async def send_again(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/customers/{id}/invitations/{invitation_id}/send"""
    customer, link_id, dry = await _customer(engine, request), row_id_of(request, "invitation_id"), is_dry(request)
    async with _problems(), managing(engine, request, manager, customer.id, dry=dry) as managed:
        found = await _lock(managed, request, customer.id, link_id)
        await send_again_to(engine, managed.hand, _by(managed), found)
        answer = answer_of(bodies.invitation_body(await lock_invitation(engine, managed.tx, customer.id, link_id)))
    return reply_of(answer, dry=dry)


async def withdraw(engine: Engine, request: Request, manager: Manager) -> Response:
    """DELETE /manage/v1/customers/{id}/invitations/{invitation_id}"""
    customer, link_id, dry = await _customer(engine, request), row_id_of(request, "invitation_id"), is_dry(request)
    async with _problems(), managing(engine, request, manager, customer.id, dry=dry) as managed:
        await withdraw_invitation(engine, managed.hand, await _lock(managed, request, customer.id, link_id))
    return reply_of(Answer(204, b"", {}), dry=dry)
