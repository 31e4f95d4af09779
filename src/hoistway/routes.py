"""Every URL of the server in one list."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.account.addresses import ADDRESSES as ACCOUNT
from hoistway.api.limits import tell_limits
from hoistway.api.me import me, read_user, update_user
from hoistway.api.metadata import protected_resource
from hoistway.api.my_limits import my_limits
from hoistway.api.openapi import openapi
from hoistway.api.openapi_paths import PATHS
from hoistway.api.problems import answer
from hoistway.api.sites import list_sites
from hoistway.api.unit_changes import list_unit_changes
from hoistway.api.units import list_units, read_unit
from hoistway.console.addresses import ADDRESSES as CONSOLE
from hoistway.endpoints import provider, provider_leaving, provider_notice
from hoistway.endpoints.authorize import authorize
from hoistway.endpoints.cors import allow_any, allow_origin
from hoistway.endpoints.counting import counted
from hoistway.endpoints.discovery import discovery
from hoistway.endpoints.enrolling import enrol
from hoistway.endpoints.health import healthz, readyz
from hoistway.endpoints.home import home, static
from hoistway.endpoints.interaction import interaction
from hoistway.endpoints.introspect import introspect
from hoistway.endpoints.invitation import invitation
from hoistway.endpoints.jwks import jwks
from hoistway.endpoints.languages import choose_language
from hoistway.endpoints.logout import logout
from hoistway.endpoints.passkey_sign_in import sign_in_with_passkey
from hoistway.endpoints.reset import new_password, reset
from hoistway.endpoints.revoke import revoke
from hoistway.endpoints.second_step import second_step
from hoistway.endpoints.sign_in import sign_in
from hoistway.endpoints.token import token
from hoistway.endpoints.userinfo import userinfo
from hoistway.endpoints.way_back import way_back
from hoistway.engine import Engine
from hoistway.manage.addresses import ADDRESSES as MANAGE
from hoistway.portal import home as portal_home
from hoistway.portal import products, reference, subscriptions
from hoistway.portal.access import ADDRESSES as ACCESS
from hoistway.portal.applications import addresses, told
from hoistway.portal.applications.ask import ask, check
from hoistway.portal.applications.listed import list_applications
from hoistway.portal.applications.look import UPLOAD, change_look, logo
from hoistway.portal.applications.owner import switch_off, transfer
from hoistway.portal.applications.page import application
from hoistway.portal.applications.request import request_page
from hoistway.portal.applications.secrets import make_secret, revoke_secret
from hoistway.portal.company.addresses import ADDRESSES as COMPANY
from hoistway.portal.customer import switch_customer
from hoistway.portal.doors import for_administrator, for_reader, public
from hoistway.portal.get_token import get_token
from hoistway.portal.guide import guide, guide_list
from hoistway.portal.inspector import inspector
from hoistway.portal.llms import llms, robots
from hoistway.portal.outbox import mail_as_html, outbox
from hoistway.portal.search import search
from hoistway.portal.sign_out import sign_out
from hoistway.portal.try_it import callback, try_page
from hoistway.portal.usage import export, page, requests
from hoistway.scim.addresses import ADDRESSES

Endpoint = Callable[[Engine, Request], Awaitable[Response]]
Surface = Literal["oauth", "page", "api", "scim"]


class Route(Struct, frozen=True):
    """`surface` says who reads the answer, which decides what an error looks like."""

    path: str
    endpoint: Endpoint
    methods: tuple[str, ...]
    surface: Surface


def _api(endpoint: Endpoint) -> Endpoint:
    async def answered(engine: Engine, request: Request) -> Response:
        reply = tell_limits(request, await answer(endpoint, engine, request))
        return await allow_origin(engine, request, reply)

    return answered


def _public(endpoint: Endpoint) -> Endpoint:
    """Documents of the API that need no token."""

    async def answered(engine: Engine, request: Request) -> Response:
        return allow_any(await answer(endpoint, engine, request))

    return answered


def _user(engine: Engine, request: Request) -> Any:
    return update_user(engine, request) if request.method == "PATCH" else read_user(engine, request)


def _counted(route: Route) -> Route:
    """Operations of the API that take a token, each counted under the name that the API's description gives it."""
    names = {k.upper(): str(item["operationId"]) for k, item in PATHS.get(route.path, {}).items() if item["security"]}
    return replace(route, endpoint=counted(route.endpoint, names)) if names else route


