"""The authorization endpoint (https://www.rfc-editor.org/rfc/rfc6749#section-3.1, OpenID Connect Core section 3.1.2)."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hoistway.endpoints.browser import browser_of, keep_browser
from hoistway.endpoints.counting import tell_about
from hoistway.endpoints.flow import deliver_error, find_destination, read_flow
from hoistway.endpoints.hint import read_hint
from hoistway.endpoints.page_refusals import refusal_page
from hoistway.endpoints.proceed import proceed
from hoistway.engine import Engine
from hoistway.protocol.authorize_params import kept
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import InvalidRequest, OAuthError
from hoistway.protocol.params import Params
from hoistway.store.legacy_uses import AUTHORIZE
from hoistway.web.forms import read_form, read_query
from hoistway.web.sealed import browser_digest
from hoistway.web.tickets import Ticket

# Proxies in front of this server limit the length of an address, some of them to 8 KiB together with the rest of the
# head.
LONGEST_BY_GET = 6_000


def _by_get(request: Request, params: Params) -> str | None:
    """Browsers leave our SameSite cookie out of a form that another site posts, but send it with the GET to which this
    redirects. A cookie set in answer to the POST would replace the one that other open pages of ours depend on. None
    where the address would be too long."""
    policy = request.query_params.get("p")
    fields = [*params.items(), *([("p", policy)] if policy and not params.has("p") else ())]
    address = f"{request.url.path}?{urlencode(fields)}"
    return address if len(address) <= LONGEST_BY_GET else None


def _check_policy(dialect: Dialect) -> None:
    """Raises InvalidRequest."""
    if dialect.kind == "ropc":
        raise InvalidRequest(
            "This policy is for the password grant: send people to the policy for signing in.",
            log=f"a page asked for at the policy {dialect.policy}",
            b2c="90088",
        )


async def authorize(engine: Engine, request: Request, dialect: Dialect | None = None) -> Response:
    """GET or POST /oauth2/authorize, and the same on B2C-shaped paths."""
    spoken = dialect or engine.dialect
    try:
        params = (await read_form(request)).params if request.method == "POST" else read_query(request)
        destination = await find_destination(engine, params)
    except OAuthError as error:
        return refusal_page(engine, request, error)
    tell_about(request, destination.client.customer_id, destination.client.id)
    browser = browser_of(engine, request)
    if browser.fresh and request.method == "POST" and (by_get := _by_get(request, params)):
        return RedirectResponse(by_get, 303, {"cache-control": "no-store"})
    if spoken.is_b2c:
        engine.tally.note_address(destination.client.id, AUTHORIZE, engine.now())
    try:
        _check_policy(spoken)
        ticket = Ticket(
            params=kept(params),
            browser=browser_digest(browser.id),
            made_at=engine.now(),
            tenant=spoken.tenant,
            policy=spoken.policy,
            is_tfp=spoken.is_tfp,
            hint=await read_hint(engine, params),
        )
        flow = read_flow(destination, spoken, ticket, params)
        return keep_browser(engine, browser, await proceed(engine, request, browser, flow))
    except OAuthError as error:
        return deliver_error(engine, request, destination, spoken, error)
