"""The browser that sends a request: its cookie, its session, and the person who is signed in."""

from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.factors import device_digest, must_have
from hoistway.endpoints.recognising import recognise, stay_known, where_from
from hoistway.engine import Engine
from hoistway.protocol.authentication import level_of, read_amr
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import CustomerId
from hoistway.store.begun_in import SESSION_IDS
from hoistway.store.db import Reader, Writer
from hoistway.store.factors import standing_of
from hoistway.store.memberships import has_place_beside
from hoistway.store.provider_sessions import find_provider_session
from hoistway.store.providers import find_provider
from hoistway.store.sessions import Session, add_session, bound_sessions, end_for, find_session
from hoistway.store.users import User, find_user
from hoistway.web.cookies import csrf_holds, csrf_token, new_value, read_cookie, set_cookie
from hoistway.web.sealed import Holder, public_session_id

NOT_OPENED_HERE = (
    "This form was not opened in this browser, or cookies are blocked: go back to the application and begin again."
)

MOST_SESSIONS = 100
"""Of a person, in as many browsers; the one that began first ends when another begins."""
MOST_EARLIER = SESSION_IDS - 1
"""Sessions of the same browser before the present one whose refresh tokens end with it."""
NOTED_AGAIN_AFTER = 600
"""Seconds after which a session's last use is noted anew."""


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


def device_of(engine: Engine, request: Request) -> bytes:
    """The digest of the cookie of a remembered device."""
    cookie = read_cookie(request, "device", https=engine.settings.is_https)
    return b"" if cookie is None else device_digest(cookie)


async def session_here(engine: Engine, request: Request) -> SignedIn | None:
    """Whose session the browser holds, for what ends it. Also None where the account was disabled, or the password changed,
    since the sign-in."""
    cookie = read_cookie(request, "session", https=engine.settings.is_https)
    if cookie is None:
        return None
    session = await find_session(engine.db, session_digest(cookie), engine.now())
    user = None if session is None else await find_user(engine.db, session.user_id)
    if session is None or user is None or user.disabled_at is not None or user.has_ended_since(session.auth_time):
        return None
    return SignedIn(session, user)


async def signed_in(engine: Engine, request: Request) -> SignedIn | None:
    """Also None where less was proven at the sign-in than must be by now: the person became staff, joined a customer or has
    another policy."""
    person = await session_here(engine, request)
    if person is None or not await has_proved_enough(engine, request, person):
        return None
    _note_use(engine, request, person.session)
    return person


async def has_proved_enough(engine: Engine, request: Request, person: SignedIn) -> bool:
    """As endpoints/entering judges at a sign-in."""
    session, user = person.session, person.user
    if level_of(read_amr(session.amr)) > 1:
        return True
    db = engine.db
    standing = await standing_of(db, user.id, device_of(engine, request), user.password_changed_at, engine.now())
    if standing.remembered or not must_have(user, standing, of_staff=engine.settings.staff_factors):
        return True
    row = await find_provider_session(db, session.session_digest)
    provider = None if row is None or user.flags else await find_provider(db, row.provider_id)
    if provider is None:
        return False
    return await confined_to(db, session) is not None or not await has_place_beside(db, user.id, provider.customer_id)


async def confined_to(db: Reader, session: Session) -> CustomerId | None:
    """The one customer that the session opens, where it does not open all of the person's: that of the provider which vouched
    for them, until they prove themselves here. `amr` says what they proved; what a provider said stands there only as long
    as nobody else relies on the account."""
    if session.amr:
        return None
    row = await find_provider_session(db, session.session_digest)
    provider = None if row is None else await find_provider(db, row.provider_id)
    return None if provider is None else provider.customer_id


def _note_use(engine: Engine, request: Request, session: Session) -> None:
    """Written later, so that nobody waits for it."""
    now = engine.now()
    if session.last_used_at is None or session.last_used_at + NOTED_AGAIN_AFTER <= now:
        engine.note_session(session.session_digest, now, where_from(engine, request).network)


class Begun(Struct, frozen=True):
    """The values of two cookies, to be set after the commit."""

    session: str
    known: str


async def begin_session(
    engine: Engine, tx: Writer, request: Request, user: User, correlation_id: str, amr: tuple[str, ...],
    auth_time: int | None = None, provider: str | None = None, *, proven: bool = True,
) -> Begun:  # fmt: skip
    """Each sign-in gets a new id, and ends the session that the browser had before. Only endpoints/entering calls this, which
    knows what was proven; `auth_time` where the first of it was proven earlier, `provider` where one vouched for it. Without
    `proven`, nothing was that lets the person change how they sign in."""
    now = engine.now()
    old = read_cookie(request, "session", https=engine.settings.is_https)
    cookie = new_value()
    recognised, where = await recognise(engine, tx, request, user, proven=proven), where_from(engine, request)
    row = Session(
        session_digest(cookie), public_session_id(cookie), user.id, None, now if auth_time is None else auth_time, now,
        now + engine.settings.session_lifetime, None, " ".join(amr), now if proven else None, where.agent, where.network,
        now, now, where.network,
        browser_digest=recognised.digest,
    )  # fmt: skip
    before = None if old is None else await end_for(tx, session_digest(old), public_session_id(old), row)
    if before is not None and before.user_id == user.id:
        row = replace(row, begun_at=before.since, earlier_ids=" ".join(before.ids[:MOST_EARLIER]))
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
    return Begun(cookie, recognised.cookie)


async def renew_session(engine: Engine, tx: Writer, request: Request, before: Session, changed_at: int) -> str:
    """Like `begin_session`, where the person of a session proved the password again, and chose another at that time: it goes on
    under a new id, and its browser stays known. The person was authenticated now, and by the password alone (OpenID Connect
    Core section 2): what else they proved was earlier, and must not look as fresh. Whatever ended it before has to be written
    first."""
    now, cookie = engine.now(), new_value()
    renewed = replace(
        before, session_digest=session_digest(cookie), public_id=public_session_id(cookie), auth_time=now, created_at=now,
        expires_at=now + engine.settings.session_lifetime, amr="pwd", proven_at=now, begun_at=before.since, last_used_at=now,
        earlier_ids=" ".join(before.ids[:MOST_EARLIER]),
    )  # fmt: skip
    await end_for(tx, before.session_digest, before.public_id, renewed)
    await add_session(tx, renewed)
    await stay_known(engine, tx, request, before.user_id, changed_at)
    return cookie


def keep_session(engine: Engine, reply: Response, cookie: str) -> None:
    set_cookie(reply, "session", cookie, https=engine.settings.is_https)


def default_customer(person: SignedIn) -> CustomerId | None:
    """The customer of their own that the person chose in this session, else the one of their home membership."""
    return person.session.customer_id or person.user.home_customer_id
