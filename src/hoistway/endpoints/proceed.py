"""The next step of an authorization request: sign in, choose a customer, consent, or the answer."""

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.browser import Browser, SignedIn, default_customer, signed_in
from hoistway.endpoints.complete import complete
from hoistway.endpoints.flow import Flow
from hoistway.endpoints.page_refusals import language
from hoistway.engine import Engine
from hoistway.grants.authorization import resolve_authorization
from hoistway.protocol.errors import AccountSelectionRequired, ConsentRequired, LoginRequired
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.redirect_uri import origin_of
from hoistway.protocol.scope import Resolved
from hoistway.store.consents import find_consent
from hoistway.store.customers import find_customer
from hoistway.store.memberships import NamedMembership, memberships_of
from hoistway.store.users import username_key
from hoistway.web.pages import ChooseCustomer, Consent, CustomerChoice, ScopeLine, SignIn
from hoistway.web.tickets import seal_ticket
from hoistway.web.words import Lang

PERSONAL: dict[Lang, dict[str, str]] = {
    "en": {"profile": "See your name and user name", "email": "See your e-mail address"},
    "de": {"profile": "Ihren Namen und Benutzernamen sehen", "email": "Ihre E-Mail-Adresse sehen"},
}


def lang_of(request: Request, flow: Flow | None) -> Lang:
    return language(request, None if flow is None else flow.ask.ui_locales)


def targets_of(flow: Flow) -> tuple[str, ...]:
    """Where the pages' forms may lead in the end: Chromium applies form-action to the redirect after a form too."""
    uri = flow.destination.redirect_uri
    origin = origin_of(uri)
    return (origin if origin is not None else uri.split(":")[0] + ":",)


def place_of(flow: Flow) -> str:
    """Where the person will return to, as people know it: the host, or an application's own scheme."""
    uri = flow.destination.redirect_uri
    return urlsplit(uri).netloc or uri.split(":")[0]


def _must_sign_in(flow: Flow, person: SignedIn | None, now: int) -> bool:
    if person is None:
        return True
    ask, ticket = flow.ask, flow.ticket
    fresh = ticket.signed_in_at is not None and person.session.auth_time >= ticket.signed_in_at
    if "login" in ask.prompt and not fresh:
        return True
    if ask.max_age is not None and not fresh and person.session.auth_time + ask.max_age < now:
        return True
    hint = ask.login_hint
    return (
        hint is not None
        and not fresh
        and username_key(hint) not in {username_key(person.user.username), person.user.id}
    )


async def choose(engine: Engine, flow: Flow, person: SignedIn, memberships: list[NamedMembership]) -> CustomerId | None:
    """The customer that the token will name, or None where the person must say."""
    living = {m.customer_id for m in memberships if m.customer_disabled_at is None}
    wanted = flow.ticket.customer or flow.ask.customer
    if wanted is not None:
        customer_id = CustomerId(wanted)
        if customer_id in living:
            return customer_id
        if not person.user.is_employee:
            return None
        customer = await find_customer(engine.db, customer_id)
        return customer_id if customer is not None and customer.disabled_at is None else None
    if "select_account" in flow.ask.prompt:
        return None
    silent = "none" in flow.ask.prompt
    chosen = default_customer(person) if silent or person.session.customer_id is not None else None
    if chosen in living:
        return chosen
    return next(iter(living)) if len(living) == 1 else None


async def proceed(engine: Engine, request: Request, browser: Browser, flow: Flow) -> Response:
    """Raises OAuthError, to be redirected: with prompt=none wherever a page would be needed."""
    resolved = await resolve_authorization(engine, flow.destination.client, flow.ask)
    silent = "none" in flow.ask.prompt
    person = await signed_in(engine, request)
    if _must_sign_in(flow, person, engine.now()) or person is None:
        if silent:
            raise LoginRequired
        return sign_in_page(engine, request, browser, flow)
    memberships = await memberships_of(engine.db, person.user.id)
    customer_id = await choose(engine, flow, person, memberships)
    if customer_id is None:
        if silent:
            raise AccountSelectionRequired
        return choose_page(engine, request, browser, flow, person, memberships)
    if await _needs_consent(engine, flow, person, resolved):
        if silent:
            raise ConsentRequired
        return await consent_page(engine, request, browser, flow, person, customer_id, resolved)
    return await complete(engine, request, flow, person, customer_id, resolved)


