"""The authorization endpoint (https://www.rfc-editor.org/rfc/rfc6749#section-3.1, OpenID Connect Core section 3.1.2)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.browser import browser_of, keep_browser
from hoistway.endpoints.flow import deliver_error, find_destination, read_flow
from hoistway.endpoints.hint import read_hint
from hoistway.endpoints.page_refusals import refusal_page
from hoistway.endpoints.proceed import proceed
from hoistway.engine import Engine
from hoistway.protocol.authorize_params import kept
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import OAuthError
from hoistway.web.forms import read_form, read_query
from hoistway.web.sealed import browser_digest
from hoistway.web.tickets import Ticket


async def authorize(engine: Engine, request: Request, dialect: Dialect | None = None) -> Response:
    """GET or POST /oauth2/authorize, and the same on B2C-shaped paths."""
    spoken = dialect or engine.dialect
    try:
        params = (await read_form(request)).params if request.method == "POST" else read_query(request)
        destination = await find_destination(engine, params)
    except OAuthError as error:
        return refusal_page(engine, request, error)
    browser = browser_of(engine, request)
    try:
        ticket = Ticket(
            params=kept(params),
            browser=browser_digest(browser.id),
            made_at=engine.now(),
            tenant=spoken.tenant,
            policy=spoken.policy,
            hint=await read_hint(engine, params),
        )
        flow = read_flow(destination, spoken, ticket, params)
        return keep_browser(engine, browser, await proceed(engine, request, browser, flow))
    except OAuthError as error:
        return deliver_error(engine, request, destination, spoken, error)
