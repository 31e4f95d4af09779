"""Tells a client which server issues tokens for this API (https://www.rfc-editor.org/rfc/rfc9728)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.guard import CUSTOMER_API
from hoistway.api.problems import not_found
from hoistway.engine import Engine
from hoistway.protocol.manage_scopes import MANAGE, PATH
from hoistway.web.replies import json_reply

WELL_KNOWN = "/.well-known/oauth-protected-resource"


async def protected_resource(engine: Engine, request: Request) -> Response:
    """GET /.well-known/oauth-protected-resource, alone or followed by /api/v1 or /manage/v1: `resource` is what the client built the
    URL from (section 3.3)."""
    asked = request.scope["path"].partition(WELL_KNOWN)[2]
    api = (await engine.directory.apis(engine.now())).by_id.get(MANAGE if asked == PATH else CUSTOMER_API)
    if api is None:
        raise not_found()
    base = engine.settings.base_url
    body = {
        "resource": base + asked,
        "authorization_servers": [base],
        "scopes_supported": [scope.name for scope in api.scopes],
        "bearer_methods_supported": ["header"],
        "resource_name": api.name,
        "resource_documentation": f"{base}{PATH}/openapi.json" if asked == PATH else f"{base}/portal/reference",
    }
    return json_reply(body, headers={"cache-control": "public, max-age=300"})
