"""Ceremonies with passkeys on our pages: each begins with a sealed number that is bound to the browser, and is used once."""

import asyncio
from typing import Literal
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request

from hoistway.accounts.factors import prove_key
from hoistway.authn.passkeys import (
    BadPasskey,
    Bound,
    Made,
    creation_options,
    credential_of,
    read_made,
    read_used,
    request_options,
    rp_id_of,
)
from hoistway.endpoints.browser import Browser, holder_of
from hoistway.engine import Engine
from hoistway.protocol.ids import UserId
from hoistway.protocol.params import Params
from hoistway.store.db import Conflict, Writer
from hoistway.store.passkeys import Passkey, find_passkey
from hoistway.store.used_forms import add_used_form
from hoistway.store.users import User
from hoistway.web.sealed import BadSeal, browser_digest, seal, unseal
from hoistway.web.shown import new_number
from hoistway.web.templates.factor_values import PasskeyForm
from hoistway.web.unfinished import Ceremony, challenge_of

Purpose = Literal["register", "sign-in", "second"]


class Signed(Struct, frozen=True):
    """What a passkey signed: the row as it was read, the row as it will be, and what was proven. Nothing is written yet."""

    before: Passkey
    after: Passkey
    amr: tuple[str, ...]
    number: str


def _bound(engine: Engine, number: str) -> Bound | None:
    """None where the base URL has an address in the place of a name."""
    rp_id = rp_id_of(engine.settings.base_url)
    return None if rp_id is None else Bound(challenge_of(engine.cookie_secret, number), rp_id, engine.settings.base_url)


def _begun(engine: Engine, browser: Browser, purpose: Purpose, person: str) -> tuple[str, Bound] | None:
    made = Ceremony(
        browser=browser_digest(browser.id), made_at=engine.now(), purpose=purpose, person=person, number=new_number()
    )
    bound = _bound(engine, made.number)
    return None if bound is None else (seal(engine.cookie_secret, made), bound)


def ask_to_sign_in(engine: Engine, browser: Browser, query: str) -> PasskeyForm | None:
    """For the sign-in page: any passkey of this server, which must verify its user."""
    begun = _begun(engine, browser, "sign-in", "")
    if begun is None:
        return None
    return PasskeyForm(f"/sign-in/passkey{query}", "get", request_options(begun[1], (), verified=True), begun[0])


def ask_second(
    engine: Engine, browser: Browser, user: User, keys: list[str], action: str, *, verified: bool
) -> PasskeyForm | None:
    """One of the person's own, after a password."""
    begun = _begun(engine, browser, "second", user.id) if keys else None
    if begun is None:
        return None
    return PasskeyForm(action, "get", request_options(begun[1], keys, verified=verified), begun[0])


def ask_to_make(engine: Engine, browser: Browser, user: User, known: list[str], action: str) -> PasskeyForm | None:
    begun = _begun(engine, browser, "register", user.id)
    if begun is None:
        return None
    brand = engine.pages.brand.name
    options = creation_options(begun[1], brand, user.id, user.username, user.name, known)
    return PasskeyForm(action, "create", options, begun[0])


def ask_newcomer(engine: Engine, browser: Browser, user_id: UserId, address: str, action: str) -> PasskeyForm | None:
    """In the place of a password, for an account that is made with it."""
    begun = _begun(engine, browser, "register", user_id)
    if begun is None:
        return None
    options = creation_options(begun[1], engine.pages.brand.name, user_id, address, address, (), alone=True)
    return PasskeyForm(action, "create", options, begun[0])


def query_of(**asked: str | None) -> str:
    given = {name: text for name, text in asked.items() if text}
    return f"?{urlencode(given)}" if given else ""


def _opened(engine: Engine, request: Request, params: Params, purpose: Purpose, person: str) -> tuple[str, Bound]:
    """Raises BadPasskey."""
    lifetime = engine.settings.ticket_lifetime
    try:
        found = unseal(
            engine.cookie_secret,
            params.get("ceremony") or "",
            Ceremony,
            holder_of(engine, request),
            engine.now(),
            lifetime,
        )
    except BadSeal as error:
        raise BadPasskey(f"ceremony {error}") from error
    bound = _bound(engine, found.number)
    if (found.purpose, found.person) != (purpose, person) or bound is None:
        raise BadPasskey("another ceremony")
    return found.number, bound


async def read_signed(
    engine: Engine,
    request: Request,
    params: Params,
    purpose: Literal["sign-in", "second"],
    person: str = "",
    *,
    verified: bool,
) -> Signed:
    """Raises BadPasskey."""
    number, bound = _opened(engine, request, params, purpose, person)
    answer = params.get("credential") or ""
    key = await find_passkey(engine.db, credential_of(answer))
    if key is None or (person and key.user_id != person):
        raise BadPasskey("no passkey of this person")
    named = purpose == "sign-in"
    after, amr = await asyncio.to_thread(read_used, answer, bound, key, engine.now(), verified=verified, named=named)
    return Signed(key, after, amr, number)


async def read_new(
    engine: Engine, request: Request, params: Params, person: str, *, alone: bool = False
) -> tuple[Made, str]:
    """The credential, and the number that is to be used up with it. Raises BadPasskey."""
    number, bound = _opened(engine, request, params, "register", person)
    return await asyncio.to_thread(read_made, params.get("credential") or "", bound, alone=alone), number


def new_key(made: Made, user_id: UserId, name: str, now: int) -> Passkey:
    return Passkey(made.id, user_id, name or "Passkey", made.public_key, made.sign_count, made.is_copied, now)


async def use_ceremony(engine: Engine, tx: Writer, user: User, number: str) -> None:
    """Raises BadPasskey where it was used."""
    try:
        await add_used_form(tx, number, user.id, "", engine.now())
    except Conflict as error:
        raise BadPasskey("the ceremony was used") from error


async def use_signed(engine: Engine, tx: Writer, user: User, signed: Signed) -> None:
    """The user's row is held. Raises BadPasskey where the ceremony was used, or the key changed or was copied."""
    if signed.before.user_id != user.id:
        raise BadPasskey("of another person")
    await use_ceremony(engine, tx, user, signed.number)
    if not await prove_key(tx, signed.after, signed.before):
        raise BadPasskey("the counter went back, or the key is gone")
