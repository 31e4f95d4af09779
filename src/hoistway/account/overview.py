"""What people see of their own account, and change there: name, language, password."""

from starlette.responses import Response

from hoistway.account.attempts import attempts_of
from hoistway.accounts.factors import least_length
from hoistway.accounts.resetting import tell_password_changed
from hoistway.authn.acceptable import Unacceptable
from hoistway.authn.lockout import Locked
from hoistway.endpoints.browser import SignedIn, has_proved_enough, keep_session, renew_session, session_digest
from hoistway.endpoints.entering import Onward, more_of, to_second_step
from hoistway.endpoints.recognising import browser_digest
from hoistway.engine import Engine
from hoistway.grants.kinds import PEOPLE, Said
from hoistway.grants.new_password import replace_password
from hoistway.grants.proving import Refused, prove
from hoistway.portal.changing import Moved, owning
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.protocol.text import read_name
from hoistway.store.factors import standing_of
from hoistway.store.owned import is_made_by_company, is_made_by_directory
from hoistway.store.profiles import change_profile
from hoistway.store.sessions import find_session
from hoistway.store.users import User, find_user, lock_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.password_words import said_of
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import client_address, correlation_id

HERE = "/account"
LANGUAGES = ("", "en", "de")
LONGEST_NAME = 200


async def overview(engine: Engine, visit: Visit) -> Response:
    """GET /account"""
    if visit.person is None:
        return await to_sign_in(visit)
    attempts = await attempts_of(engine, visit.person)
    return engine.pages.portal(
        "account/overview.html", visit.frame, person=visit.person.user, attempts=attempts, now=engine.now(),
        here_since=visit.person.session.since,
    )  # fmt: skip


