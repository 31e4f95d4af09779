"""A person's own second factors: authenticator app, passkeys, recovery codes (docs/adr/0030-factors.md)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from hoistway.account.fresh import is_fresh
from hoistway.accounts.factors import LastOne, TooMany, add_codes, add_key, make_recovery_codes, take_away
from hoistway.authn.factors import (
    FEW_LEFT,
    enrolment_uri,
    find_step,
    new_secret,
    picture_of,
    typed_code,
)
from hoistway.authn.passkeys import BadPasskey
from hoistway.endpoints.agents import agent_words
from hoistway.endpoints.browser import SignedIn, holder_of
from hoistway.endpoints.ceremonies import ask_to_make, new_key, read_new, use_ceremony
from hoistway.engine import Engine
from hoistway.portal.changing import Change, owning
from hoistway.portal.chosen import chosen
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.text import one_line
from hoistway.store.db import Conflict, Reader
from hoistway.store.one_time_codes import OneTimeCodes, find_one_time_codes
from hoistway.store.passkeys import Passkey, passkeys_of, rename_passkey
from hoistway.store.recovery_codes import recovery_codes_left
from hoistway.store.users import User
from hoistway.web.sealed import BadSeal, browser_digest, seal, unseal
from hoistway.web.unfinished import LIFETIME, Enrolment

HERE: Final = "/account/factors"
ACTS: Final = ("add_codes", "remove_codes", "add_key", "rename_key", "remove_key", "recovery")
FREE: Final = frozenset({"rename_key"})
"""What changes nothing needs no fresh proof."""


class Held(Struct, frozen=True):
    """What the page shows."""

    codes: OneTimeCodes | None
    keys: Sequence[Passkey]
    recovery: int

    @property
    def has_any(self) -> bool:
        return self.codes is not None or bool(self.keys)

    @property
    def shown(self) -> tuple[object, ...]:
        """Except what changes by mere use."""
        codes = None if self.codes is None else self.codes.created_at
        return (codes, [(key.id, key.name) for key in self.keys])


class NotRight(Exception):
    """What was typed or signed does not hold; the text is a key of the words."""


async def held_by(db: Reader, user: User) -> Held:
    codes, keys = await find_one_time_codes(db, user.id), await passkeys_of(db, user.id)
    return Held(codes, keys, await recovery_codes_left(db, user.id))


async def factors(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/factors: `do` is one of ACTS."""
    person = visit.person
    if person is None:
        return await to_sign_in(visit)
    held = await held_by(engine.db, person.user)
    if not visit.posted:
        return await _show(engine, visit, person, held)
    act = chosen(visit.form, "do", ACTS, "")
    if not act:
        raise InvalidRequest("Send what to do: one of the page's buttons.", log="no act")
    if act not in FREE and not is_fresh(person, engine.now(), has_any=held.has_any):
        return see_other(HERE, "notice_factor_prove")
    try:
        codes = await _DO[act](engine, visit, person)
    except NotRight as error:
        return await _show(engine, visit, person, held, str(error))
    if codes:
        return engine.pages.portal("account/recovery_codes.html", visit.frame, codes=codes, here=HERE)
    return see_other(HERE, "notice_changed")


async def _show(engine: Engine, visit: Visit, person: SignedIn, held: Held, problem: str | None = None) -> Response:
    """With `?add=codes` it shows a new secret."""
    user, fresh, adds = person.user, is_fresh(person, engine.now(), has_any=held.has_any), {}
    if fresh and (visit.query.get("add") == "codes" or visit.form.get("enrolment") is not None):
        secret = _secret_shown(engine, visit, person) or new_secret()
        enrolment = Enrolment(
            browser=browser_digest(visit.browser.id), made_at=engine.now(), person=user.id, secret=secret,
            session=person.session.public_id,
        )  # fmt: skip
        uri = enrolment_uri(secret, user.username, engine.pages.brand.name)
        adds = {"secret": secret, "picture": picture_of(uri), "enrolment": seal(engine.cookie_secret, enrolment)}
    form = ask_to_make(engine, visit.browser, user, [key.id for key in held.keys], HERE) if fresh else None
    return engine.pages.portal(
        "account/factors.html", visit.showing(*held.shown), 422 if problem else 200, held=held, fresh=fresh, adds=adds,
        passkey=form, problem=problem, now=engine.now(), few=FEW_LEFT,
    )  # fmt: skip


