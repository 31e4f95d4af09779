"""The public keys (https://www.rfc-editor.org/rfc/rfc7517#section-5)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.cors import allow_any
from hoistway.engine import Engine
from hoistway.web.replies import Reply

_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"public, max-age=300"))


async def rsa_jwks(engine: Engine, request: Request) -> Response:
    """GET …/discovery/v2.0/keys: validators written for B2C fail at a key of another kind."""
    return allow_any(Reply(engine.keyring.rsa_jwks, 200, _HEADERS))


async def jwks(engine: Engine, request: Request) -> Response:
    """GET /oauth2/jwks. Cached for five minutes, which is shorter than the time between publishing a key and signing
    with it."""
    return allow_any(Reply(engine.keyring.jwks, 200, _HEADERS))
