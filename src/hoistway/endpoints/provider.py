"""Sign-in with a customer's own OpenID provider: the way there and back (OpenID Connect Core section 3.1)."""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import Browser, browser_of, holder_of, keep_browser, session_digest, signed_in
from hoistway.endpoints.entering import Entered, Onward, enter, lead_on
from hoistway.endpoints.flow import Flow
from hoistway.endpoints.page_refusals import language
from hoistway.endpoints.vouching import Vouched
from hoistway.engine import Engine
from hoistway.federation.asking import Wish, describe, lead_to
from hoistway.federation.linking import claim_of
from hoistway.federation.people import Arrived
from hoistway.federation.proved import has_proved_domain, host_of, shown_name
from hoistway.federation.redeeming import Answered, redeem
from hoistway.federation.refusing import Cause, NotSignedIn
from hoistway.federation.signing_in import arrive, living_provider
from hoistway.journal import LOG
from hoistway.limits.turns import Crowded
from hoistway.protocol.ids import ProviderId
from hoistway.protocol.params import Params
from hoistway.store.db import DatabaseUnavailable, Writer
from hoistway.store.provider_sessions import ProviderSession, add_provider_session
from hoistway.store.providers import Provider
from hoistway.store.users import User
from hoistway.web.forms import read_query
from hoistway.web.replies import client_address, correlation_id
from hoistway.web.sealed import BadSeal, browser_digest, seal, unseal
from hoistway.web.templates.values import ProviderFailed, ToProvider
from hoistway.web.tickets import AtProvider, ProviderHint

_STATUS: Final[dict[Cause, int]] = {
    "away": 502, "wrong": 502, "busy": 503, "cancelled": 400, "expired": 400, "unverified": 403, "elsewhere": 403,
    "taken": 403, "not_allowed": 403, "disabled": 403,
}  # fmt: skip
_COUNTED: Final[dict[Cause, str]] = {
    "away": "unavailable", "busy": "unavailable", "wrong": "wrong", "disabled": "disabled", "unverified": "unknown",
    "elsewhere": "unknown", "taken": "unknown", "not_allowed": "unknown",
}  # fmt: skip
_TOLD: Final = frozenset({"away", "wrong", "unverified", "elsewhere", "taken", "not_allowed"})
"""What the trail hears of: at most once a minute for each provider and cause."""
TELL_AGAIN_AFTER: Final = 60
LINKED: Final = "/account/identities"
_UPSTREAM_AWAY: Final = frozenset({"temporarily_unavailable", "server_error"})


def wish_of(flow: Flow | None, back: str | None, username: str | None) -> Wish:
    """What the application asks of the sign-in is asked of the provider."""
    if flow is None:
        return Wish(None, back or "", username)
    prompt = "login" if "login" in flow.ask.prompt else None
    return Wish(flow.ticket.anew(), "", username, prompt, flow.ask.max_age)


async def lead(engine: Engine, request: Request, browser: Browser, provider: Provider, wish: Wish) -> Response:
    """To the provider, or a page that says why that can't be."""
    try:
        check_caller(engine, request)
        location = await lead_to(engine, provider, browser.id, wish)
    except NotSignedIn as error:
        page = await failed(engine, request, provider, error, links=wish.links is not None)
        return keep_browser(engine, browser, page)
    if not await has_proved_domain(engine.db, provider):
        # The address is whatever the customer's provider says, so this must not be a redirector that anybody can use.
        asking = ToProvider(language(request), host_of(location), location, asks=True)
        return keep_browser(engine, browser, engine.pages.plain("to_provider.html", asking))
    if request.method == "POST" and wish.ticket is None:
        # A page for no application in particular sends its form to this server only, and Chromium holds redirects to it.
        page = engine.pages.plain("to_provider.html", ToProvider(language(request), provider.name, location))
        return keep_browser(engine, browser, page)
    reply = RedirectResponse(location, 303, {"cache-control": "no-store", "referrer-policy": "no-referrer"})
    return keep_browser(engine, browser, reply)