async def _needs_consent(engine: Engine, flow: Flow, person: SignedIn, resolved: Resolved) -> bool:
    client = flow.destination.client
    if flow.ticket.consented:
        return False
    if "consent" in flow.ask.prompt:
        return True
    if client.consent == "implied":
        return False
    given = await find_consent(engine.db, person.user.id, client.id)
    return given is None or not given.scope >= resolved.oidc | set(resolved.names)


def sign_in_page(
    engine: Engine, request: Request, browser: Browser, flow: Flow | None, *, ticket: str | None = None, username: str = "",
    error: str | None = None, wait: int | None = None, back: str | None = None,
) -> Response:  # fmt: skip
    application = None if flow is None else flow.destination.client.name
    page = SignIn(
        action="/sign-in" if back is None else f"/sign-in?{urlencode({'next': back})}",
        ticket=ticket if ticket is not None else "" if flow is None else seal_ticket(engine.cookie_secret, flow.ticket),
        csrf=browser.csrf,
        lang=lang_of(request, flow),
        application=application,
        returns_to=None if flow is None else place_of(flow),
        username=username or ("" if flow is None else flow.ask.login_hint or ""),
        error=error,  # type: ignore[arg-type]
        wait_seconds=wait,
        form_targets=() if flow is None else targets_of(flow),
    )
    status = {None: 200, "throttled": 429, "unavailable": 503}.get(error, 400)
    return engine.pages.sign_in(page, status)


def choose_page(
    engine: Engine, request: Request, browser: Browser, flow: Flow, person: SignedIn, memberships: list[NamedMembership]
) -> Response:
    home = person.user.home_customer_id
    choices = [
        CustomerChoice(m.customer_id, m.customer_name, None, m.role, m.customer_id == home)
        for m in memberships
        if m.customer_disabled_at is None
    ]
    page = ChooseCustomer(
        action="/interaction",
        ticket=seal_ticket(engine.cookie_secret, flow.ticket),
        csrf=browser.csrf,
        lang=lang_of(request, flow),
        application=flow.destination.client.name,
        person=person.user.name,
        customers=tuple(choices),
        employee=person.user.is_employee,
        error=None if flow.ticket.customer is None else "refused",
        form_targets=targets_of(flow),
    )
    return engine.pages.choose_customer(page)


async def consent_page(
    engine: Engine,
    request: Request,
    browser: Browser,
    flow: Flow,
    person: SignedIn,
    customer_id: CustomerId,
    resolved: Resolved,
) -> Response:
    apis = await engine.directory.apis(engine.now())
    api = None if resolved.api is None else apis.by_id.get(resolved.api.api_id)
    known = {} if api is None else {scope.name: scope.description for scope in api.scopes}
    lines = [ScopeLine(name, known.get(name, name)) for name in resolved.names]
    words = PERSONAL[lang_of(request, flow)]
    lines += [ScopeLine(name, words[name]) for name in sorted(resolved.oidc & words.keys())]
    customer = await find_customer(engine.db, customer_id)
    page = Consent(
        action="/interaction",
        ticket=seal_ticket(engine.cookie_secret, flow.ticket),
        csrf=browser.csrf,
        lang=lang_of(request, flow),
        application=flow.destination.client.name,
        person=person.user.name,
        customer=None if customer is None else customer.name,
        scopes=tuple(lines),
        offline="offline_access" in resolved.oidc,
        returns_to=place_of(flow),
        form_targets=targets_of(flow),
    )
    return engine.pages.consent(page)
