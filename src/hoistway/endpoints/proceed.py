"""Decides the next step of an authorization request: sign-in, choosing a customer, consent, or the answer."""

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.factors import RECENT
from hoistway.endpoints.browser import Browser, SignedIn, confined_to, default_customer, signed_in
from hoistway.endpoints.complete import Choice, complete
from hoistway.endpoints.entering import Onward, more_of, to_second_step
from hoistway.endpoints.flow import Flow
from hoistway.endpoints.flow_pages import choose_page, consent_page, sign_in_page
from hoistway.engine import Engine
from hoistway.grants.authorization import resolve_authorization
from hoistway.grants.consent import is_kept
from hoistway.protocol.authentication import level_of, level_wanted, read_amr
from hoistway.protocol.errors import (
    AccountSelectionRequired,
    ConsentRequired,
    InvalidRequest,
    LoginRequired,
    UnmetAuthenticationRequirements,
)
from hoistway.protocol.ids import CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.scope import Resolved
from hoistway.protocol.text import username_key
from hoistway.store.consents import find_consent
from hoistway.store.customers import find_customer
from hoistway.store.factors import standing_of
from hoistway.store.memberships import NamedMembership, memberships_of
from hoistway.store.used_forms import find_used_form
from hoistway.web.shown import new_number
from hoistway.web.tickets import Agreement
from hoistway.web.unfinished import Missing

OTHER_PERSON = (
    "Somebody else signed in than the person whom id_token_hint names: sign that person in, or leave the hint out."
)
_PAGE = "send them to the authorization endpoint without prompt=none."
AGAIN = f"The person must sign in again, as max_age, id_token_hint or login_hint ask: {_PAGE}"
MORE = f"The person proved less than acr_values ask for: with the same acr_values {_PAGE}"
HERE = (
    f"The person must prove who they are here, because the provider of their company does not speak for this: {_PAGE}"
)
ONLY_SIMULATED = "This is a sandbox application: its tokens name the simulated customer only. Leave customer out, or ask for production."


def _must_sign_in(flow: Flow, person: SignedIn | None, now: int) -> bool:
    if person is None:
        return True
    ask, ticket = flow.ask, flow.ticket
    # In this very session. Times can't tell: the second may change between the session and what the ticket says of it.
    fresh = ticket.signed_in_at is not None and ticket.session == person.session.public_id
    if "login" in ask.prompt and not fresh:
        return True
    # 0 asks for a new sign-in, even in the same second as the last one.
    if ask.max_age is not None and not fresh and (not ask.max_age or person.session.auth_time + ask.max_age < now):
        return True
    if not is_hinted(flow, person):
        if fresh and ticket.hint is not None and ticket.hint.user_id is not None:
            raise LoginRequired(OTHER_PERSON, log="another person than the hinted one signed in")
        return not fresh
    named = ask.login_hint
    return named is not None and not fresh and username_key(named) not in names_of(person)


def is_hinted(flow: Flow, person: SignedIn) -> bool:
    """True for the person whom `id_token_hint` names, or where it names nobody (OpenID Connect Core section 3.1.2.1)."""
    return flow.ticket.hint is None or flow.ticket.hint.user_id == person.user.id


def names_of(person: SignedIn) -> set[str]:
    """The names by which an application may know the person; applications also read e-mail addresses in tokens."""
    user = person.user
    return {username_key(name) for name in (user.username, user.id, *user.emails)}


def wanted_customer(flow: Flow) -> str | None:
    """What the person chose on the page, else the customer that the application named, else that of the ID token hint:
    a renewal must not change to another customer because the person chose one elsewhere."""
    named = flow.ticket.customer or flow.ask.customer
    hint = flow.ticket.hint
    if named is not None or hint is None or "select_account" in flow.ask.prompt:
        return named
    # The simulated customer can't be chosen in production, nor another one in the sandbox.
    return None if hint.customer == SANDBOX or flow.destination.client.environment == "sandbox" else hint.customer


async def choose(
    engine: Engine, flow: Flow, person: SignedIn, memberships: list[NamedMembership], confined: CustomerId | None = None
) -> CustomerId | None:
    """The customer that the token will name, or None where the person must choose; one to which the session is `confined` is
    not asked for. Raises InvalidRequest."""
    living = {m.customer_id for m in memberships if m.customer_disabled_at is None}
    wanted = wanted_customer(flow)
    if flow.destination.client.environment == "sandbox":
        if wanted not in {None, SANDBOX}:
            raise InvalidRequest(ONLY_SIMULATED, log="sandbox application named a real customer")
        return SANDBOX
    if wanted is not None:
        customer_id = CustomerId(wanted)
        if customer_id in living:
            return customer_id
        if not person.user.is_employee or customer_id == SANDBOX:
            return None
        customer = await find_customer(engine.db, customer_id)
        return customer_id if customer is not None and customer.disabled_at is None else None
    if "select_account" in flow.ask.prompt:
        return None
    if confined in living:
        return confined
    silent = "none" in flow.ask.prompt
    chosen = default_customer(person) if silent or person.session.customer_id is not None else None
    if chosen in living:
        return chosen
    return next(iter(living)) if len(living) == 1 else None


