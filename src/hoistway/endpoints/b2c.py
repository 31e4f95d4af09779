"""The B2C-shaped paths: tenant and policy become a dialect, then the same endpoints answer (docs/migrating.md)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.authorize import authorize
from hoistway.endpoints.cors import allow_any, allow_origin
from hoistway.endpoints.discovery import document
from hoistway.endpoints.faults import spoken_on
from hoistway.endpoints.home import NotFound
from hoistway.endpoints.jwks import rsa_jwks
from hoistway.endpoints.logout import logout
from hoistway.endpoints.page_refusals import refusal_page
from hoistway.endpoints.refuse import refuse
from hoistway.endpoints.token import token
from hoistway.engine import Engine
from hoistway.protocol.b2c import B2CPath, issuer_of, read_path
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import InvalidRequest, MethodNotAllowed
from hoistway.store.tenants import Policy
from hoistway.web.forms import read_query
from hoistway.web.replies import NO_STORE, json_reply

METHODS = {
    "authorize": ("GET", "POST"),
    "token": ("POST",),
    "logout": ("GET", "POST"),
    "discovery": ("GET", "HEAD"),
    "keys": ("GET", "HEAD"),
}
PAGES = ("authorize", "logout")
TEMPLATES: Final = {
    "authorize": "/{tenant}/{policy}/oauth2/v2.0/authorize",
    "token": "/{tenant}/{policy}/oauth2/v2.0/token",
    "logout": "/{tenant}/{policy}/oauth2/v2.0/logout",
    "discovery": "/{tenant}/{policy}/v2.0/.well-known/openid-configuration",
    "keys": "/{tenant}/{policy}/discovery/v2.0/keys",
}
"""What log and metrics call them, in whichever of the three shapes they came."""


class UnknownTenant(InvalidRequest):
    status = 404
    b2c = "90046"
    public = "This server does not know that tenant or policy: compare the URL with the operator's, `hoistway tenant list` shows them."


def is_page(path: str) -> bool:
    """True where a person looks at the answer."""
    found = read_path(path, None)
    return found is not None and found.rest in PAGES


def methods_of(path: str) -> tuple[str, ...]:
    """The methods of a B2C-shaped path; none where the path has another shape."""
    found = read_path(path, None)
    return () if found is None else METHODS[found.rest]


async def b2c(engine: Engine, request: Request) -> Response:
    """Handles the three URL shapes of B2C; everything else is not found."""
    path = request.url.path
    if path.startswith("/common/userrealm/"):
        # MSAL for Python asks this before the password grant; 404 tells it that there is no federation.
        return json_reply({"error": "not_found"}, 404, NO_STORE)
    found = read_path(path, request.query_params.get("p"))
    if found is None:
        accepts_html = "text/html" in request.headers.get("accept", "")
        return (
            refusal_page(engine, request, NotFound())
            if accepts_html
            else refuse(engine, request, NotFound(), engine.dialect)
        )
    request.scope["hoistway.route"] = TEMPLATES[found.rest]
    dialect, policy = await _dialect(engine, found)
    if dialect is None:
        return await allow_origin(engine, request, _refused(engine, request, found, UnknownTenant()))
    if request.method not in METHODS[found.rest]:
        reply = _refused(engine, request, found, MethodNotAllowed())
        reply.headers["allow"] = ", ".join(METHODS[found.rest])
        return reply if found.rest in PAGES else await allow_origin(engine, request, reply)
    return await _answer(engine, request, found, dialect, policy)


def _refused(engine: Engine, request: Request, found: B2CPath, error: InvalidRequest) -> Response:
    """A page where a person looks at the answer, otherwise an error in the dialect of the path. The status says that
    the address is wrong."""
    if found.rest in PAGES:
        return refusal_page(engine, request, error)
    reply = refuse(engine, request, error, spoken_on(engine, request))
    reply.status_code = error.status
    return reply


async def _dialect(engine: Engine, found: B2CPath) -> tuple[Dialect | None, Policy | None]:
    tenant = await engine.directory.tenant(found.tenant, engine.now())
    if tenant is None or not tenant.policies:
        return None, None
    if found.policy is None:
        sign_in = [policy for policy in tenant.policies.values() if policy.kind == "sign_in"]
        policy = (sign_in or list(tenant.policies.values()))[0]
    elif found.policy in tenant.policies:
        policy = tenant.policies[found.policy]
    else:
        return None, None
    issuer = issuer_of(engine.settings.base_url, tenant.id, policy.name, is_tfp=found.is_tfp)
    return Dialect("b2c", issuer, policy.name, tenant.id, policy.kind, found.is_tfp), policy


async def _answer(
    engine: Engine, request: Request, found: B2CPath, dialect: Dialect, policy: Policy | None
) -> Response:
    if found.rest == "token":
        return await token(engine, request, dialect)
    if found.rest == "authorize":
        return await authorize(engine, request, dialect)
    if found.rest == "logout":
        return await logout(engine, request)
    if found.rest == "keys":
        return await rsa_jwks(engine, request)
    read_query(request)
    root = f"{engine.settings.base_url}{'/tfp' if found.is_tfp else ''}"
    base = f"{root}/{found.tenant}/{(policy.name if policy else '').lower()}"
    return allow_any(await document(engine, dialect, lambda: _endpoints(base, engine.settings.base_url), base))


def _endpoints(base: str, standard: str) -> dict[str, str]:
    return {
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "userinfo_endpoint": f"{standard}/oauth2/userinfo",
        "revocation_endpoint": f"{standard}/oauth2/revoke",
        "introspection_endpoint": f"{standard}/oauth2/introspect",
    }
