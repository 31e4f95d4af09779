"""The first page: what this server is, and who is signed in."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.browser import default_customer, signed_in
from hoistway.endpoints.page_refusals import language
from hoistway.engine import Engine
from hoistway.protocol.errors import InvalidRequest
from hoistway.store.customers import find_customer
from hoistway.web.pages import Home, Link, Person


class NotFound(InvalidRequest):
    """Nothing is at this address."""

    status = 404
    public = "Nothing is at this address: check it for a typing error."


async def home(engine: Engine, request: Request) -> Response:
    """GET /"""
    person = await signed_in(engine, request)
    shown = None
    if person is not None:
        customer_id = default_customer(person)
        customer = None if customer_id is None else await find_customer(engine.db, customer_id)
        shown = Person(
            person.user.name, person.user.username, None if customer is None else customer.name, "/oauth2/logout"
        )
    lang = language(request)
    discovery, api = (
        ("Discovery-Dokument", "Kunden-API (OpenAPI)")
        if lang == "de"
        else ("Discovery document", "Customer API (OpenAPI)")
    )
    links = (Link(discovery, "/.well-known/openid-configuration"), Link(api, "/api/v1/openapi.json"))
    return engine.pages.home(Home(lang, engine.settings.base_url, shown, links, "/sign-in"))


async def static(engine: Engine, request: Request) -> Response:
    """GET /static/{name}: its address holds a digest of its content, so it may be kept for ever."""
    found = engine.pages.static(request.path_params["name"])
    if found is None:
        raise NotFound
    body, media_type, etag = found
    headers = {"cache-control": "public, max-age=31536000, immutable", "etag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type)
