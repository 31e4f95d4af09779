"""The sign-in form: proves a person's password; a session begins where no factor is missing (OWASP ASVS 5, chapters 6 and 7)."""

from time import perf_counter

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.authn.lockout import Locked
from hoistway.endpoints.back import onward_of, read_back
from hoistway.endpoints.browser import (
    Browser,
    browser_of,
    keep_browser,
    shown_here,
    signed_in,
)
from hoistway.endpoints.counting import note_answer, tell_cause
from hoistway.endpoints.entering import Entered, enter, lead_on
from hoistway.endpoints.flow import Flow
from hoistway.endpoints.flow_pages import sign_in_page
from hoistway.endpoints.interaction import find_flow
from hoistway.endpoints.proceed import names_of
from hoistway.endpoints.provider import lead, wish_of
from hoistway.endpoints.recognising import browser_digest
from hoistway.engine import Engine
from hoistway.federation.signing_in import home_provider
from hoistway.grants.failing import Unheard
from hoistway.grants.kinds import PEOPLE, Said
from hoistway.grants.proving import Refused, prove, settle
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.protocol.params import Params
from hoistway.protocol.text import username_key
from hoistway.store.db import Writer
from hoistway.store.users import User
from hoistway.web.forms import read_form
from hoistway.web.replies import client_address, correlation_id
from hoistway.web.sealed import BadSeal, seal


async def sign_in(engine: Engine, request: Request) -> Response:
    """GET /sign-in: for a person whom no application sent. POST: the form of every sign-in page."""
    browser = browser_of(engine, request)
    if request.method != "POST":
        page = sign_in_page(engine, request, browser, None, back=read_back(request))
        return keep_browser(engine, browser, page)
    params = (await read_form(request)).params
    shown = shown_here(engine, request, params.get("csrf"))
    try:
        flow, holds = await find_flow(engine, request, browser, params, shown=shown)
    except BadSeal:
        flow, holds = None, False
    if not holds:
        return await _ask_again(engine, request, browser, params.get("username") or "", flow)
    username = params.get("username") or ""
    home = await home_provider(engine, username)
    if home is not None:
        # Before the password is looked at, which may have been typed into the wrong page.
        return await lead(engine, request, browser, home, wish_of(flow, read_back(request), username))
    return await _sign_in(engine, request, browser, params, flow)


async def _ask_again(engine: Engine, request: Request, browser: Browser, username: str, flow: Flow | None) -> Response:
    """The page was left open too long, or another tab replaced it. The password is not tried. If the same person is
    signed in by now, their request goes on."""
    person, back = await signed_in(engine, request), read_back(request)
    if person is None or username_key(username) not in names_of(person):
        return sign_in_page(engine, request, browser, flow, error="expired", username=username, back=back)
    where = back or "/" if flow is None else f"/interaction?ticket={seal(engine.cookie_secret, flow.ticket)}"
    return RedirectResponse(where, 303, {"cache-control": "no-store"})


async def _sign_in(engine: Engine, request: Request, browser: Browser, params: Params, flow: Flow | None) -> Response:
    username, ticket = params.get("username") or "", params.get("ticket") or ""

    def again(error: str, wait: int | None = None) -> Response:
        back = read_back(request)
        return sign_in_page(
            engine, request, browser, flow, ticket=ticket, username=username, error=error, wait=wait, back=back
        )

    begun, status = perf_counter(), 503
    if not params.get("password"):
        return again("password_missing")
    try:
        entered = await _prove(engine, request, browser, username, params.get("password") or "", flow)
        status = 200
    except Locked as locked:
        status = 429
        tell_cause(request, "sign-in-locked")
        return again("throttled", locked.wait)
    except Refused as refused:
        # Operators see the reason in the counts; the person gets the same words in each case.
        status = 401
        tell_cause(request, f"sign-in-{refused}")
        return again("refused_moved" if await engine.old.connections(engine.now()) else "refused")
    except TemporarilyUnavailable as error:
        tell_cause(request, error.error)
        return again("unavailable_there" if isinstance(error, Unheard) else "unavailable", error.retry_after)
    finally:
        note_answer(engine, request, "sign_in", "password", status, begun)
    return lead_on(engine, entered, onward_of(request, flow))


async def _prove(
    engine: Engine, request: Request, browser: Browser, username: str, password: str, flow: Flow | None
) -> Entered:
    """What the password gives. Raises Locked; and Refused for an unknown name, a wrong password or a disabled account
    alike, after the same time."""
    address = client_address(request, engine.settings.trusted_proxies)
    here = browser_digest(engine, request)
    said = Said(username, password, address, engine.now(), correlation_id(request), browser=here)
    proven = await prove(engine, PEOPLE, said)

    async def write(tx: Writer, user: User) -> Entered:
        onward = onward_of(request, flow)
        return await enter(engine, tx, request, browser, user, ("pwd",), onward, said.correlation_id)

    return await settle(engine, PEOPLE, proven, write)
