"""A person's own e-mail address: another one is asked for, and confirmed by a link that goes there (docs/adr/0031-devices.md)."""

from typing import Final

from starlette.responses import Response

from hoistway.account.fresh import EMAIL, has_factor, is_fresh
from hoistway.accounts.addresses import ask_address, is_owned, look_at_address, pending_address, take_address
from hoistway.accounts.inviting import read_address
from hoistway.authn.links import LONGEST, BadLink
from hoistway.authn.rationing import AllSpent, RationSpent
from hoistway.endpoints.browser import SignedIn
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.portal.changing import Moved, owning
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.addresses import network_of
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.text import username_key
from hoistway.store.db import Conflict
from hoistway.store.links import end_links_of
from hoistway.store.users import User, lock_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import client_address, correlation_id

CONFIRM: Final = "/account/email/confirm"


def shown_of(user: User | None) -> tuple[object, ...]:
    return () if user is None else (user.username, user.emails)


async def email(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/email: `do` is "ask", with `address`, or "withdraw"."""
    person = visit.person
    if person is None:
        return await to_sign_in(visit)
    if not visit.posted:
        return await _show(engine, visit, person, None)
    if visit.form.get("do") == "withdraw":
        async with owning(engine, visit, person) as change:
            if await end_links_of(change.tx, person.user.id, "address", engine.now()):
                await change.record("user.address_withdrawn", id=person.user.id)
        return see_other(EMAIL, "notice_address_withdrawn")
    if visit.form.get("do") != "ask":
        raise InvalidRequest("Send what to do: one of the page\u2019s buttons.", log="no act")
    return await _ask(engine, visit, person)


async def _ask(engine: Engine, visit: Visit, person: SignedIn) -> Response:
    """Whether somebody else has the address changes nothing of this."""
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if not is_fresh(person, engine.now(), has_any=await has_factor(engine.db, person.user)):
        return see_other(EMAIL, "notice_factor_prove")
    address, good = read_address(visit.form.get("address"))
    if not good:
        problems.add("address", t["invite_no_address"])
    elif username_key(address) == username_key(next(iter(person.user.emails), "")):
        problems.add("address", t["address_same"])
    elif not engine.settings.takes_mail:
        problems.add("address", t["address_no_mail"])
    elif await is_owned(engine.db, person.user, address):
        problems.add("address", t["address_of_company"])
    if problems:
        return await _show(engine, visit, person, problems)
    try:
        async with owning(engine, visit, person, to_change=True) as change:
            user = await lock_user(change.tx, person.user.id)
            change.check_shown(*shown_of(user))
            if user is None or await is_owned(change.tx, user, address):
                raise Moved(log="a company owns the address by now")
            network = network_of(client_address(visit.request, engine.settings.trusted_proxies))
            await ask_address(engine, change.tx, user, address, visit.lang, network)
            await change.record("user.address_asked", id=user.id)
    except RationSpent as spent:
        of_all = isinstance(spent, AllSpent)
        problems.add("address", t["address_all_spent" if of_all else "address_too_often"])
        reply = await _show(engine, visit, person, problems)
        reply.status_code = 503 if of_all else reply.status_code
        reply.headers["retry-after"] = str(spent.wait)
        return reply
    return see_other(EMAIL, "notice_address_asked")


async def _show(engine: Engine, visit: Visit, person: SignedIn, problems: Problems | None) -> Response:
    t, user = PORTAL_WORDS[visit.lang], person.user
    fresh = is_fresh(person, engine.now(), has_any=await has_factor(engine.db, user))
    return engine.pages.portal(
        "account/email.html", visit.showing(*shown_of(user)), 422 if problems else 200, problems=problems, person=user,
        fresh=fresh, owned=await is_owned(engine.db, user), pending=await pending_address(engine, engine.db, user),
        can_mail=engine.settings.takes_mail, typed=visit.form.get("address") or "", crumbs=(Crumb(t["own_account"], "/account"),),
    )  # fmt: skip


async def confirm_email(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/email/confirm: `link` is the secret of the mail. A link that gives nothing looks the same,
    whatever the cause."""
    person = visit.person
    if person is None:
        return await to_sign_in(visit)
    secret = ((visit.form if visit.posted else visit.query).get("link") or "")[:LONGEST]
    t = PORTAL_WORDS[visit.lang]
    try:
        row, address = await look_at_address(engine, secret, person.user)
        if not visit.posted:
            return engine.pages.portal(
                "account/email_confirm.html", visit.showing(*shown_of(person.user)), address=address, secret=secret,
                person=person.user, crumbs=(Crumb(t["own_account"], "/account"), Crumb(t["address"], EMAIL)),
            )  # fmt: skip
        async with owning(engine, visit, person, to_change=True) as change:
            user = await lock_user(change.tx, person.user.id)
            change.check_shown(*shown_of(user))
            if user is None:
                raise BadLink("the person is gone")
            taken = await take_address(engine, change.tx, user, row.id)
            await change.record(
                "user.address_changed",
                id=user.id,
                before={"emails": " ".join(user.emails[:1])},
                after={"emails": taken},
            )
    except (BadLink, Conflict) as error:
        LOG.info("link refused", path=CONFIRM, correlation_id=correlation_id(visit.request), because=str(error))
        if not visit.posted:
            return see_other(EMAIL, "notice_address_link_ended")
        return await _show(engine, visit, person, Problems({"address": t["notice_address_link_ended"]}))
    return see_other(EMAIL, "notice_address_changed")
