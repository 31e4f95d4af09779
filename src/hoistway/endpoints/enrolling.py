"""The first second factor of somebody who must have one, before their sign-in is finished (docs/adr/0030-factors.md)."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.accounts.factors import add_codes, add_key
from hoistway.authn.factors import find_step, typed_code
from hoistway.authn.passkeys import BadPasskey
from hoistway.endpoints.agents import agent_words
from hoistway.endpoints.back import onward_of
from hoistway.endpoints.browser import holder_of, keep_browser
from hoistway.endpoints.ceremonies import new_key, read_new, use_ceremony
from hoistway.endpoints.counting import tell_cause
from hoistway.endpoints.entering import Entered, Over, finish, hold_unfinished, keep_entered, next_address
from hoistway.endpoints.factor_pages import Step, enrol_page, recovery_page
from hoistway.endpoints.second_step import begin_anew, read_step
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.protocol.params import Params
from hoistway.store.db import Conflict, Writer
from hoistway.store.factors import standing_of
from hoistway.store.users import User
from hoistway.web.forms import read_form, read_query
from hoistway.web.replies import correlation_id
from hoistway.web.sealed import BadSeal, unseal
from hoistway.web.unfinished import LIFETIME, Enrolment


async def enrol(engine: Engine, request: Request) -> Response:
    """GET or POST /sign-in/enrol."""
    params = (await read_form(request)).params if request.method == "POST" else read_query(request)
    try:
        step = await read_step(engine, request, params, "enrol")
        if request.method != "POST" or not step.shown:
            return keep_browser(engine, step.browser, await enrol_page(step, None if step.shown else "expired"))
        if params.get("credential") is not None:
            return await _with_key(step, params)
        return await _with_code(step, params)
    except Over:
        tell_cause(request, "sign-in-over")
        return begin_anew(engine, request, params.get("ticket"))


async def _with_code(step: Step, params: Params) -> Response:
    engine = step.engine
    holder = holder_of(engine, step.request)
    try:
        shown = unseal(engine.cookie_secret, params.get("enrolment") or "", Enrolment, holder, engine.now(), LIFETIME)
    except BadSeal:
        return await enrol_page(step, "expired")
    if shown.person != step.user.id:
        raise Over
    found = find_step(shown.secret, typed_code(params.get("code") or ""), engine.now(), 0)
    if found is None:
        return await enrol_page(step, "wrong", shown.secret)
    async with engine.db.write() as tx:
        user = await hold_first(step, tx)
        codes = await add_codes(engine, tx, user, shown.secret, found)
        entered = await finish(
            engine, tx, step.request, user, step.unfinished, ("otp", "mfa"), correlation_id(step.request)
        )
    return lead_to_codes(step, entered, tuple(codes))


async def _with_key(step: Step, params: Params) -> Response:
    engine, request = step.engine, step.request
    try:
        made, number = await read_new(engine, request, params, step.user.id)
        async with engine.db.write() as tx:
            user = await hold_first(step, tx)
            await use_ceremony(engine, tx, user, number)
            key = new_key(made, user.id, agent_words(request), engine.now())
            codes = await add_key(engine, tx, user, key)
            amr = ("swk" if made.is_copied else "hwk", "user", "mfa")
            entered = await finish(engine, tx, request, user, step.unfinished, amr, correlation_id(request))
    except (BadPasskey, Conflict) as error:
        LOG.info("passkey refused", correlation_id=correlation_id(request), because=str(error))
        return await enrol_page(step, "refused")
    return lead_to_codes(step, entered, tuple(codes))


async def hold_first(step: Step, tx: Writer) -> User:
    """The account, locked, which still has no factor: whoever holds only its password must not add one beside those of
    the owner. Raises Over."""
    engine = step.engine
    user = await hold_unfinished(engine, tx, step.request, step.unfinished, to_change=True)
    if (await standing_of(tx, user.id, b"", 0, engine.now())).has_any:
        raise Over
    return user


def lead_to_codes(step: Step, entered: Entered, codes: tuple[str, ...]) -> Response:
    """The recovery codes, if there are new ones, before the sign-in leads on."""
    where = next_address(step.engine, onward_of(step.request, step.flow), entered.cookie)
    reply: Response = RedirectResponse(where, 303, {"cache-control": "no-store"})
    return keep_entered(step.engine, recovery_page(step, codes, where) if codes else reply, entered)
