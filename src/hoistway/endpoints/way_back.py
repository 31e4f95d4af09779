"""The page to which a notice of a changed e-mail address leads: takes the address back, and the account from whoever is inside
(docs/adr/0031-devices.md)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.addresses import go_back, look_at_way_back
from hoistway.authn.links import LONGEST, BadLink
from hoistway.endpoints.browser import browser_of, keep_browser, shown_here
from hoistway.endpoints.page_refusals import here_of, language
from hoistway.endpoints.reset import link_ended
from hoistway.engine import Engine
from hoistway.web.forms import read_form, read_query
from hoistway.web.replies import correlation_id
from hoistway.web.templates.link_values import LinkDone, TakeBack

HERE: Final = "/address/back"


async def way_back(engine: Engine, request: Request) -> Response:
    """GET or POST /address/back: `link` is the secret of the mail. Opening it changes nothing."""
    browser, posted = browser_of(engine, request), request.method == "POST"
    params = (await read_form(request)).params if posted else read_query(request)
    shown = not posted or shown_here(engine, request, params.get("csrf"))
    secret = (params.get("link") or "")[:LONGEST]
    try:
        row, address = await look_at_way_back(engine, secret)
        if not posted or not shown:
            problem = None if shown else "new_password_expired"
            page = TakeBack(browser.csrf, language(request), secret, address, problem, here_of(request))
            return keep_browser(engine, browser, engine.pages.link(page, 200 if shown else 400))
        await go_back(engine, row, correlation_id(request))
    except BadLink as error:
        return link_ended(engine, request, error)
    return engine.pages.link(LinkDone(language(request), "address_back", back="/reset"))
