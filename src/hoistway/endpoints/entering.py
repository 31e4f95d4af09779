"""The only way to a session: from what somebody proved, by what is still missing (docs/adr/0030-factors.md).

A password, a passkey and whatever else proves a person lead here, in the transaction that judged the locked account.
"""

from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.accounts.resetting import begin_first
from hoistway.authn.factors import MOST_DEVICES, REMEMBERED, Missing, device_digest, what_is_missing
from hoistway.endpoints.agents import agent_words
from hoistway.endpoints.browser import (
    Browser,
    SignedIn,
    begin_session,
    device_of,
    holder_of,
    keep_session,
    session_digest,
)
from hoistway.endpoints.recognising import LIFETIME as LIFETIME_OF_KNOWN
from hoistway.endpoints.recognising import known_digest
from hoistway.endpoints.vouching import Vouched, begun_there, speaks_for_all, still_to_prove
from hoistway.engine import Engine, time_ordered_id
from hoistway.federation.linking import NotLinked, link_arrived
from hoistway.protocol.authentication import joined, level_of, read_amr
from hoistway.protocol.ids import ProviderId, UserId
from hoistway.store.db import Conflict, Writer
from hoistway.store.factors import standing_of
from hoistway.store.identities import identity_at
from hoistway.store.provider_sessions import ProviderSession, add_provider_session, find_provider_session
from hoistway.store.providers import hold_provider
from hoistway.store.remembered_devices import Device, add_device, use_device
from hoistway.store.sessions import lock_session
from hoistway.store.used_forms import add_used_form
from hoistway.store.users import User, hold_user, lock_user
from hoistway.web.cookies import drop_cookie, keep_for, new_value, read_sealed
from hoistway.web.sealed import BadSeal, browser_digest, public_session_id, seal, unseal
from hoistway.web.shown import new_number
from hoistway.web.tickets import Ticket
from hoistway.web.unfinished import LIFETIME, Unfinished, request_of

PAGES: Final = {"prove": "/sign-in/second", "enrol": "/sign-in/enrol"}


class Over(Exception):
    """The unfinished sign-in was finished, ended or is not this browser's: the person signs in anew."""


class Onward(Struct, frozen=True):
    """Where a sign-in leads: on with the application's request in `ticket`, or `back` to a page of ours that asked for it."""

    ticket: Ticket | None = None
    back: str | None = None


class Entered(Struct, frozen=True):
    """The cookies of a session that began and of the browser that is known from now on, with that of a device where one is to
    be remembered; or what is missing; or, in `first`, the secret of a link to a new password, which comes before anything
    else."""

    cookie: str = ""
    device: str | None = None
    known: str = ""
    unfinished: Unfinished | None = None
    first: str = ""


async def enter(
    engine: Engine, tx: Writer, request: Request, browser: Browser, user: User, amr: tuple[str, ...], onward: Onward,
    correlation_id: str, vouched: Vouched | None = None,
) -> Entered:  # fmt: skip
    """Begins the session where nothing is missing. `user` is the row as it is locked."""
    now, device = engine.now(), device_of(engine, request)
    standing = await standing_of(tx, user.id, device, user.password_changed_at, now)
    if standing.handed_over and vouched is None:
        # Who comes by a provider did not prove that password: the mark stays, and counts when the password does.
        return Entered(first=await begin_first(engine, tx, user, again(engine, onward)))
    missing, proven = None, vouched is None or not vouched.by_proof
    if vouched is None:
        missing = None if level_of(amr) > 1 else what_is_missing(user, standing, of_staff=engine.settings.staff_factors)
    elif not await speaks_for_all(tx, user, vouched):
        # What a provider says of factors counts in its own customer: tokens for the others would repeat it.
        missing, amr, proven = still_to_prove(standing, vouched), (), False
    if missing is not None:
        begun = _unfinished(browser, user, amr, missing, now)
        return Entered(unfinished=begun if vouched is None else begun_there(begun, vouched))
    provider = None if vouched is None else vouched.provider.id
    session = await begin_session(engine, tx, request, user, correlation_id, amr, provider=provider, proven=proven)
    if standing.remembered:
        await use_device(tx, device, known_digest(session.known), now)
    return Entered(session.session, known=session.known)


def again(engine: Engine, onward: Onward) -> str:
    """Where a sign-in goes on that follows a new password."""
    if onward.ticket is not None:
        return f"/interaction?{urlencode({'ticket': seal(engine.cookie_secret, onward.ticket)})}"
    return "" if onward.back is None else f"/sign-in?{urlencode({'next': onward.back})}"


def _unfinished(browser: Browser, user: User, amr: tuple[str, ...], missing: Missing, now: int) -> Unfinished:
    return Unfinished(
        browser=browser_digest(browser.id), made_at=now, person=user.id, amr=amr, auth_time=now,
        password_changed_at=user.password_changed_at, missing=missing, number=new_number(),
    )  # fmt: skip


def more_of(engine: Engine, browser: Browser, person: SignedIn, missing: Missing, least: int) -> Unfinished:
    """For somebody who is signed in and has to prove more than they did."""
    session = person.session
    begun = _unfinished(browser, person.user, read_amr(session.amr), missing, engine.now())
    own = session.proven_at is None
    return replace(begun, auth_time=session.auth_time, session=session.public_id, least=least, own=own)


def read_unfinished(engine: Engine, request: Request, missing: Missing) -> Unfinished:
    """Raises Over."""
    text = read_sealed(request, "unfinished", https=engine.settings.is_https)
    try:
        found = unseal(engine.cookie_secret, text or "", Unfinished, holder_of(engine, request), engine.now(), LIFETIME)
    except BadSeal as error:
        raise Over from error
    if found.missing != missing:
        raise Over
    return found


