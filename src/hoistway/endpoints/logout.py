"""Signing out (https://openid.net/specs/openid-connect-rpinitiated-1_0.html)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import SignedIn, browser_of, holder_of, keep_browser, session_here, shown_here
from hoistway.endpoints.hint import hinted_claims
from hoistway.endpoints.leaving import must_ask, shown_place
from hoistway.endpoints.page_refusals import here_of, language
from hoistway.endpoints.provider_leaving import way_out
from hoistway.engine import Engine
from hoistway.protocol.authorize_params import check_size, redirect_location
from hoistway.protocol.claims import account_in
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import ClientId
from hoistway.protocol.params import Params
from hoistway.protocol.redirect_uri import loopback_without_port, matches
from hoistway.store.clients import Client, find_client_by_uri
from hoistway.store.sessions import take_session
from hoistway.web.cookies import drop_cookie
from hoistway.web.forms import read_form, read_query
from hoistway.web.pages import SignedOut, SignOut
from hoistway.web.sealed import BadSeal, Sealed, Stale, browser_digest, seal, unseal
from hoistway.web.tickets import SignOutTicket


class _Return(Struct, frozen=True):
    """`uri`, with its state, is registered by an application; `asks` is True where the person must confirm that they
    want to go there."""

    uri: str
    asks: bool


OTHER_CLIENT = "client_id is not the application that id_token_hint was issued to: send the id of that one, or leave client_id out."


async def _return_to(
    engine: Engine, request: Request, params: Params, hinted: dict[str, object] | None
) -> _Return | None:
    """Where the person goes afterwards: only a sign-out URI that an application registered. Raises InvalidRequest."""
    client_id = params.get("client_id")
    if hinted is not None and client_id not in {None, hinted.get("aud")}:
        # RP-Initiated Logout 1.0 section 2.
        raise InvalidRequest(OTHER_CLIENT, log="client_id is not the audience of id_token_hint")
    uri = params.get("post_logout_redirect_uri")
    if uri is None:
        return None
    client = await _client_of(engine, uri, client_id or (str(hinted["aud"]) if hinted else None))
    if client is None or not matches(client.post_logout_redirect_uris, uri, native=client.is_native):
        return None
    state = params.get("state")
    asked = {"return_to": uri if state is None else redirect_location(uri, "query", {"state": state})}
    check_size(asked)
    return _Return(asked["return_to"], must_ask(request, client, uri))


async def _client_of(engine: Engine, uri: str, named: str | None) -> Client | None:
    """The application that is named, else one that registered the address; a native application's address is compared
    without its port (RFC 8252 section 7.3). None where the application is disabled."""
    found = None if named is None else ClientId(named)
    for known in () if named is not None else dict.fromkeys((uri, loopback_without_port(uri) or uri)):
        found = found or await find_client_by_uri(engine.db, known, "post_logout")
    client = None if found is None else await engine.directory.client(found, engine.now())
    return None if client is None or client.client.disabled_at is not None else client.client


async def logout(engine: Engine, request: Request) -> Response:
    """GET or POST /oauth2/logout. Without proof that the person's own application asks for it, a page asks the person."""
    params = (await read_form(request)).params if request.method == "POST" else read_query(request)
    person = await session_here(engine, request)
    if params.get("csrf") is not None:
        return await _confirmed(engine, request, params, person)
    hinted = await hinted_claims(engine, params)
    return_to = await _return_to(engine, request, params, hinted)
    is_theirs = hinted is not None and person is not None and account_in(hinted) == person.user.id
    if person is None or is_theirs:
        return await _sign_out(engine, request, person, return_to)
    return _ask(engine, request, person, return_to, params.get("ui_locales"))


def _ask(
    engine: Engine, request: Request, person: SignedIn, return_to: _Return | None, ui_locales: str | None = None
) -> Response:
    browser = browser_of(engine, request)
    ticket = SignOutTicket(
        browser=browser_digest(browser.id),
        made_at=engine.now(),
        session=person.session.public_id,
        return_to="" if return_to is None else return_to.uri,
    )
    page = SignOut(
        action="/oauth2/logout",
        csrf=browser.csrf,
        lang=language(request, ui_locales),
        person=person.user.name,
        ticket=seal(engine.cookie_secret, ticket),
        leads_out=return_to is not None,
        here=here_of(request),
        returns_to=None if return_to is None else shown_place(return_to.uri),
    )
    return keep_browser(engine, browser, engine.pages.sign_out(page))


async def _confirmed(engine: Engine, request: Request, params: Params, person: SignedIn | None) -> Response:
    shown = shown_here(engine, request, params.get("csrf"))
    holder, lifetime = holder_of(engine, request), engine.settings.ticket_lifetime
    ticket: Sealed | None
    try:
        ticket = unseal(engine.cookie_secret, params.get("ticket") or "", SignOutTicket, holder, engine.now(), lifetime)
    except Stale as stale:
        # The destination is kept; who is signed in is asked again.
        ticket, holds = stale.value, False
    except BadSeal:
        ticket, holds = None, False
    else:
        holds = shown
    uri = ticket.return_to if isinstance(ticket, SignOutTicket) else ""
    # The page to which this is the answer named the destination.
    return_to = _Return(uri, asks=not holds) if uri else None
    if holds or person is None:
        return await _sign_out(engine, request, person, return_to)
    reply = _ask(engine, request, person, return_to)
    reply.status_code = 200 if shown else 400
    return reply


async def _sign_out(engine: Engine, request: Request, person: SignedIn | None, return_to: _Return | None) -> Response:
    if return_to is None:
        reply = engine.pages.signed_out(SignedOut(language(request), here="/oauth2/logout"))
    elif return_to.asks:
        page = SignedOut(language(request), return_href=return_to.uri, place=shown_place(return_to.uri))
        reply = engine.pages.signed_out(page)
    else:
        reply = RedirectResponse(return_to.uri, 303, {"cache-control": "no-store"})
    uri = "" if return_to is None else return_to.uri
    place = shown_place(uri) if return_to is not None and return_to.asks else ""
    return await end_sign_in(engine, request, person, reply, uri, place)


async def end_sign_in(
    engine: Engine, request: Request, person: SignedIn | None, reply: Response, return_to: str = "", place: str = ""
) -> Response:
    """The reply, which makes the browser forget the session that ends with it; or a page that leads to the provider at which the
    session began, and from there to `return_to`."""
    if person is not None:
        reply = await way_out(engine, request, person, return_to, place) or reply
        async with engine.db.write() as tx:
            ended = await take_session(tx, person.session.session_digest)
            if ended is not None and ended.acting_for is not None:
                await engine.record(tx, "act_for.ended", actor=person.user.id, customer_id=ended.acting_for)
            if ended is not None:
                await engine.record(tx, "sign_out", actor=person.user.id)
    drop_cookie(reply, "session", https=engine.settings.is_https)
    return reply
