"""The pages for a forgotten password: who asks learns nothing about accounts, who has the link sets a new one
(docs/adr/0028-links.md; OWASP ASVS 5, 6.4)."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.factors import least_length
from hoistway.accounts.resetting import ask_reset, finish_reset, look_at_reset
from hoistway.authn.acceptable import Unacceptable
from hoistway.authn.links import LONGEST, BadLink, First
from hoistway.authn.rationing import RationSpent
from hoistway.discreet import Discreet
from hoistway.endpoints.browser import Browser, browser_of, keep_browser, shown_here
from hoistway.endpoints.page_refusals import here_of, language
from hoistway.endpoints.recognising import browser_digest
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.store.links import Link
from hoistway.store.users import User
from hoistway.web.forms import read_form, read_query
from hoistway.web.password_words import said_of
from hoistway.web.replies import client_address, correlation_id
from hoistway.web.templates.link_values import AskReset, LinkDone, LinkEnded, NewPassword, ResetAsked

LONGEST_NAME: Final = 320
NEW: Final = "/reset/new"


class Found(Discreet, frozen=True):
    """What the secret of a link leads to, and how many characters the new password must have at least."""

    hidden: ClassVar[frozenset[str]] = frozenset({"secret"})
    link: Link
    user: User
    secret: str
    least: int


async def reset(engine: Engine, request: Request) -> Response:
    """GET or POST /reset: `username`."""
    browser = browser_of(engine, request)
    if request.method != "POST":
        return keep_browser(engine, browser, _ask(engine, request, browser))
    params = (await read_form(request)).params
    shown, username = shown_here(engine, request, params.get("csrf")), (params.get("username") or "").strip()
    if not shown:
        return _ask(engine, request, browser, "reset_expired", username)
    if not username or len(username) > LONGEST_NAME:
        return _ask(engine, request, browser, "reset_missing", username[:LONGEST_NAME])
    if not engine.settings.takes_mail:
        return _ask(engine, request, browser)
    address = client_address(request, engine.settings.trusted_proxies)
    try:
        await ask_reset(engine, username, address, language(request), browser_digest(engine, request))
    except RationSpent as spent:
        return _ask(engine, request, browser, "reset_throttled", username, spent.wait)
    return engine.pages.link(ResetAsked(language(request)))


def _ask(
    engine: Engine,
    request: Request,
    browser: Browser,
    problem: str | None = None,
    username: str = "",
    wait: int | None = None,
) -> Response:
    can_send = engine.settings.takes_mail
    page = AskReset(browser.csrf, language(request), can_send, username, problem, wait)
    reply = engine.pages.link(page, 200 if problem is None else 429 if wait else 400)
    if wait is not None:
        reply.headers["retry-after"] = str(wait)
    return reply


async def new_password(engine: Engine, request: Request) -> Response:
    """GET or POST /reset/new: `link` is the secret of the mail, `password` the new one."""
    browser, posted = browser_of(engine, request), request.method == "POST"
    params = (await read_form(request)).params if posted else read_query(request)
    shown = not posted or shown_here(engine, request, params.get("csrf"))
    secret = (params.get("link") or "")[:LONGEST]
    try:
        row, user = await look_at_reset(engine, secret)
        found = Found(row, user, secret, await least_length(engine, engine.db, user))
        if not posted:
            return keep_browser(engine, browser, _form(engine, request, browser, found))
        if not shown:
            return _form(engine, request, browser, found, "new_password_expired")
        return await _set(engine, request, browser, found, params.get("password") or "")
    except BadLink as error:
        return link_ended(engine, request, error, offers_reset=True)


def _form(engine: Engine, request: Request, browser: Browser, found: Found, problem: str | None = None) -> Response:
    page = NewPassword(
        NEW,
        browser.csrf,
        language(request),
        found.user.username,
        "link",
        found.secret,
        problem,
        here_of(request),
        found.least,
    )
    return engine.pages.link(page, 200 if problem is None else 400)


async def _set(engine: Engine, request: Request, browser: Browser, found: Found, password: str) -> Response:
    """Raises BadLink. The password is hashed before the transaction, because that takes long."""
    row, user = found.link, found.user
    known = (user.username, user.name, *user.emails, engine.pages.brand.name)
    try:
        if await engine.passwords.matches(user.password_digest, password, caller=row.id, account=row.id):
            return _form(engine, request, browser, found, "new_password_same")
        await engine.acceptable.check(password, known, least=found.least, account=row.id)
        digest = await engine.passwords.hash(password, caller=row.id, account=row.id)
    except Unacceptable as error:
        return _form(engine, request, browser, found, said_of(error.reasons, language(request)))
    except TemporarilyUnavailable:
        return _form(engine, request, browser, found, "new_password_unavailable")
    await finish_reset(engine, row, digest, correlation_id(request))
    back = engine.links.open(row, First).back if row.kind == "first" else ""
    return engine.pages.link(LinkDone(language(request), "password_set", back=back))


def link_ended(
    engine: Engine, request: Request, error: BadLink, *, offers_reset: bool = False, invites: bool = False
) -> Response:
    """The same for every link of a kind that gives nothing."""
    LOG.info("link refused", path=request.url.path, correlation_id=correlation_id(request), because=str(error))
    return engine.pages.link(LinkEnded(language(request), offers_reset, invites), 410)
