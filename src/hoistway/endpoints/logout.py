"""Signing out (https://openid.net/specs/openid-connect-rpinitiated-1_0.html)."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import SignedIn, browser_of, check_csrf, holder_of, keep_browser, signed_in
from hoistway.endpoints.hint import hinted_claims
from hoistway.endpoints.page_refusals import here_of, language
from hoistway.engine import Engine
from hoistway.protocol.authorize_params import check_size, redirect_location
from hoistway.protocol.ids import ClientId
from hoistway.protocol.params import Params
from hoistway.protocol.redirect_uri import origin_of
from hoistway.store.clients import find_client_by_uri
from hoistway.store.sessions import end_session
from hoistway.web.cookies import drop_cookie
from hoistway.web.forms import read_form, read_query
from hoistway.web.pages import SignedOut, SignOut
from hoistway.web.sealed import BadSeal, browser_digest, seal, unseal
from hoistway.web.tickets import SignOutTicket


async def _return_to(engine: Engine, params: Params, hinted: dict[str, object] | None) -> str | None:
    """Where the person goes afterwards: only a sign-out URI that an application registered, letter for letter.

    Raises InvalidRequest."""
    uri = params.get("post_logout_redirect_uri")
    if uri is None:
        return None
    client_id = params.get("client_id") or (str(hinted["aud"]) if hinted else None)
    if client_id is not None:
        known = await engine.directory.client(ClientId(client_id), engine.now())
        allowed = (
            known is not None and known.client.disabled_at is None and uri in known.client.post_logout_redirect_uris
        )
    else:
        allowed = await find_client_by_uri(engine.db, uri, "post_logout") is not None
    if not allowed:
        return None
    state = params.get("state")
    asked = {"return_to": uri if state is None else redirect_location(uri, "query", {"state": state})}
    check_size(asked)
    return asked["return_to"]


async def logout(engine: Engine, request: Request) -> Response:
    """GET or POST /oauth2/logout. Without proof that the person's application asks, a page asks the person."""
    params = (await read_form(request)).params if request.method == "POST" else read_query(request)
    person = await signed_in(engine, request)
    if params.get("csrf") is not None:
        return await _confirmed(engine, request, params, person)
    hinted = await hinted_claims(engine, params)
    return_to = await _return_to(engine, params, hinted)
    is_theirs = hinted is not None and person is not None and hinted.get("sub") == person.user.id
    if person is None or is_theirs:
        return await _sign_out(engine, request, person, return_to)
    return _ask(engine, request, person, return_to, params.get("ui_locales"))


def _ask(
    engine: Engine, request: Request, person: SignedIn, return_to: str | None, ui_locales: str | None = None
) -> Response:
    browser = browser_of(engine, request)
    ticket = SignOutTicket(
        browser=browser_digest(browser.id),
        made_at=engine.now(),
        session=person.session.public_id,
        return_to=return_to or "",
    )
    origin = origin_of(return_to) if return_to else None
    page = SignOut(
        action="/oauth2/logout",
        csrf=browser.csrf,
        lang=language(request, ui_locales),
        person=person.user.name,
        ticket=seal(engine.cookie_secret, ticket),
        form_targets=() if origin is None else (origin,),
        here=here_of(request),
    )
    return keep_browser(engine, browser, engine.pages.sign_out(page))


async def _confirmed(engine: Engine, request: Request, params: Params, person: SignedIn | None) -> Response:
    check_csrf(engine, request, params.get("csrf"))
    holder, lifetime = holder_of(engine, request), engine.settings.ticket_lifetime
    try:
        ticket = unseal(engine.cookie_secret, params.get("ticket") or "", SignOutTicket, holder, engine.now(), lifetime)
    except BadSeal:
        # Too old, or about a session that is not this one: whoever is signed in now is asked.
        return await _sign_out(engine, request, None, None) if person is None else _ask(engine, request, person, None)
    return await _sign_out(engine, request, person, ticket.return_to or None)


async def _sign_out(engine: Engine, request: Request, person: SignedIn | None, return_to: str | None) -> Response:
    if return_to is not None:
        reply: Response = RedirectResponse(return_to, 303, {"cache-control": "no-store"})
    else:
        reply = engine.pages.signed_out(SignedOut(language(request), here="/oauth2/logout"))
    return await end_sign_in(engine, person, reply)


async def end_sign_in(engine: Engine, person: SignedIn | None, reply: Response) -> Response:
    """The reply, which makes the browser forget the session that ends here."""
    if person is not None:
        async with engine.db.write() as tx:
            await end_session(tx, person.session.session_digest)
            await engine.record(tx, "sign_out", actor=person.user.id)
    drop_cookie(reply, "session", https=engine.settings.is_https)
    return reply
