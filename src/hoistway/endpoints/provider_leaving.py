"""Signing out at the provider as well (https://openid.net/specs/openid-connect-rpinitiated-1_0.html), where it is set so."""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import SignedIn, browser_of, holder_of
from hoistway.endpoints.page_refusals import language
from hoistway.engine import Engine
from hoistway.federation.signing_in import living_provider
from hoistway.outbound.failed import Failed
from hoistway.protocol.provider_metadata import BadMetadata
from hoistway.store.provider_sessions import find_provider_session
from hoistway.web.forms import read_query
from hoistway.web.pages import SignedOut
from hoistway.web.sealed import BadSeal, Holder, browser_digest, seal, unseal
from hoistway.web.templates.values import ToProvider
from hoistway.web.tickets import LeavingProvider, ProviderHint

HERE: Final = "/sign-in/provider/signed-out"


async def way_out(engine: Engine, request: Request, person: SignedIn, return_to: str, place: str) -> Response | None:
    """A page that leads to the provider; None where signing out stays here. A provider that is away keeps nobody signed
    in here. `place` is shown afterwards, with a link to `return_to`, where nobody has reviewed that address."""
    session = person.session
    row = await find_provider_session(engine.db, session.session_digest)
    provider = None if row is None or row.hint is None else await living_provider(engine, row.provider_id)
    if row is None or row.hint is None or provider is None or provider.sign_out != "there":
        return None
    now, lifetime = engine.now(), engine.settings.session_lifetime + 1
    try:
        metadata = await engine.providers.metadata(provider.issuer, now, provider.customer_id)
        endpoint = metadata.end_session_endpoint or ""
        engine.outbound.check(endpoint)
        known = Holder(person.user.id, None)
        hint = unseal(engine.cookie_secret, row.hint.decode("ascii"), ProviderHint, known, now, lifetime)
    except (Failed, BadMetadata, BadSeal):
        return None
    browser = browser_digest(browser_of(engine, request).id)
    state = LeavingProvider(browser=browser, made_at=now, return_to=return_to, place=place)
    params = {
        "id_token_hint": hint.id_token,
        "client_id": provider.client_id,
        "post_logout_redirect_uri": f"{engine.settings.base_url}{HERE}",
        "state": seal(engine.cookie_secret, state),
    }
    href = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(params)}"
    return engine.pages.plain("to_provider.html", ToProvider(language(request), provider.name, href, leaves=True))


async def signed_out(engine: Engine, request: Request) -> Response:
    """GET /sign-in/provider/signed-out: back from there. Without a state of ours the page says no more than that."""
    text = read_query(request).get("state") or ""
    lifetime = engine.settings.ticket_lifetime
    try:
        state = unseal(engine.cookie_secret, text, LeavingProvider, holder_of(engine, request), engine.now(), lifetime)
    except BadSeal:
        state = None
    if state is None or not state.return_to:
        return engine.pages.signed_out(SignedOut(language(request), here=HERE))
    if state.place:
        return engine.pages.signed_out(SignedOut(language(request), return_href=state.return_to, place=state.place))
    return RedirectResponse(state.return_to, 303, {"cache-control": "no-store"})