async def proceed(engine: Engine, request: Request, browser: Browser, flow: Flow) -> Response:
    """Raises OAuthError, which is redirected; with prompt=none it does so wherever a page would be needed."""
    resolved = await resolve_authorization(engine, flow.destination.client, flow.ask)
    silent = "none" in flow.ask.prompt
    person = await signed_in(engine, request)
    if _must_sign_in(flow, person, engine.now()) or person is None:
        if silent:
            raise LoginRequired(None if person is None else AGAIN)
        return sign_in_page(engine, request, browser, flow)
    least = level_wanted(flow.ask.acr_values)
    if level_of(read_amr(person.session.amr)) < least:
        return await _ask_more(engine, request, browser, flow, person, least)
    flow = flow.with_ticket(session=person.session.public_id)
    memberships = await memberships_of(engine.db, person.user.id)
    confined = await confined_to(engine.db, person.session)
    customer_id = await choose(engine, flow, person, memberships, confined)
    if customer_id is None:
        if silent:
            raise AccountSelectionRequired
        return choose_page(engine, request, browser, flow, person, memberships)
    if confined is not None and customer_id not in {confined, SANDBOX}:
        # The person's company does not speak for another customer.
        return _ask_own(engine, browser, flow, person)
    acting = customer_id != SANDBOX and customer_id not in {place.customer_id for place in memberships}
    if acting and flow.destination.client.is_third_party:
        flow, resolved = _for_now(flow, resolved)
    owner = flow.destination.client.customer_id
    wanted = Agreement(person.user.id, person.session.public_id, customer_id, resolved.owned, owner, new_number())
    if await _needs_consent(engine, flow, person, wanted):
        if silent:
            raise ConsentRequired
        return await consent_page(engine, request, browser, flow.with_ticket(asked=wanted), person, resolved)
    return await complete(engine, request, flow, person, Choice(customer_id, acting), resolved)


async def _ask_more(
    engine: Engine, request: Request, browser: Browser, flow: Flow, person: SignedIn, least: int
) -> Response:
    """Whoever has no factor of that kind is led to add one, if they have none at all and signed in a moment ago: whoever finds
    a browser open must not be able to change how its owner signs in."""
    if "none" in flow.ask.prompt:
        raise LoginRequired(MORE, log="acr_values ask for more than was proven")
    standing = await standing_of(engine.db, person.user.id, b"", 0, engine.now())
    if least > 2 and standing.has_any and not standing.passkeys:
        raise UnmetAuthenticationRequirements(log="no passkey")
    missing: Missing = "prove" if standing.has_any else "enrol"
    if missing == "enrol" and person.session.proven_at is None:
        return _ask_own(engine, browser, flow, person, least)
    if missing == "enrol" and (person.session.proven_at or 0) + RECENT <= engine.now():
        return sign_in_page(engine, request, browser, flow)
    return to_second_step(engine, more_of(engine, browser, person, missing, least), Onward(flow.ticket))


def _ask_own(engine: Engine, browser: Browser, flow: Flow, person: SignedIn, least: int = 1) -> Response:
    """What they prove here. Raises LoginRequired."""
    if "none" in flow.ask.prompt:
        raise LoginRequired(HERE, log="a provider vouched for the person, who proved nothing here")
    return to_second_step(engine, more_of(engine, browser, person, "prove", least), Onward(flow.ticket))


def _for_now(flow: Flow, resolved: Resolved) -> tuple[Flow, Resolved]:
    """Without `offline_access`. For an employee who acts for a customer at a third party's application: consent is asked
    each time, so no refresh token may outlive it."""
    scope = tuple(word for word in flow.ask.scope if word != "offline_access")
    shorter = replace(resolved, asked=scope, oidc=resolved.oidc - {"offline_access"})
    return replace(flow, ask=replace(flow.ask, scope=scope)), shorter


async def _needs_consent(engine: Engine, flow: Flow, person: SignedIn, wanted: Agreement) -> bool:
    client, said = flow.destination.client, flow.ticket.agreed
    just_now = said is not None and said.covers(wanted) and await find_used_form(engine.db, said.number) is None
    if "consent" in flow.ask.prompt and not just_now:
        return True
    if not client.is_third_party:
        return False
    if not is_kept(client, person.user):
        return not just_now
    held = await find_consent(engine.db, person.user.id, client.id, CustomerId(wanted.customer_id))
    return not wanted.scopes <= held