_ROUTES: tuple[Route, ...] = (
    Route("/", home, ("GET",), "page"),
    Route("/static/{name}", static, ("GET",), "page"),
    Route("/healthz", healthz, ("GET",), "oauth"),
    Route("/readyz", readyz, ("GET",), "oauth"),
    Route("/.well-known/openid-configuration", discovery, ("GET",), "oauth"),
    Route("/.well-known/oauth-authorization-server", discovery, ("GET",), "oauth"),
    Route("/.well-known/oauth-protected-resource", _public(protected_resource), ("GET",), "api"),
    Route("/.well-known/oauth-protected-resource/api/v1", _public(protected_resource), ("GET",), "api"),
    Route("/.well-known/oauth-protected-resource/manage/v1", _public(protected_resource), ("GET",), "api"),
    Route("/oauth2/jwks", jwks, ("GET",), "oauth"),
    Route("/oauth2/authorize", authorize, ("GET", "POST"), "page"),
    Route("/oauth2/token", token, ("POST",), "oauth"),
    Route("/oauth2/userinfo", userinfo, ("GET", "POST"), "oauth"),
    Route("/oauth2/logout", logout, ("GET", "POST"), "page"),
    Route("/oauth2/revoke", revoke, ("POST",), "oauth"),
    Route("/oauth2/introspect", introspect, ("POST",), "oauth"),
    Route("/language", choose_language, ("GET",), "page"),
    Route("/sign-in/second", second_step, ("GET", "POST"), "page"),
    Route("/sign-in/passkey", sign_in_with_passkey, ("POST",), "page"),
    Route("/sign-in/enrol", enrol, ("GET", "POST"), "page"),
    Route("/sign-in", sign_in, ("GET", "POST"), "page"),
    Route("/invitation", invitation, ("GET", "POST"), "page"),
    Route("/address/back", way_back, ("GET", "POST"), "page"),
    Route("/reset", reset, ("GET", "POST"), "page"),
    Route("/reset/new", new_password, ("GET", "POST"), "page"),
    Route("/sign-in/provider/{id}", provider.begin, ("GET",), "page"),
    Route("/sign-in/provider/signed-out", provider_leaving.signed_out, ("GET",), "page"),
    Route("/sign-in/provider/{id}/callback", provider.callback, ("GET",), "page"),
    Route("/sign-in/provider/{id}/logout", provider_notice.notice, ("POST",), "oauth"),
    *(Route(path, public(page), methods, "page") for path, page, methods in ACCOUNT),
    Route("/dev/outbox", public(outbox), ("GET",), "page"),
    Route("/dev/outbox/{id}", public(mail_as_html), ("GET",), "page"),
    Route("/portal", public(portal_home.home), ("GET",), "page"),
    Route("/portal/guides", public(guide_list), ("GET",), "page"),
    Route("/portal/guides/{name}", public(guide), ("GET",), "page"),
    Route("/portal/reference", public(reference.reference), ("GET",), "page"),
    Route("/portal/reference.md", public(reference.reference_markdown), ("GET",), "page"),
    Route("/portal/reference/{operation}", public(reference.operation), ("GET",), "page"),
    Route("/portal/search", public(search), ("GET",), "page"),
    Route("/llms.txt", llms, ("GET",), "oauth"),
    Route("/robots.txt", robots, ("GET",), "oauth"),
    Route("/portal/sign-out", public(sign_out, for_whomever=True), ("POST",), "page"),
    Route("/portal/customer", for_reader(switch_customer), ("POST",), "page"),
    Route("/portal/products", public(products.list_offers), ("GET",), "page"),
    Route("/portal/products/{id}", public(products.show_offer), ("GET",), "page"),
    Route("/portal/products/{id}/subscriptions", for_administrator(products.subscribe_to), ("POST",), "page"),
    Route("/portal/subscriptions", for_reader(subscriptions.list_own), ("GET",), "page"),
    Route("/portal/subscriptions/{id}", for_reader(subscriptions.show_own), ("GET",), "page"),
    Route("/portal/subscriptions/{id}/keys", for_administrator(subscriptions.new_key), ("POST",), "page"),
    Route("/portal/subscriptions/{id}/name", for_administrator(subscriptions.rename), ("POST",), "page"),
    Route("/portal/subscriptions/{id}/answer", for_reader(subscriptions.answer), ("POST",), "page"),
    Route("/portal/subscriptions/{id}/cancel", for_administrator(subscriptions.cancel), ("POST",), "page"),
    Route("/portal/usage", for_reader(page.usage), ("GET",), "page"),
    Route("/portal/usage.csv", for_reader(export.export), ("GET",), "page"),
    Route("/portal/usage/requests", for_reader(requests.requests), ("GET",), "page"),
    Route("/portal/token", public(get_token), ("GET",), "page"),
    Route("/portal/inspector", public(inspector, for_whomever=True), ("GET", "POST"), "page"),
    Route("/portal/try", public(try_page), ("GET",), "page"),
    Route("/portal/try/callback", callback, ("GET",), "page"),
    Route("/portal/try/{operation}", public(try_page), ("GET",), "page"),
    Route("/portal/applications", for_reader(list_applications), ("GET",), "page"),
    Route("/portal/applications/new", for_reader(ask), ("GET", "POST"), "page"),
    Route("/portal/applications/check", for_reader(check), ("POST",), "page"),
    Route("/portal/applications/{client_id}", for_reader(application), ("GET",), "page"),
    Route("/portal/applications/{client_id}/secrets", for_reader(make_secret), ("POST",), "page"),
    Route("/portal/applications/{client_id}/secrets/{secret_id}", for_reader(revoke_secret), ("POST",), "page"),
    Route("/portal/applications/{client_id}/addresses", for_reader(addresses.change_addresses), ("POST",), "page"),
    Route("/portal/applications/{client_id}/logout", for_reader(told.change_logout), ("POST",), "page"),
    Route("/portal/applications/{client_id}/look", for_reader(change_look), ("POST",), "page"),
    Route("/portal/applications/{client_id}/logo", for_reader(logo, upload=UPLOAD), ("GET", "POST"), "page"),
    Route("/portal/applications/{client_id}/transfer", for_reader(transfer), ("POST",), "page"),
    Route("/portal/applications/{client_id}/off", for_reader(switch_off), ("POST",), "page"),
    *(Route(path, endpoint, methods, "page") for path, endpoint, methods in (*ACCESS, *COMPANY)),
    Route("/portal/requests/{request_id}", for_reader(request_page), ("GET", "POST"), "page"),
    *(Route(path, endpoint, methods, "page") for path, endpoint, methods in CONSOLE),
    Route("/interaction", interaction, ("GET", "POST"), "page"),
    Route("/api/v1/units", _api(list_units), ("GET",), "api"),
    Route("/api/v1/units/changes", _api(list_unit_changes), ("GET",), "api"),
    Route("/api/v1/units/{unit_id}", _api(read_unit), ("GET",), "api"),
    Route("/api/v1/sites", _api(list_sites), ("GET",), "api"),
    Route("/api/v1/me", _api(me), ("GET",), "api"),
    Route("/api/v1/me/limits", _api(my_limits), ("GET",), "api"),
    Route("/api/v1/users/{user_id}", _api(_user), ("GET", "PATCH"), "api"),
    *(Route(path, endpoint, methods, "scim") for path, endpoint, methods in ADDRESSES),
    *(Route(path, endpoint, methods, "api") for path, endpoint, methods in MANAGE),
    Route("/api/v1/openapi.json", _public(openapi), ("GET",), "api"),
)
ROUTES: tuple[Route, ...] = tuple(_counted(route) for route in _ROUTES)
