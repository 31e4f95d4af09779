"""The hosted pages of an authorization request, filled from its current state: sign-in, choosing a customer, consent."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.browser import Browser, SignedIn
from hoistway.endpoints.ceremonies import ask_to_sign_in, query_of
from hoistway.endpoints.flow import Flow
from hoistway.endpoints.leaving import shown_place
from hoistway.endpoints.page_refusals import is_own, language
from hoistway.engine import Engine
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.scope import Resolved
from hoistway.store.client_logos import find_logo
from hoistway.store.clients import Client
from hoistway.store.customers import find_customer
from hoistway.store.memberships import NamedMembership, find_membership
from hoistway.web.forms import read_query
from hoistway.web.pages import ChooseCustomer, Consent, CustomerChoice, ScopeLine, SignIn
from hoistway.web.picture import inline
from hoistway.web.sealed import seal
from hoistway.web.words import Lang

PERSONAL: dict[Lang, dict[str, str]] = {
    "en": {
        "profile": "See your name and user name, and whether you work for the operator",
        "email": "See your e-mail address",
    },
    "de": {
        "profile": "Ihren Namen und Benutzernamen sehen und ob Sie beim Betreiber arbeiten",
        "email": "Ihre E-Mail-Adresse sehen",
    },
}


def lang_of(request: Request, flow: Flow | None) -> Lang:
    return language(request, None if flow is None else flow.ask.ui_locales)


def sign_in_page(
    engine: Engine, request: Request, browser: Browser, flow: Flow | None, *, ticket: str | None = None, username: str = "",
    error: str | None = None, wait: int | None = None, back: str | None = None,
) -> Response:  # fmt: skip
    application = None if flow is None else flow.destination.client.name
    because = read_query(request).get("because") if back is not None else None
    because = because if because in {"ended", "kept"} else None
    asked = {"next": back, "because": because}
    action = (
        "/sign-in" if back is None else f"/sign-in?{urlencode({name: text for name, text in asked.items() if text})}"
    )
    sealed = ticket if ticket is not None else "" if flow is None else seal(engine.cookie_secret, flow.ticket)
    page = SignIn(
        action=action,
        ticket=sealed,
        csrf=browser.csrf,
        lang=lang_of(request, flow),
        application=application,
        returns_to=None if flow is None else shown_place(flow.destination.redirect_uri),
        username=username or ("" if flow is None else flow.expected_name),
        error=error,  # type: ignore[arg-type]
        wait_seconds=wait,
        reset_href="/reset",
        leads_out=flow is not None,
        here=_resumed(sealed) if sealed else action,
        because=because,
        passkey=ask_to_sign_in(engine, browser, query_of(next=back)),
    )
    status = {None: 200, "throttled": 429, "unavailable": 503, "unavailable_there": 503}.get(error, 400)
    return engine.pages.sign_in(page, status)


def _resumed(ticket: str) -> str:
    """The address at which the ticket's request goes on; "" where it would be too long for browsers."""
    address = f"/interaction?{urlencode({'ticket': ticket})}"
    return address if is_own(address) else ""


def _form(engine: Engine, request: Request, browser: Browser, flow: Flow) -> tuple[str, str, str, Lang, str]:
    """What every page between sign-in and answer begins with: action, ticket, csrf, language, application."""
    ticket = seal(engine.cookie_secret, flow.ticket)
    return "/interaction", ticket, browser.csrf, lang_of(request, flow), flow.destination.client.name


def choose_page(
    engine: Engine, request: Request, browser: Browser, flow: Flow, person: SignedIn, memberships: list[NamedMembership]
) -> Response:
    home = person.user.home_customer_id
    choices = [
        CustomerChoice(m.customer_id, m.customer_name, None, m.role, m.customer_id == home)
        for m in memberships
        if m.customer_disabled_at is None
    ]
    form = _form(engine, request, browser, flow)
    page = ChooseCustomer(
        *form,
        person=person.user.name,
        customers=tuple(choices),
        employee=person.user.is_employee,
        error=None if flow.ticket.customer is None else "refused",
        leads_out=True,
        here=_resumed(form[1]),
    )
    return engine.pages.choose_customer(page)


async def _logo(engine: Engine, client: Client) -> str | None:
    """As a data: address, so that no address reveals which applications exist. In the sandbox nobody has reviewed the
    logo, so none is shown."""
    found = await find_logo(engine.db, client.id) if client.environment == "production" else None
    return None if found is None else inline(found.media_type, found.body)


async def _words(engine: Engine, client: Client, person: SignedIn) -> str | None:
    """In the sandbox nobody has reviewed the words either, so only the owner's own people see them, who try them out."""
    if client.consent_text is None or client.environment == "production":
        return client.consent_text
    own = client.customer_id
    place = None if own is None else await find_membership(engine.db, person.user.id, own)
    return None if place is None else client.consent_text


async def consent_page(
    engine: Engine,
    request: Request,
    browser: Browser,
    flow: Flow,
    person: SignedIn,
    resolved: Resolved,
) -> Response:
    """Asks for what the ticket says."""
    if flow.ticket.asked is None:
        raise TypeError("the page asks what its ticket says")
    apis = await engine.directory.apis(engine.now())
    api = None if resolved.api is None else apis.by_id.get(resolved.api.api_id)
    known = {} if api is None else {scope.name: scope.description for scope in api.scopes}
    lines = [ScopeLine(name, known.get(name, name)) for name in resolved.names]
    words = PERSONAL[lang_of(request, flow)]
    lines += [ScopeLine(name, words[name]) for name in sorted(resolved.oidc & words.keys())]
    client = flow.destination.client
    customer = await find_customer(engine.db, CustomerId(flow.ticket.asked.customer_id))
    form = _form(engine, request, browser, flow)
    page = Consent(
        *form,
        person=person.user.name,
        customer=None if customer is None else customer.name,
        scopes=tuple(lines),
        offline="offline_access" in resolved.oidc,
        returns_to=shown_place(flow.destination.redirect_uri),
        leads_out=True,
        revoke_href="/account/applications",
        reason=await _words(engine, client, person),
        logo=await _logo(engine, client),
        is_sandbox=client.environment == "sandbox",
        opens_data=bool(resolved.names),
        here=_resumed(form[1]),
    )
    return engine.pages.consent(page)
