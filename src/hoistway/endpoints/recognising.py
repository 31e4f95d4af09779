"""Whether a person signed in in this browser before; if not, they hear of it by mail (docs/adr/0031-devices.md)."""

from hashlib import sha256
from typing import Final

from msgspec import Struct
from starlette.requests import Request

from hoistway.accounts.noticing import SignIn, tell_new_browser
from hoistway.endpoints.agents import agent_words
from hoistway.engine import Engine
from hoistway.protocol.addresses import network_of
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.known_browsers import (
    KEPT,
    MOST,
    UNPROVEN,
    KnownBrowser,
    add_browser,
    has_browsers,
    move_browsers,
    renew_browser,
    see_browser,
)
from hoistway.store.users import User
from hoistway.web.cookies import new_value, read_cookie
from hoistway.web.replies import client_address

LIFETIME: Final = KEPT


class Where(Struct, frozen=True):
    """The browser in words, and its network."""

    agent: str
    network: str


class Recognised(Struct, frozen=True):
    """`cookie` is for `keep_for`, after the commit."""

    cookie: str
    digest: bytes


def known_digest(cookie: str) -> bytes:
    return sha256(b"known\x00" + cookie.encode("ascii")).digest()


def browser_digest(engine: Engine, request: Request) -> bytes | None:
    """Under which it is known to those who signed in there, whoever they are."""
    cookie = read_cookie(request, "known", https=engine.settings.is_https)
    return None if cookie is None else known_digest(cookie)


def where_from(engine: Engine, request: Request) -> Where:
    return Where(agent_words(request), network_of(client_address(request, engine.settings.trusted_proxies)))


async def recognise(engine: Engine, tx: Writer, request: Request, user: User, *, proven: bool = True) -> Recognised:
    """In the transaction that begins the session. A browser that becomes known to somebody gets another cookie, with what
    others left there: whoever planted the one before doesn't know it. Without `proven` it is known for the sake of the mail
    alone."""
    now, cookie = engine.now(), read_cookie(request, "known", https=engine.settings.is_https)
    if cookie is not None:
        digest = known_digest(cookie)
        if await see_browser(tx, digest, user.id, user.password_changed_at, now):
            return Recognised(cookie, digest)
    is_first = not await has_browsers(tx, user.id)
    fresh = new_value()
    if cookie is not None:
        await move_browsers(tx, known_digest(cookie), known_digest(fresh))
    row = KnownBrowser(known_digest(fresh), user.id, user.password_changed_at, now if proven else UNPROVEN, now)
    await add_browser(tx, row, MOST)
    if not is_first:
        where = where_from(engine, request)
        await tell_new_browser(engine, tx, user, SignIn(where.agent, where.network, now))
    return Recognised(fresh, row.browser_digest)


async def stay_known(engine: Engine, tx: Writer, request: Request, user_id: UserId, changed_at: int) -> None:
    """Where the person just chose another password, at that time."""
    cookie = read_cookie(request, "known", https=engine.settings.is_https)
    if cookie is not None:
        await renew_browser(tx, known_digest(cookie), user_id, changed_at)
