"""The description of this API (https://spec.openapis.org/oas/v3.1.1)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.openapi_paths import HEADERS, PARAMETERS, PATHS, RESPONSES
from hoistway.api.openapi_schemas import SCHEMAS
from hoistway.api.paging import conditional
from hoistway.api.problems import TYPES
from hoistway.engine import Engine
from hoistway.protocol.subscription_key import HEADER, QUERY

SCOPES = {
    "units.read": "Read units and sites of the token's customer",
    "profile.read": "Read the token's own user",
    "profile.write": "Change the token's own user",
}
_ABOUT = (
    "Units, sites and the signed-in user. The access token names the customer; nothing of another customer is visible, "
    "and what is not visible answers 404. Refusals are problem+json (RFC 9457) whose detail names the fix; those about "
    "subscription keys, rate and quota have the shape that Azure API Management gives them."
)
_KEY = "A key of an active subscription of the token's customer, where the product needs one. A wrong one is always refused."


def _security(base_url: str) -> dict[str, object]:
    token = {"tokenUrl": f"{base_url}/oauth2/token", "refreshUrl": f"{base_url}/oauth2/token", "scopes": SCOPES}
    code = {"authorizationUrl": f"{base_url}/oauth2/authorize", **token}
    daemon = {"tokenUrl": f"{base_url}/oauth2/token", "scopes": SCOPES}
    flows = {"authorizationCode": code, "clientCredentials": daemon}
    metadata = f"{base_url}/.well-known/oauth-authorization-server"
    return {
        "oauth2": {"type": "oauth2", "description": f"PKCE (S256) with the code. Metadata: {metadata}", "flows": flows},
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "at+jwt",
            "description": "An access token of this server (RFC 9068), in the Authorization header only.",
        },
        "subscriptionKey": {"type": "apiKey", "in": "header", "name": HEADER, "description": _KEY},
        "subscriptionKeyInQuery": {
            "type": "apiKey",
            "in": "query",
            "name": QUERY,
            "description": f"{_KEY} Read where the header is absent; queries end up in logs, so the header is better.",
        },
    }


def document(base_url: str, version: str = "1") -> dict[str, object]:
    """`base_url` without a trailing slash."""
    return {
        "openapi": "3.1.1",
        "info": {"title": "Customer API", "version": version, "description": _ABOUT},
        "servers": [{"url": base_url, "description": "This server."}],
        "paths": PATHS,
        "components": {
            "schemas": SCHEMAS,
            "responses": RESPONSES,
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": _security(base_url),
        },
        "tags": [{"name": name} for name in ("Unit", "Site", "Me", "Limits", "User", "Description")],
        "x-problem-types": TYPES,
    }


async def openapi(engine: Engine, request: Request) -> Response:
    """GET /api/v1/openapi.json: public."""
    body = msgspec.json.encode(document(engine.settings.base_url))
    return conditional(request, body, {"cache-control": "public, max-age=300"})