def _secret_shown(engine: Engine, visit: Visit, person: SignedIn) -> str | None:
    text, holder = visit.form.get("enrolment"), holder_of(engine, visit.request)
    try:
        shown = unseal(engine.cookie_secret, text or "", Enrolment, holder, engine.now(), LIFETIME)
    except BadSeal:
        return None
    return shown.secret if shown.person == person.user.id else None


async def _check(change: Change, user: User) -> None:
    """Raises Moved where the factors are not those that the page showed."""
    change.check_shown(*(await held_by(change.tx, user)).shown)


async def _add_codes(engine: Engine, visit: Visit, person: SignedIn) -> Sequence[str]:
    secret = _secret_shown(engine, visit, person)
    if secret is None:
        raise NotRight("factor_expired")
    step = find_step(secret, typed_code(visit.form.get("code") or ""), engine.now(), 0)
    if step is None:
        raise NotRight("factor_wrong")
    async with owning(engine, visit, person, to_change=True) as change:
        await _check(change, person.user)
        await change.leads_to(HERE)
        return await add_codes(engine, change.tx, person.user, secret, step)


async def _add_key(engine: Engine, visit: Visit, person: SignedIn) -> Sequence[str]:
    try:
        made, number = await read_new(engine, visit.request, visit.form, person.user.id)
    except BadPasskey as error:
        raise NotRight("factor_refused") from error
    key = new_key(made, person.user.id, _name_of(visit), engine.now())
    try:
        async with owning(engine, visit, person, to_change=True) as change:
            await _check(change, person.user)
            await change.leads_to(HERE)
            await use_ceremony(engine, change.tx, person.user, number)
            return await add_key(engine, change.tx, person.user, key)
    except (BadPasskey, Conflict) as error:
        raise NotRight("factor_refused") from error
    except TooMany as error:
        raise NotRight("factor_many") from error


def _name_of(visit: Visit) -> str:
    return one_line(visit.form.get("name") or "").strip()[:60] or agent_words(visit.request) or "Passkey"


async def _rename_key(engine: Engine, visit: Visit, person: SignedIn) -> Sequence[str]:
    async with owning(engine, visit, person) as change:
        await _check(change, person.user)
        await rename_passkey(change.tx, person.user.id, visit.form.need("key"), _name_of(visit))
    return ()


async def _remove(engine: Engine, visit: Visit, person: SignedIn, key: str | None) -> Sequence[str]:
    try:
        async with owning(engine, visit, person, to_change=True) as change:
            await _check(change, person.user)
            await take_away(engine, change.tx, person.user, key)
    except LastOne as error:
        raise NotRight("factor_last") from error
    return ()


async def _remove_codes(engine: Engine, visit: Visit, person: SignedIn) -> Sequence[str]:
    return await _remove(engine, visit, person, None)


async def _remove_key(engine: Engine, visit: Visit, person: SignedIn) -> Sequence[str]:
    return await _remove(engine, visit, person, visit.form.need("key"))


async def _recovery(engine: Engine, visit: Visit, person: SignedIn) -> Sequence[str]:
    async with owning(engine, visit, person, to_change=True) as change:
        await _check(change, person.user)
        await change.leads_to(HERE)
        if not (await held_by(change.tx, person.user)).has_any:
            raise NotRight("factor_none")
        return await make_recovery_codes(engine, change.tx, person.user)


_DO: Final[dict[str, Callable[[Engine, Visit, SignedIn], Awaitable[Sequence[str]]]]] = {
    "add_codes": _add_codes, "remove_codes": _remove_codes, "add_key": _add_key, "rename_key": _rename_key,
    "remove_key": _remove_key, "recovery": _recovery,
}  # fmt: skip
