"""POST /sign-in/passkey: a sign-in without any password, by a passkey that verified its user (https://www.w3.org/TR/webauthn-3/)."""

from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.lockout import Locked
from hoistway.authn.passkeys import BadPasskey
from hoistway.endpoints.back import onward_of, read_back
from hoistway.endpoints.browser import Browser, browser_of, keep_browser, shown_here
from hoistway.endpoints.ceremonies import Signed, read_signed, use_signed
from hoistway.endpoints.counting import note_answer, tell_cause
from hoistway.endpoints.entering import Entered, Onward, enter, lead_on
from hoistway.endpoints.flow_pages import sign_in_page
from hoistway.endpoints.interaction import find_flow
from hoistway.engine import Engine
from hoistway.grants.kinds import PEOPLE
from hoistway.journal import LOG
from hoistway.protocol.params import Params
from hoistway.store.users import hold_user
from hoistway.web.forms import read_form
from hoistway.web.replies import client_address, correlation_id
from hoistway.web.sealed import BadSeal


async def sign_in_with_passkey(engine: Engine, request: Request) -> Response:
    browser = browser_of(engine, request)
    params = (await read_form(request)).params
    shown = shown_here(engine, request, params.get("csrf"))
    try:
        flow, holds = await find_flow(engine, request, browser, params, shown=shown)
    except BadSeal:
        flow, holds = None, False
    back, error, wait = read_back(request), "expired", None
    if holds:
        begun, status = perf_counter(), 503
        try:
            onward = onward_of(request, flow)
            entered = await _prove(engine, request, browser, params, onward)
            status = 200
            engine.measures.sign_ins.add("passkey", "succeeded")
            return lead_on(engine, entered, onward)
        except Locked as locked:
            status, error, wait = 429, "throttled", locked.wait
            engine.measures.sign_ins.add("passkey", "locked")
            tell_cause(request, "sign-in-locked")
        except BadPasskey as refused:
            status, error = 401, "factor_refused"
            engine.measures.sign_ins.add("passkey", "wrong")
            LOG.info("passkey refused", correlation_id=correlation_id(request), because=str(refused))
            tell_cause(request, "sign-in-passkey")
        finally:
            note_answer(engine, request, "sign_in", "passkey", status, begun)
    page = sign_in_page(
        engine, request, browser, flow, ticket=params.get("ticket") or "", error=error, wait=wait, back=back
    )
    return keep_browser(engine, browser, page)


async def _prove(engine: Engine, request: Request, browser: Browser, params: Params, onward: Onward) -> Entered:
    """Raises BadPasskey, Locked."""
    try:
        signed = await read_signed(engine, request, params, "sign-in", verified=True)
        return await _settle(engine, request, browser, signed, onward)
    except BadPasskey:
        # Nobody can guess a signature, so a right one counts whatever was refused before, there or elsewhere.
        address = client_address(request, engine.settings.trusted_proxies)
        async with engine.db.write() as tx:
            await engine.lockout.fail_at(tx, address, params.get("ceremony") or "", engine.now())
        raise


async def _settle(engine: Engine, request: Request, browser: Browser, signed: Signed, onward: Onward) -> Entered:
    async with engine.db.write() as tx:
        user = await hold_user(tx, signed.before.user_id)
        if user is None or user.disabled_at is not None:
            raise BadPasskey("the account is disabled")
        if await PEOPLE.led_away(tx, user, user.username):
            raise BadPasskey("a company's provider signs this person in")
        await use_signed(engine, tx, user, signed)
        entered = await enter(engine, tx, request, browser, user, signed.amr, onward, correlation_id(request))
    engine.measures.sign_ins.add("person", "succeeded")
    return entered