async def hold_unfinished(
    engine: Engine, tx: Writer, request: Request, unfinished: Unfinished, *, to_change: bool = False
) -> User:
    """The account, held or, `to_change` it, locked, where the sign-in may still be finished. The provider that began it is
    held first, as everywhere: whoever switches it off waits, and ends what began, too. Raises Over."""
    provider = None if unfinished.provider is None else await hold_provider(tx, ProviderId(unfinished.provider))
    if unfinished.provider is not None and (provider is None or provider.disabled_at is not None):
        raise Over
    user = await (lock_user if to_change else hold_user)(tx, UserId(unfinished.person))
    if user is None or user.disabled_at is not None or user.has_ended_since(unfinished.auth_time):
        raise Over
    if user.password_changed_at != unfinished.password_changed_at:
        raise Over
    if unfinished.session is not None:
        await _check_session(engine, tx, request, unfinished)
    if provider is not None and unfinished.subject is None and await identity_at(tx, user.id, provider.id) is None:
        raise Over
    return user


async def _check_session(engine: Engine, tx: Writer, request: Request, unfinished: Unfinished) -> None:
    """It must still be worth what it was when the step began: a place in another customer takes from what a provider said.
    Raises Over."""
    cookie = holder_of(engine, request).session
    held = None if cookie is None else await lock_session(tx, session_digest(cookie), engine.now())
    if held is None or read_amr(held.amr) != unfinished.amr or (held.proven_at is None) is not unfinished.own:
        raise Over


async def finish(
    engine: Engine, tx: Writer, request: Request, user: User, unfinished: Unfinished, amr: tuple[str, ...], correlation_id: str,
    *, remember: bool = False,
) -> Entered:  # fmt: skip
    """Begins the session; the unfinished sign-in is used up. Raises Over where it was."""
    now = engine.now()
    try:
        await use_up(tx, unfinished, now)
        if unfinished.provider is not None and unfinished.subject is not None:
            provider_id = ProviderId(unfinished.provider)
            await link_arrived(engine, tx, user, provider_id, unfinished.subject, correlation_id)
    except NotLinked as error:
        raise Over from error
    proven, before = joined(unfinished.amr, amr), await _provider_session(engine, tx, request, unfinished)
    begun = await begin_session(
        engine, tx, request, user, correlation_id, proven, unfinished.auth_time,
        provider=None if before is None else before.provider_id,
    )  # fmt: skip
    if before is not None:
        await add_provider_session(tx, replace(before, session_digest=session_digest(begun.session)))
    device = new_value() if remember else None
    if device is not None:
        row = Device(
            device_digest(device), time_ordered_id(), user.id, agent_words(request), user.password_changed_at, now, now,
            now + REMEMBERED, known_digest(begun.known),
        )  # fmt: skip
        await add_device(tx, row, MOST_DEVICES)
    return Entered(begun.session, device, begun.known)


async def use_up(tx: Writer, unfinished: Unfinished, now: int) -> None:
    """Raises Over where it was."""
    try:
        await add_used_form(tx, unfinished.number, UserId(unfinished.person), "", now)
    except Conflict as error:
        raise Over from error


async def _provider_session(
    engine: Engine, tx: Writer, request: Request, unfinished: Unfinished
) -> ProviderSession | None:
    """Of somebody whom a provider signed in and who proves more: signing out must still lead there, if it did."""
    if unfinished.provider is not None:
        return ProviderSession(b"", ProviderId(unfinished.provider), unfinished.sid, None)
    old = None if unfinished.session is None else holder_of(engine, request).session
    return None if old is None else await find_provider_session(tx, session_digest(old))


def next_address(engine: Engine, onward: Onward, cookie: str) -> str:
    if onward.ticket is None:
        return onward.back or "/"
    # Another person may have signed in before: what they did for this request is dropped.
    signed = replace(onward.ticket.anew(), signed_in_at=engine.now(), session=public_session_id(cookie))
    return f"/interaction?{urlencode({'ticket': seal(engine.cookie_secret, signed)})}"


def keep_entered(engine: Engine, reply: Response, entered: Entered) -> Response:
    """Sets the cookies of a session that began."""
    https = engine.settings.is_https
    keep_session(engine, reply, entered.cookie)
    keep_for(reply, "known", entered.known, LIFETIME_OF_KNOWN, https=https)
    drop_cookie(reply, "unfinished", https=https)
    if entered.device is not None:
        keep_for(reply, "device", entered.device, REMEMBERED, https=https)
    return reply


def lead_on(engine: Engine, entered: Entered, onward: Onward) -> Response:
    """The answer to a sign-in, finished or not."""
    if entered.first:
        return RedirectResponse(f"/reset/new?link={entered.first}", 303, {"cache-control": "no-store"})
    if entered.unfinished is not None:
        return to_second_step(engine, entered.unfinished, onward)
    reply = RedirectResponse(next_address(engine, onward, entered.cookie), 303, {"cache-control": "no-store"})
    return keep_entered(engine, reply, entered)


def to_second_step(engine: Engine, unfinished: Unfinished, onward: Onward) -> Response:
    asked = {"next": onward.back} if onward.back else {}
    if onward.ticket is not None:
        asked = {"ticket": seal(engine.cookie_secret, onward.ticket)}
    unfinished = replace(unfinished, request=request_of(onward.ticket))
    where = PAGES[unfinished.missing] + (f"?{urlencode(asked)}" if asked else "")
    reply = RedirectResponse(where, 303, {"cache-control": "no-store"})
    keep_for(reply, "unfinished", seal(engine.cookie_secret, unfinished), LIFETIME, https=engine.settings.is_https)
    return reply
