"""Tells a client which server issues tokens for this API (https://www.rfc-editor.org/rfc/rfc9728)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.guard import CUSTOMER_API
from hoistway.api.problems import not_found
from hoistway.engine import Engine
from hoistway.web.replies import json_reply

WELL_KNOWN = "/.well-known/oauth-protected-resource"


async def protected_resource(engine: Engine, request: Request) -> Response:
    """GET /.well-known/oauth-protected-resource, alone or followed by /api/v1: `resource` is what the client built the
    URL from (section 3.3)."""
    api = (await engine.directory.apis(engine.now())).by_id.get(CUSTOMER_API)
    if api is None:
        raise not_found()
    base = engine.settings.base_url
    body = {
        "resource": base + request.scope["path"].partition(WELL_KNOWN)[2],
        "authorization_servers": [base],
        "scopes_supported": [scope.name for scope in api.scopes],
        "bearer_methods_supported": ["header"],
        "resource_name": api.name,
        "resource_documentation": f"{base}/portal/reference",
    }
    return json_reply(body, headers={"cache-control": "public, max-age=300"})
