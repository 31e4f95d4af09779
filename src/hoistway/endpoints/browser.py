"""The browser that sends a request: its cookie, its session, and the person who is signed in."""

from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import CustomerId
from hoistway.store.db import Writer
from hoistway.store.sessions import Session, add_session, bound_sessions, end_for, find_session
from hoistway.store.users import User, find_user
from hoistway.web.cookies import csrf_holds, csrf_token, new_value, read_cookie, set_cookie
from hoistway.web.sealed import Holder, public_session_id

NOT_OPENED_HERE = (
    "This form was not opened in this browser, or cookies are blocked: go back to the application and begin again."
)

MOST_SESSIONS = 100
"""Of a person, in as many browsers; the one that began first ends when another begins."""


class Browser(Struct, frozen=True):
    """`fresh` is True where the cookie did not exist and is set by the answer."""

    id: str
    fresh: bool
    csrf: str


class SignedIn(Struct, frozen=True):
    session: Session
    user: User


def session_digest(cookie: str) -> bytes:
    return sha256(b"session\x00" + cookie.encode("ascii")).digest()


def holder_of(engine: Engine, request: Request) -> Holder:
    """The browser and session that send a sealed value back."""
    https = engine.settings.is_https
    return Holder(read_cookie(request, "browser", https=https), read_cookie(request, "session", https=https))


def browser_of(engine: Engine, request: Request) -> Browser:
    found = read_cookie(request, "browser", https=engine.settings.is_https)
    browser = found or new_value()
    return Browser(browser, found is None, csrf_token(engine.cookie_secret, browser))


def keep_browser(engine: Engine, browser: Browser, reply: Response) -> Response:
    if browser.fresh:
        set_cookie(reply, "browser", browser.id, https=engine.settings.is_https)
    return reply


def shown_here(engine: Engine, request: Request, presented: str | None) -> bool:
    """True where the form was shown to this browser under its current cookie, which another tab may have changed.
    Raises InvalidRequest where another site's page sent the form, or where there is no cookie."""
    return csrf_holds(engine.cookie_secret, check_origin(engine, request), presented)


def check_origin(engine: Engine, request: Request) -> str:
    """Returns the value of the browser's cookie. Raises InvalidRequest where another site's page sent the form."""
    browser = read_cookie(request, "browser", https=engine.settings.is_https)
    origin = request.headers.get("origin")
    foreign = origin is not None and origin != "null" and origin != engine.settings.base_url
    foreign = foreign or request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    if foreign or browser is None:
        raise InvalidRequest(NOT_OPENED_HERE, log="origin does not match, or there is no cookie")
    return browser


async def signed_in(engine: Engine, request: Request) -> SignedIn | None:
    """Also None where the account was disabled, or the password changed, since the sign-in."""
    cookie = read_cookie(request, "session", https=engine.settings.is_https)
    if cookie is None:
        return None
    session = await find_session(engine.db, session_digest(cookie), engine.now())
    user = None if session is None else await find_user(engine.db, session.user_id)
    if session is None or user is None or user.disabled_at is not None or user.has_ended_since(session.auth_time):
        return None
    return SignedIn(session, user)


async def begin_session(
    engine: Engine, tx: Writer, request: Request, user: User, correlation_id: str, amr: tuple[str, ...],
    auth_time: int | None = None, provider: str | None = None,
) -> str:  # fmt: skip
    """Returns the value of the session's cookie, for `keep_session` after the commit. Each sign-in gets a new id, and
    ends the session that the browser had before. Only endpoints/entering calls this, which knows what was proven;
    `auth_time` where the first of it was proven earlier, `provider` where one vouched for it."""
    now = engine.now()
    old = read_cookie(request, "session", https=engine.settings.is_https)
    cookie = new_value()
    public_id = public_session_id(cookie)
    row = Session(
        session_digest(cookie), public_id, user.id, None, now if auth_time is None else auth_time, now,
        now + engine.settings.session_lifetime, None, " ".join(amr), now,
    )  # fmt: skip
    if old is not None:
        await end_for(tx, session_digest(old), public_session_id(old), row)
    await add_session(tx, row)
    await bound_sessions(tx, user.id, MOST_SESSIONS)
    await engine.record(
        tx,
        "sign_in.succeeded",
        actor=user.id,
        correlation_id=correlation_id,
        amr=" ".join(amr),
        **({} if provider is None else {"provider": provider}),
    )
    return cookie


async def renew_session(engine: Engine, tx: Writer, before: Session) -> str:
    """Like `begin_session`, where the person of a session proved the password again: it goes on under a new id, as it was.
    Whatever ended it before has to be written first."""
    now, cookie = engine.now(), new_value()
    renewed = replace(
        before, session_digest=session_digest(cookie), public_id=public_session_id(cookie), auth_time=now, created_at=now,
        expires_at=now + engine.settings.session_lifetime,
    )  # fmt: skip
    await end_for(tx, before.session_digest, before.public_id, renewed)
    await add_session(tx, renewed)
    return cookie


def keep_session(engine: Engine, reply: Response, cookie: str) -> None:
    set_cookie(reply, "session", cookie, https=engine.settings.is_https)


def default_customer(person: SignedIn) -> CustomerId | None:
    """The customer of their own that the person chose in this session, else the one of their home membership."""
    return person.session.customer_id or person.user.home_customer_id
