"""The description of this API (https://spec.openapis.org/oas/v3.1.1)."""

from hashlib import sha256

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.openapi_text import PATHS, SCHEMAS
from hoistway.api.paging import conditional
from hoistway.engine import Engine
from hoistway.protocol.jwt import b64url

SCOPES = {
    "units.read": "Read units and sites of the token's customer",
    "profile.read": "Read the token's own user",
    "profile.write": "Change the token's own user",
}


def document(base_url: str, version: str = "1") -> dict[str, object]:
    """`base_url` without a trailing slash."""
    token = f"{base_url}/oauth2/token"
    code = {"authorizationUrl": f"{base_url}/oauth2/authorize", "tokenUrl": token, "scopes": SCOPES}
    flows = {"authorizationCode": code, "clientCredentials": {"tokenUrl": token, "scopes": SCOPES}}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Customer API",
            "version": version,
            "description": "Units, sites and the signed-in user. The access token names the customer; nothing of another customer is visible.",
        },
        "servers": [{"url": base_url}],
        "paths": PATHS,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"oauth2": {"type": "oauth2", "flows": flows}},
        },
    }


async def openapi(engine: Engine, request: Request) -> Response:
    """GET /api/v1/openapi.json"""
    body = msgspec.json.encode(document(engine.settings.base_url))
    headers = {"etag": f'"{b64url(sha256(body).digest()[:18])}"', "cache-control": "public, max-age=300"}
    return conditional(request, body, headers)