async def begin(engine: Engine, request: Request) -> Response:
    """GET /sign-in/provider/{id}: for a link of the company's own, such as a tile in its portal. Whoever is signed in stays so:
    a link on a foreign page must not make somebody go on as somebody else."""
    if await signed_in(engine, request) is not None:
        return RedirectResponse("/", 303, {"cache-control": "no-store"})
    browser = browser_of(engine, request)
    provider = await living_provider(engine, ProviderId(request.path_params["id"]))
    if provider is None:
        return await failed(engine, request, None, NotSignedIn("disabled", "no such provider"))
    return await lead(engine, request, browser, provider, Wish(None, ""))


async def callback(engine: Engine, request: Request) -> Response:
    """GET /sign-in/provider/{id}/callback: the provider's answer."""
    params, provider, links = read_query(request), None, False
    try:
        state = _state(engine, request, params)
        links = state.session is not None
        provider = await living_provider(engine, ProviderId(state.provider_id))
        if provider is None or provider.issuer != state.issuer:
            raise NotSignedIn("disabled", "the provider was disabled, removed or changed meanwhile")
        answered = await _ask(engine, request, provider, state, params)
        if links:
            return await _claimed(engine, request, provider, state, answered)
        known, onward = provider, Onward(state.ticket, state.back or None)

        async def write(tx: Writer, arrived: Arrived) -> Entered:
            number, amr, user = correlation_id(request), answered.amr, arrived.user
            subject = answered.subject if arrived.unlinked else None
            vouched = Vouched(known, answered.sid, arrived.by_proof, arrived.asks, subject)
            entered = await enter(engine, tx, request, browser_of(engine, request), user, amr, onward, number, vouched)
            if entered.cookie:
                digest, hint = session_digest(entered.cookie), _hint(engine, known, answered.id_token, user)
                await add_provider_session(tx, ProviderSession(digest, known.id, answered.sid, hint))
            return entered

        entered = await arrive(engine, provider, state, answered, correlation_id(request), write)
    except NotSignedIn as error:
        return await failed(engine, request, provider, error, links=links)
    engine.measures.sign_ins.add("provider", "succeeded")
    return lead_on(engine, entered, onward)


async def _ask(engine: Engine, request: Request, provider: Provider, state: AtProvider, params: Params) -> Answered:
    """Anybody can bring junk and make us ask, so few of one address do at a time, and with one state few times in all.
    Raises NotSignedIn."""
    address = client_address(request, engine.settings.trusted_proxies)
    try:
        async with engine.arriving.take(address):
            code = await _code(engine, provider, params)
            check_caller(engine, request)
            if not engine.attempts.may(state.nonce, engine.now()):
                raise NotSignedIn("expired", "the answer was tried too often")
            return await redeem(engine, provider, state, code)
    except Crowded:
        raise NotSignedIn("busy", "too many sign-ins from this address are under way") from None


async def _claimed(
    engine: Engine, request: Request, provider: Provider, state: AtProvider, answered: Answered
) -> Response:
    """Nobody signs in: the person is asked whether to link. Raises NotSignedIn."""
    person = await signed_in(engine, request)
    if person is None:
        raise NotSignedIn("expired", "the session in which it was to be linked ended")
    claim = seal(engine.cookie_secret, claim_of(engine, person.user, provider, state, answered))
    return to_own_page(f"{LINKED}?{urlencode({'claim': claim})}")


def to_own_page(address: str) -> Response:
    return RedirectResponse(address, 303, {"cache-control": "no-store", "referrer-policy": "no-referrer"})


def check_caller(engine: Engine, request: Request) -> None:
    """Raises NotSignedIn."""
    if not engine.callers.may(client_address(request, engine.settings.trusted_proxies), engine.now()):
        raise NotSignedIn("busy", "too many sign-ins from this address within a minute")


