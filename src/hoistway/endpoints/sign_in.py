"""The sign-in form: proves a person and begins a session (OWASP ASVS 5, chapters 6 and 7)."""

import re
from time import perf_counter

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.authn.lockout import Locked
from hoistway.endpoints.browser import Browser, begin_session, browser_of, check_csrf, keep_browser
from hoistway.endpoints.counting import note_answer, tell_cause
from hoistway.endpoints.flow import Flow
from hoistway.endpoints.flow_pages import sign_in_page
from hoistway.endpoints.interaction import find_flow
from hoistway.engine import Engine
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.protocol.params import Params
from hoistway.store.users import User, find_user_by_name
from hoistway.web.forms import read_form, read_query
from hoistway.web.replies import client_address, correlation_id
from hoistway.web.tickets import BadTicket, seal_ticket

_OWN_PAGE = re.compile(r"/(portal|console)([/?][A-Za-z0-9_.~!$&'()*+,;=:@%/?-]{0,1000})?")


def read_back(request: Request) -> str | None:
    """`next` of the query: the page of the portal or console that asked for the sign-in. Anything else is dropped, so that
    nobody is sent elsewhere by a link to our sign-in page."""
    found = _OWN_PAGE.fullmatch(read_query(request).get("next") or "")
    return None if found is None else found[0]


async def sign_in(engine: Engine, request: Request) -> Response:
    """GET /sign-in: for somebody whom no application sent. POST: the form of every sign-in page."""
    browser = browser_of(engine, request)
    if request.method != "POST":
        page = sign_in_page(engine, request, browser, None, back=read_back(request))
        return keep_browser(engine, browser, page)
    params = (await read_form(request)).params
    check_csrf(engine, request, params.get("csrf"))
    try:
        flow = await find_flow(engine, request, browser, params)
    except BadTicket:
        return sign_in_page(
            engine,
            request,
            browser,
            None,
            error="expired",
            username=params.get("username") or "",
            back=read_back(request),
        )
    return await _sign_in(engine, request, browser, params, flow)


async def _sign_in(engine: Engine, request: Request, browser: Browser, params: Params, flow: Flow | None) -> Response:
    username, ticket = params.get("username") or "", params.get("ticket") or ""

    def again(error: str, wait: int | None = None) -> Response:
        back = read_back(request)
        return sign_in_page(
            engine, request, browser, flow, ticket=ticket, username=username, error=error, wait=wait, back=back
        )

    begun, status = perf_counter(), 503
    try:
        user = await _prove(engine, request, username, params.get("password") or "")
        status = 401 if user is None else 200
    except Locked as locked:
        status = 429
        tell_cause(request, "sign-in-locked")
        return again("throttled", locked.wait)
    except TemporarilyUnavailable as error:
        tell_cause(request, error.error)
        return again("unavailable", error.retry_after)
    finally:
        note_answer(engine, request, "sign_in", "password", status, begun)
    if user is None:
        return again("refused")
    if flow is None:
        reply = RedirectResponse(read_back(request) or "/", 303, {"cache-control": "no-store"})
    else:
        signed = flow.with_ticket(signed_in_at=engine.now())
        reply = RedirectResponse(
            f"/interaction?ticket={seal_ticket(engine.cookie_secret, signed.ticket)}",
            303,
            {"cache-control": "no-store"},
        )
    await begin_session(engine, request, reply, user, correlation_id(request))
    return reply


def _cause(user: User | None, matched: bool) -> str:
    """What operators see in the counts; the person hears the same words in each case."""
    if user is None:
        return "sign-in-unknown"
    if not matched:
        return "sign-in-wrong"
    return "" if user.disabled_at is None else "sign-in-disabled"


async def _prove(engine: Engine, request: Request, username: str, password: str) -> User | None:
    """None for a wrong name, a wrong password and a disabled account alike, in the same time. Raises Locked."""
    now = engine.now()
    address = client_address(request, engine.settings.trusted_proxies)
    attempt = await engine.lockout.begin(username, address, password, now)
    user = await find_user_by_name(engine.db, username)
    try:
        matched = await engine.passwords.matches(None if user is None else user.password_digest, password)
    except TemporarilyUnavailable:
        await engine.lockout.withdraw(attempt)
        raise
    tell_cause(request, _cause(user, matched))
    if not matched or user is None or user.disabled_at is not None:
        async with engine.db.write() as tx:
            await engine.record(
                tx, "sign_in.failed", actor=None if user is None else user.id, correlation_id=correlation_id(request)
            )
        return None
    await engine.lockout.succeed(attempt, now)
    return user