async def profile(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/profile: `name`, and `language`, which is "" for none in particular."""
    if visit.person is None:
        return await to_sign_in(visit)
    if not visit.posted:
        return await _profile(engine, visit, visit.person, None)
    t, before = PORTAL_WORDS[visit.lang], visit.person.user
    owned = await is_made_by_directory(engine.db, before.id)
    problems, language = Problems(), visit.form.get("language") or ""
    name, good = read_name(visit.form.get("name"), 1, LONGEST_NAME)
    if owned and name != before.name:
        problems.add("name", t["own_name_of_company"])
    elif not good:
        problems.add("name", t["own_no_name"])
    if language not in LANGUAGES:
        problems.add("language", t["own_no_language"])
    if problems:
        return await _profile(engine, visit, visit.person, problems)
    async with owning(engine, visit, visit.person, to_change=True) as change:
        change.check_shown(*_shown(await lock_user(change.tx, before.id)))
        await change_profile(change.tx, before.id, name=name, locale=language or None)
        await change.record("user.changed", id=before.id)
    return see_other(HERE, "notice_changed")


def _shown(user: object) -> tuple[object, object]:
    return getattr(user, "name", None), getattr(user, "locale", None)


async def _profile(engine: Engine, visit: Visit, person: SignedIn, problems: Problems | None) -> Response:
    t, user = PORTAL_WORDS[visit.lang], person.user
    typed = {"name": visit.form.get("name") or user.name, "language": user.locale or ""}
    if visit.posted:
        typed["language"] = visit.form.get("language") or ""
    return engine.pages.portal(
        "account/profile.html", visit.showing(*_shown(user)), 422 if problems else 200, typed=typed, problems=problems,
        owned=await is_made_by_directory(engine.db, user.id), crumbs=(Crumb(t["own_account"], HERE),),
    )  # fmt: skip


async def password(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/password: `old` and `password`. Every other sign-in ends; this one goes on under a new id."""
    if visit.person is None:
        return await to_sign_in(visit)
    if not visit.posted:
        return await _password(engine, visit, visit.person, None)
    t = PORTAL_WORDS[visit.lang]
    try:
        cookie = await _change(engine, visit, visit.person)
    except Locked as locked:
        minutes = -(-locked.wait // 60)
        when = t["in_a_minute"] if minutes == 1 else t["in_minutes"].format(minutes=minutes)
        return await _password(
            engine, visit, visit.person, Problems({"old": t["own_throttled"].format(when=when)}), locked.wait
        )
    except Refused:
        return await _password(engine, visit, visit.person, Problems({"old": t["own_wrong_password"]}))
    except Unacceptable as error:
        return await _password(engine, visit, visit.person, Problems({"password": said_of(error.reasons, visit.lang)}))
    except TemporarilyUnavailable:
        return await _password(engine, visit, visit.person, Problems({"password": t["new_password_unavailable"]}))
    reply = await _onward(engine, visit, cookie)
    keep_session(engine, reply, cookie)
    return reply


async def _onward(engine: Engine, visit: Visit, cookie: str) -> Response:
    """Whoever must have a second factor proves it again: the sign-in that goes on is one by the new password alone."""
    session = await find_session(engine.db, session_digest(cookie), engine.now())
    user = None if session is None else await find_user(engine.db, session.user_id)
    done = see_other(HERE, "notice_password_changed")
    if session is None or user is None:
        return done
    person = SignedIn(session, user)
    if await has_proved_enough(engine, visit.request, person):
        return done
    held = await standing_of(engine.db, user.id, b"", 0, engine.now())
    unfinished = more_of(engine, visit.browser, person, "prove" if held.has_any else "enrol", 2)
    return to_second_step(engine, unfinished, Onward(back=done.headers["location"]))


async def _change(engine: Engine, visit: Visit, person: SignedIn) -> str:
    """The cookie of the session that goes on. Raises Locked, Refused, Unacceptable, TemporarilyUnavailable, Moved."""
    user, request, now = person.user, visit.request, engine.now()
    address = client_address(request, engine.settings.trusted_proxies)
    here = browser_digest(engine, request)
    said = Said(user.username, visit.form.get("old") or "", address, now, correlation_id(request), browser=here)
    new = visit.form.get("password") or ""
    proven = await prove(engine, PEOPLE, said)
    known = (user.username, user.name, *user.emails, engine.pages.brand.name)
    await engine.acceptable.check(new, known, least=await least_length(engine, engine.db, user), account=user.id)
    digest = await engine.passwords.hash(new, caller=proven.attempt.caller, account=proven.attempt.account)
    async with owning(engine, visit, person, to_change=True) as change:
        row = await lock_user(change.tx, user.id)
        if row is None or row.id != proven.account.id or row.password_digest != proven.account.password_digest:
            raise Moved(log="the password was replaced meanwhile")
        await engine.lockout.succeed(change.tx, proven.attempt, now)
        ended = await replace_password(change.tx, "user", user.id, digest, now)
        cookie = await renew_session(engine, change.tx, request, person.session, now)
        await change.record(
            "user.password_changed", id=user.id, refresh_tokens=0 if ended is None else ended.refresh_tokens
        )
        await tell_password_changed(engine, change.tx, row)
    return cookie


async def _instead(engine: Engine, user: User) -> str:
    """The key of a sentence for whom the form is not: a company signs them in, or they never had a password of their own."""
    if await PEOPLE.led_away(engine.db, user, user.username):
        return "own_password_of_company"
    is_chosen = user.password_changed_at > user.created_at
    return "" if is_chosen or not await is_made_by_company(engine.db, user.id) else "own_password_none"


async def _password(
    engine: Engine, visit: Visit, person: SignedIn, problems: Problems | None, wait: int | None = None
) -> Response:
    t, user = PORTAL_WORDS[visit.lang], person.user
    reply = engine.pages.portal(
        "account/password.html", visit.frame, 429 if wait else 422 if problems else 200, problems=problems,
        person=user, instead=await _instead(engine, user), least=await least_length(engine, engine.db, user),
        crumbs=(Crumb(t["own_account"], HERE),),
    )  # fmt: skip
    if wait is not None:
        reply.headers["retry-after"] = str(wait)
    return reply