def _state(engine: Engine, request: Request, params: Params) -> AtProvider:
    """Bound to this browser and to the provider in the address. Raises NotSignedIn."""
    lifetime = engine.settings.ticket_lifetime
    try:
        holder = holder_of(engine, request)
        state = unseal(engine.cookie_secret, params.get("state") or "", AtProvider, holder, engine.now(), lifetime)
    except BadSeal as error:
        raise NotSignedIn("expired", f"the state is not ours, of another browser or too old: {error}") from None
    if state.provider_id != request.path_params["id"]:
        raise NotSignedIn("expired", "the answer of one provider came to the address of another")
    return state


async def _code(engine: Engine, provider: Provider, params: Params) -> str:
    """RFC 9207 first: another provider's answer is neither an error nor a code of this one. Raises NotSignedIn."""
    metadata, issuer = await describe(engine, provider), params.get("iss")
    if issuer != provider.issuer and (issuer is not None or metadata.says_issuer):
        raise NotSignedIn(
            "wrong", "its answer names no issuer or another one (iss): perhaps it is that of another provider"
        )
    error, code = params.get("error"), params.get("code")
    if error == "access_denied":
        raise NotSignedIn("cancelled", "the person cancelled there, or may not use this application")
    if error is not None:
        word = error if error.isascii() and len(error) <= 60 else "a long word"
        raise NotSignedIn("away" if error in _UPSTREAM_AWAY else "wrong", f"it answers with the error {word}")
    if code is None:
        raise NotSignedIn("wrong", "its answer holds neither a code nor an error")
    return code


def _hint(engine: Engine, provider: Provider, id_token: str, user: User) -> bytes | None:
    """Kept only where signing out leads there, which needs it: for the person, whose session has another id after a step-up."""
    if provider.sign_out != "there":
        return None
    hint = ProviderHint(browser=browser_digest(user.id), made_at=engine.now(), id_token=id_token)
    return seal(engine.cookie_secret, hint).encode("ascii")


async def failed(
    engine: Engine, request: Request, provider: Provider | None, error: NotSignedIn, *, links: bool = False
) -> Response:
    """A page in words that a person understands; the log and the trail hear what exactly was wrong. Whoever `links` is led
    to the page from which they came."""
    number, now = correlation_id(request), engine.now()
    provider_id = None if provider is None else provider.id
    LOG.warning(
        "no sign-in with a provider", provider=provider_id, cause=error.cause, because=str(error), correlation_id=number
    )
    engine.measures.sign_ins.add("provider", _COUNTED.get(error.cause, "other"))
    if provider is not None and error.cause in _TOLD:
        await _tell(engine, provider, error, number)
    if links:
        return to_own_page(f"{LINKED}?problem=identity_failed")
    page = ProviderFailed(
        language(request), error.cause, "" if provider is None else await shown_name(engine.db, provider), number, now,
        again="/sign-in" if provider is None else f"/sign-in/provider/{provider.id}",
    )  # fmt: skip
    reply = engine.pages.plain("provider_failed.html", page, _STATUS[error.cause])
    if error.cause in {"away", "busy"}:
        reply.headers["retry-after"] = "60"
    return reply


async def _tell(engine: Engine, provider: Provider, error: NotSignedIn, number: str) -> None:
    key, now = f"{provider.id} {error.cause}", engine.now()
    if engine.told_of.get(key, 0) > now - TELL_AGAIN_AFTER:
        return
    engine.told_of[key] = now
    try:
        async with engine.db.write() as tx:
            await engine.record(
                tx, "provider.failed", customer_id=provider.customer_id, correlation_id=number,
                id=provider.id, cause=error.cause, because=str(error)[:300],
            )  # fmt: skip
    except DatabaseUnavailable as away:
        LOG.warning("a failure of a provider is missing in the audit trail", because=str(away))
