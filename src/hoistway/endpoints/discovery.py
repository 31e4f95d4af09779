"""The discovery documents of the standard paths (OpenID Connect Discovery, RFC 8414)."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.directory import Apis
from hoistway.endpoints.cors import allow_any
from hoistway.engine import Engine
from hoistway.grants.registry import GRANTS
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.protocol.metadata import metadata
from hoistway.protocol.scope import OIDC_SCOPES
from hoistway.response_types.registry import RESPONSE_TYPES
from hoistway.web.replies import Reply

CACHE = (b"cache-control", b"public, max-age=300")
_HEADERS = ((b"content-type", b"application/json"), CACHE)


def endpoints_of(base: str) -> dict[str, str]:
    return {
        "authorization_endpoint": f"{base}/oauth2/authorize",
        "token_endpoint": f"{base}/oauth2/token",
        "userinfo_endpoint": f"{base}/oauth2/userinfo",
        "jwks_uri": f"{base}/oauth2/jwks",
        "end_session_endpoint": f"{base}/oauth2/logout",
        "revocation_endpoint": f"{base}/oauth2/revoke",
        "introspection_endpoint": f"{base}/oauth2/introspect",
        "service_documentation": f"{base}/portal/guides",
    }


def grants_at(dialect: Dialect) -> list[str]:
    """The grants that the addresses in this document accept: a policy is either for signing in on pages or for the
    password grant, never for both."""
    refused = {"sign_in": {"password"}, "ropc": {"authorization_code", "implicit"}}.get(dialect.kind or "", set())
    return [name for name in (*GRANTS, "implicit") if name not in refused]


async def document(engine: Engine, dialect: Dialect, endpoints: Callable[[], dict[str, str]], key: str) -> Reply:
    """The document for the APIs that exist now; computed once for each `key` and set of APIs."""
    apis = await engine.directory.apis(engine.now())
    body = apis.documents.get(key)
    if body is None:
        body = apis.documents[key] = msgspec.json.encode(_document(apis, dialect, endpoints()))
    return Reply(body, 200, _HEADERS)


def _document(apis: Apis, dialect: Dialect, endpoints: dict[str, str]) -> dict[str, object]:
    # Who may have those of the management API knows them; nobody else needs to.
    names = [name for api in apis.scopes if api.api_id != MANAGE for name in api.names]
    return metadata(
        issuer=dialect.issuer,
        endpoints=endpoints,
        grants=grants_at(dialect),
        response_types=list(RESPONSE_TYPES),
        scopes=[*sorted(OIDC_SCOPES), *names],
    )


async def discovery(engine: Engine, request: Request) -> Response:
    """GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server."""
    base = engine.settings.base_url
    return allow_any(await document(engine, engine.dialect, lambda: endpoints_of(base), base))
