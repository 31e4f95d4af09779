"""The second step of a sign-in: a one-time code, a recovery code or a passkey, after something else was proven; after a
company's provider the password, where there is none of these (docs/adr/0030-factors.md, 0032-providers.md).
"""

from collections.abc import Awaitable, Callable
from time import perf_counter
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.accounts.factors import prove_code, prove_recovery
from hoistway.authn.factors import STEP, must_have, recovery_digest, typed_code
from hoistway.authn.lockout import Attempt, Locked, Spent
from hoistway.authn.passkeys import BadPasskey
from hoistway.endpoints.back import onward_of, read_back
from hoistway.endpoints.browser import browser_of, keep_browser, shown_here
from hoistway.endpoints.ceremonies import read_signed, use_signed
from hoistway.endpoints.counting import note_answer, tell_cause
from hoistway.endpoints.entering import Entered, Over, finish, hold_unfinished, lead_on, read_unfinished, use_up
from hoistway.endpoints.factor_pages import Step, needs_user, second_page
from hoistway.endpoints.flow_pages import sign_in_page
from hoistway.endpoints.interaction import find_flow
from hoistway.endpoints.own_step import prove_own
from hoistway.endpoints.recognising import browser_digest
from hoistway.engine import Engine
from hoistway.grants.proving import Refused
from hoistway.journal import LOG
from hoistway.protocol.authentication import level_of
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import UserId
from hoistway.protocol.params import Params
from hoistway.store.db import Writer
from hoistway.store.factors import standing_of
from hoistway.store.known_browsers import known_since
from hoistway.store.users import User, find_user
from hoistway.web.forms import read_form, read_query
from hoistway.web.replies import client_address, correlation_id
from hoistway.web.sealed import BadSeal
from hoistway.web.shown import new_number
from hoistway.web.unfinished import request_of


class NoKey(Exception):
    """A passkey was sent that is not the person's, or whose signature does not hold."""


class Wrong(Exception):
    """The code was wrong, used before or unknown; the person hears the same words in each case."""


async def read_step(engine: Engine, request: Request, params: Params, missing: str) -> Step:
    """Raises Over, InvalidRequest."""
    browser = browser_of(engine, request)
    shown = request.method != "POST" or shown_here(engine, request, params.get("csrf"))
    try:
        flow, holds = await find_flow(engine, request, browser, params, shown=shown)
    except BadSeal as error:
        raise Over from error
    unfinished = read_unfinished(engine, request, "enrol" if missing == "enrol" else "prove")
    user = await find_user(engine.db, UserId(unfinished.person))
    if user is None or unfinished.request != request_of(None if flow is None else flow.ticket):
        raise Over
    return Step(engine, request, browser, flow, unfinished, user, holds)


def begin_anew(engine: Engine, request: Request, ticket: str | None) -> Response:
    """The application's request is in the ticket, if it still holds; /interaction shows its sign-in page."""
    back, browser = read_back(request), browser_of(engine, request)
    if ticket is not None:
        where = f"/interaction?{urlencode({'ticket': ticket})}"
        return RedirectResponse(where, 303, {"cache-control": "no-store"})
    return keep_browser(engine, browser, sign_in_page(engine, request, browser, None, error="expired", back=back))


async def second_step(engine: Engine, request: Request) -> Response:
    """GET or POST /sign-in/second."""
    params = (await read_form(request)).params if request.method == "POST" else read_query(request)
    try:
        step = await read_step(engine, request, params, "prove")
        if request.method != "POST" or not step.shown:
            error = None if step.shown else "expired"
            return keep_browser(engine, step.browser, await second_page(step, params, error))
        return await _answer(step, params)
    except Over:
        tell_cause(request, "sign-in-over")
        return begin_anew(engine, request, params.get("ticket"))


async def _answer(step: Step, params: Params) -> Response:
    begun, status = perf_counter(), 503
    try:
        entered = await _prove(step, params)
        status = 200
    except Locked as locked:
        status = 429
        tell_cause(step.request, "sign-in-locked")
        return await second_page(step, params, "throttled", locked.wait)
    except Spent:
        status = 401
        tell_cause(step.request, "sign-in-spent")
        raise Over from None
    except NoKey:
        status = 401
        tell_cause(step.request, "sign-in-passkey")
        return await second_page(step, params, "refused")
    except (Wrong, Refused):
        status = 401
        tell_cause(step.request, "sign-in-factor")
        return await second_page(step, params, "wrong")
    finally:
        note_answer(step.engine, step.request, "sign_in", "factor", status, begun)
    return lead_on(step.engine, entered, onward_of(step.request, step.flow))


