"""The pages between sign-in and answer: choosing a customer, and consent. A GET continues at the step that the ticket has reached."""

from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.accounts.places import choose_place
from hoistway.authn.directory import LONGEST_ID
from hoistway.endpoints.browser import Browser, SignedIn, browser_of, holder_of, keep_browser, shown_here, signed_in
from hoistway.endpoints.flow import Flow, deliver_error, find_destination, read_flow
from hoistway.endpoints.proceed import proceed
from hoistway.engine import Engine
from hoistway.grants.consent import give
from hoistway.protocol.b2c import issuer_of
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import AccessDenied, InvalidRequest, OAuthError
from hoistway.protocol.ids import ApiId, CustomerId
from hoistway.protocol.params import Params, read_params
from hoistway.protocol.sandbox import SANDBOX, may_name
from hoistway.web.forms import read_form, read_query
from hoistway.web.sealed import BadSeal, Stale, seal
from hoistway.web.tickets import Ticket, open_ticket, reopen_ticket

EXPIRED = "This address holds no request of ours: go back to the application and begin again."


def dialect_of(engine: Engine, ticket: Ticket) -> Dialect:
    """B2C where the ticket names a tenant."""
    if ticket.tenant is None:
        return engine.dialect
    issuer = issuer_of(engine.settings.base_url, ticket.tenant, ticket.policy or "", is_tfp=ticket.is_tfp)
    return Dialect("b2c", issuer, ticket.policy, ticket.tenant, is_tfp=ticket.is_tfp)


async def find_flow(
    engine: Engine, request: Request, browser: Browser, params: Params, *, shown: bool = True
) -> tuple[Flow | None, bool]:
    """The request in the form's ticket, judged anew, and whether the ticket is fresh; None for a sign-in without a
    request. Where the form was not `shown` here, or the ticket is too old or of another browser, the second value is
    False and only the request is kept, as if the application had sent the person once more. Raises BadSeal."""
    text, holds = params.get("ticket"), shown
    if text is None:
        return None, holds
    holder = holder_of(engine, request)
    try:
        ticket = open_ticket(engine.cookie_secret, text, holder, engine.now(), engine.settings.ticket_lifetime)
    except Stale as stale:
        ticket, holds = reopen_ticket(stale, browser.id, engine.now()), False
    asked = read_params(ticket.params.items())
    destination = await find_destination(engine, asked)
    ticket = ticket if holds else ticket.anew()
    return read_flow(destination, dialect_of(engine, ticket), ticket, asked), holds


async def interaction(engine: Engine, request: Request) -> Response:
    """GET or POST /interaction."""
    browser = browser_of(engine, request)
    posted = request.method == "POST"
    params = (await read_form(request)).params if posted else read_query(request)
    shown = not posted or shown_here(engine, request, params.get("csrf"))
    try:
        flow, _ = await find_flow(engine, request, browser, params, shown=shown)
    except BadSeal as error:
        raise InvalidRequest(EXPIRED, log=f"ticket {error}") from error
    if flow is None:
        raise InvalidRequest(EXPIRED, log="no ticket")
    try:
        if posted and shown:
            decided = await _decide(engine, request, flow, params)
            sealed = seal(engine.cookie_secret, decided.ticket)
            return RedirectResponse(f"/interaction?{urlencode({'ticket': sealed})}", 303, {"cache-control": "no-store"})
        reply = await proceed(engine, request, browser, flow)
        if not shown and reply.status_code == 200:
            # Nothing is carried out; the same page is shown again, for this browser.
            reply.status_code = 400
        return keep_browser(engine, browser, reply)
    except OAuthError as error:
        return deliver_error(engine, request, flow.destination, flow.dialect, error)


async def _decide(engine: Engine, request: Request, flow: Flow, params: Params) -> Flow:
    """Stores what the person chose. Raises AccessDenied where they cancelled."""
    person = await signed_in(engine, request)
    decision, customer = params.get("decision"), params.get("customer")
    if decision == "deny":
        raise AccessDenied
    if decision == "other":
        return replace(flow, ticket=flow.ticket.for_somebody_else())
    if person is None or flow.ticket.session != person.session.public_id:
        # The page was shown to somebody else, or in a session that ended: it is shown again.
        return flow
    if customer is not None:
        # Cut to one character more than any id has: it stays unknown, and the ticket stays short.
        customer_id = CustomerId(customer.strip()[: LONGEST_ID + 1])
        # The choice of the sandbox is not stored in the session, where another application or the portal would find it.
        if customer_id != SANDBOX and may_name(flow.destination.client.environment, customer_id):
            await choose_place(engine, person.session, customer_id)
        # The application named a customer that is not theirs: the page is shown again and says so, instead of choosing
        # another.
        return flow.with_ticket(customer=customer_id)
    if decision == "allow":
        return await _allow(engine, flow, person)
    return flow


async def _allow(engine: Engine, flow: Flow, person: SignedIn) -> Flow:
    """Allows exactly what the page named. If person, session or request have changed since, the page is shown again."""
    asked = flow.ticket.asked
    if asked is None or (asked.user_id, asked.session) != (person.user.id, person.session.public_id):
        return flow
    customer_id = CustomerId(asked.customer_id)
    scopes = {(ApiId(api_id), scope) for api_id, scope in asked.scopes}
    await give(engine, person.session, flow.destination.client.id, customer_id, scopes, owner=asked.owner)
    return flow.with_ticket(agreed=asked, customer=customer_id)
