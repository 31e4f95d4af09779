"""The page that an invitation leads to: whoever has no account makes one, whoever has one joins with it
(docs/adr/0028-links.md)."""

from typing import Final
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.accounts.accepting import NameTaken, Newcomer, accept_anew, accept_joining, has_account, newcomer_id
from hoistway.accounts.inviting import Invitation, look_at_invitation
from hoistway.authn.acceptable import Unacceptable
from hoistway.authn.links import LONGEST, BadLink
from hoistway.authn.passkeys import BadPasskey
from hoistway.authn.passwords import random_digest
from hoistway.endpoints.agents import agent_words
from hoistway.endpoints.browser import Browser, SignedIn, browser_of, keep_browser, shown_here, signed_in
from hoistway.endpoints.ceremonies import ask_newcomer, new_key, read_new
from hoistway.endpoints.page_refusals import here_of, language
from hoistway.endpoints.reset import link_ended
from hoistway.engine import Engine
from hoistway.federation.signing_in import home_provider
from hoistway.journal import LOG
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.protocol.params import Params
from hoistway.protocol.text import read_name
from hoistway.web.forms import read_form, read_query
from hoistway.web.password_words import said_of
from hoistway.web.replies import correlation_id
from hoistway.web.templates.factor_values import RecoveryCodes
from hoistway.web.templates.link_values import Invite, LinkDone

HERE: Final = "/invitation"
LONGEST_NAME: Final = 200


class _Opened(Struct, frozen=True):
    browser: Browser
    person: SignedIn | None
    invitation: Invitation
    inviter: str
    secret: str


async def invitation(engine: Engine, request: Request) -> Response:
    """GET or POST /invitation: `link` is the secret of the mail; `do` is "join" with the account that is signed in, or
    "make" with `name` and `password`, or `credential`."""
    browser, posted = browser_of(engine, request), request.method == "POST"
    params = (await read_form(request)).params if posted else read_query(request)
    shown = not posted or shown_here(engine, request, params.get("csrf"))
    secret = (params.get("link") or "")[:LONGEST]
    try:
        found, inviter = await look_at_invitation(engine, secret)
        opened = _Opened(browser, await signed_in(engine, request), found, inviter, secret)
        if not posted:
            return keep_browser(engine, browser, await _page(engine, request, opened))
        if not shown:
            return await _page(engine, request, opened, "new_password_expired", params.get("name") or "")
        act = _join if params.get("do") == "join" else _make
        return await act(engine, request, opened, params)
    except BadLink as error:
        return link_ended(engine, request, error, invites=True)


async def _page(
    engine: Engine, request: Request, opened: _Opened, problem: str | None = None, name: str = ""
) -> Response:
    given, person = opened.invitation.given, opened.person
    provider = await home_provider(engine, given.address)
    user_id = newcomer_id(opened.invitation.link)
    page = Invite(
        csrf=opened.browser.csrf,
        lang=language(request),
        secret=opened.secret,
        customer=opened.invitation.customer.name,
        inviter=opened.inviter,
        role=given.role,
        address=given.address,
        person=None if person is None else person.user.name,
        session="" if person is None else person.session.public_id,
        has_account=await has_account(engine.db, given.address),
        sign_in_href=f"/sign-in?next={quote(f'{HERE}?link={opened.secret}', safe='')}",
        name=name,
        problem=problem,
        here=here_of(request),
        least=opened.invitation.least,
        provider=None if provider is None else provider.name,
        passkey=ask_newcomer(engine, opened.browser, user_id, given.address, HERE),
    )
    return engine.pages.link(page, 200 if problem is None else 400)


async def _join(engine: Engine, request: Request, opened: _Opened, params: Params) -> Response:
    """Without a sign-in, the page is shown again, and says what to do; also where another person is signed in by now than
    the one whom the page named."""
    if opened.person is None:
        return await _page(engine, request, opened, "invite_sign_in_first")
    if params.get("session") != opened.person.session.public_id:
        return await _page(engine, request, opened, "new_password_expired")
    await accept_joining(engine, opened.invitation, opened.person.session, correlation_id(request))
    return RedirectResponse("/portal?notice=notice_joined", 303, {"cache-control": "no-store"})


async def _make(engine: Engine, request: Request, opened: _Opened, params: Params) -> Response:
    """The password is hashed before the transaction, because that takes long."""
    typed, password, address = params.get("name") or "", params.get("password") or "", opened.invitation.given.address
    name, good = read_name(typed, 1, LONGEST_NAME)
    if not good:
        return await _page(engine, request, opened, "invite_no_name", typed)
    if await home_provider(engine, address) is not None:
        # Nobody could sign in with it: the company does that.
        return await _page(engine, request, opened, "invite_company", name)
    if params.get("credential") is not None:
        return await _make_with_key(engine, request, opened, params, name)
    link_id = opened.invitation.link.id
    known = (address, name, opened.invitation.customer.name, engine.pages.brand.name)
    try:
        await engine.acceptable.check(password, known, least=opened.invitation.least, account=link_id)
        digest = await engine.passwords.hash(password, caller=link_id, account=link_id)
        await accept_anew(engine, opened.invitation, Newcomer(name, digest, language(request)), correlation_id(request))
    except Unacceptable as error:
        return await _page(engine, request, opened, said_of(error.reasons, language(request)), name)
    except TemporarilyUnavailable:
        return await _page(engine, request, opened, "new_password_unavailable", name)
    except NameTaken:
        return await _page(engine, request, opened, "invite_name_taken", name)
    return engine.pages.link(LinkDone(language(request), "account_ready"))


async def _make_with_key(engine: Engine, request: Request, opened: _Opened, params: Params, name: str) -> Response:
    """An account whose password nobody knows. The link is used up, and the ceremony with it."""
    user_id, lang = newcomer_id(opened.invitation.link), language(request)
    try:
        made, _number = await read_new(engine, request, params, user_id, alone=True)
        key = new_key(made, user_id, agent_words(request), engine.now())
        codes = await accept_anew(
            engine, opened.invitation, Newcomer(name, random_digest(), lang, key), correlation_id(request)
        )
    except BadPasskey as error:
        LOG.info("passkey refused", correlation_id=correlation_id(request), because=str(error))
        return await _page(engine, request, opened, "invite_passkey_refused", name)
    except NameTaken:
        return await _page(engine, request, opened, "invite_name_taken", name)
    return engine.pages.factor("recovery_codes.html", RecoveryCodes(lang, tuple(codes), "/sign-in?next=/portal"), 200)