async def _prove(step: Step, params: Params) -> Entered:
    """Raises Over, Locked, Spent, Wrong, Refused."""
    code, recovery, password = params.get("code"), params.get("recovery"), params.get("password")
    if params.get("credential") is not None:
        return await _with_key(step, params)
    if password is not None:
        return await prove_own(step, password)
    if step.unfinished.wants_password:
        raise InvalidRequest("Send the password: a factor of the same kind is proved already.", log="no password")
    now = step.engine.now()
    if recovery is not None:
        digest = recovery_digest(step.user.id, recovery).hex()
        return await _guarded(step, params, digest, lambda tx, user: prove_recovery(step.engine, tx, user, recovery))
    if code is None:
        raise InvalidRequest("Send a code.", log="no code")
    typed = typed_code(code)
    # The same digits are another guess when another code is right.
    return await _guarded(
        step, params, f"{typed} {now // STEP}", lambda tx, user: prove_code(step.engine, tx, user, typed)
    )


async def _with_key(step: Step, params: Params) -> Entered:
    """Raises Over, Spent, NoKey."""
    engine, request, unfinished = step.engine, step.request, step.unfinished
    await engine.lockout.begin_few(unfinished.number)
    try:
        signed = await read_signed(engine, request, params, "second", step.user.id, verified=needs_user(unfinished))
        async with engine.db.write() as tx:
            user = await hold_unfinished(engine, tx, request, unfinished)
            await use_signed(engine, tx, user, signed)
            return await _enough(step, tx, user, signed.amr, remember=params.get("remember") == "yes")
    except BadPasskey as error:
        LOG.info("passkey refused", correlation_id=correlation_id(request), because=str(error))
        async with engine.db.write() as tx:
            await engine.lockout.fail_few(tx, unfinished.number, step.user.username, engine.now())
        raise NoKey from error


async def _enough(step: Step, tx: Writer, user: User, given: tuple[str, ...], *, remember: bool) -> Entered:
    """The session; or the password, too, where only a company spoke for the person before, and the application or another customer of
    theirs demands two factors. Raises Over."""
    engine, unfinished = step.engine, step.unfinished
    proved = unfinished.with_second(given)
    if level_of(proved) < 2:
        standing = await standing_of(tx, user.id, b"", 0, engine.now())
        if unfinished.least > 1 or must_have(user, standing, of_staff=engine.settings.staff_factors):
            await use_up(tx, unfinished, engine.now())
            least = max(2, unfinished.least)
            return Entered(unfinished=replace(unfinished, here=proved, least=least, number=new_number()))
    return await finish(
        engine, tx, step.request, user, unfinished, proved, correlation_id(step.request), remember=remember
    )


Prove = Callable[[Writer, User], Awaitable[bool]]


async def _guarded(step: Step, params: Params, guess: str, prove: Prove) -> Entered:
    """Counts what fails, and tells no outcome that the counters do not allow (docs/adr/0016-guessing.md)."""
    engine, request, unfinished = step.engine, step.request, step.unfinished
    address = client_address(request, engine.settings.trusted_proxies)
    await engine.lockout.begin_few(unfinished.number)
    here, user = browser_digest(engine, request), step.user
    since = None if here is None else await known_since(engine.db, here, user.id, user.password_changed_at)
    attempt = await engine.lockout.begin(user.username, address, guess, engine.now(), "factor ", browser=since)
    async with engine.db.write() as tx:
        user = await hold_unfinished(engine, tx, request, unfinished)
        if await prove(tx, user):
            await engine.lockout.succeed_few(tx, unfinished.number)
            await engine.lockout.succeed(tx, attempt, engine.now())
            return await _enough(step, tx, user, ("otp",), remember=params.get("remember") == "yes")
    await _fail(step, attempt)
    raise Wrong


async def _fail(step: Step, attempt: Attempt) -> None:
    engine, user = step.engine, step.user
    async with engine.db.write() as tx:
        await engine.lockout.fail_few(tx, step.unfinished.number, user.username, engine.now())
        today = await engine.lockout.fail(tx, attempt, engine.now())
        if engine.lockout.is_told(today, engine.now()):
            await engine.record(
                tx, "factor.failed", actor=user.id, correlation_id=correlation_id(step.request), address=attempt.network,
                failures_today=today,
            )  # fmt: skip
