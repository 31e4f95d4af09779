"""The token endpoint: read, authenticate, pick, prove, spend, issue, reply (https://www.rfc-editor.org/rfc/rfc6749#section-3.2)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.client import authenticate
from hoistway.endpoints.cors import allow_origin
from hoistway.endpoints.refuse import refuse
from hoistway.engine import Engine
from hoistway.grants.base import Ask, Grant, Proof
from hoistway.grants.issue import issue
from hoistway.grants.registry import GRANTS
from hoistway.protocol.dialect import Dialect, token_body
from hoistway.protocol.errors import MethodNotAllowed, OAuthError, UnauthorizedClient, UnsupportedGrantType
from hoistway.protocol.params import Params
from hoistway.store.clients import Client
from hoistway.web.forms import read_form
from hoistway.web.replies import client_address, correlation_id, header, secret_reply

MOST_SECRETS_WAITING = 10_000


def pick(client: Client, params: Params) -> Grant:
    """Raises UnsupportedGrantType, UnauthorizedClient, InvalidRequest."""
    name = params.need("grant_type")
    grant = GRANTS.get(name)
    if grant is None:
        raise UnsupportedGrantType
    if name not in client.grants:
        raise UnauthorizedClient(
            f"This application may not use {name}: ask the operator to allow it.",
            log="grant not allowed",
            b2c="90224" if name == "password" else "90057",
        )
    return grant


async def answer(engine: Engine, request: Request, dialect: Dialect) -> Response:
    """The recipe. Raises OAuthError."""
    if request.method != "POST":
        raise MethodNotAllowed("Send a POST with the parameters in the body.")
    now = engine.now()
    form = await read_form(request)
    proven = await authenticate(engine.directory, header(request, b"authorization"), form.params, now)
    grant = pick(proven.client, form.params)
    address = client_address(request, engine.settings.trusted_proxies)
    ask = Ask(proven, form.params, dialect, now, address, correlation_id(request), form.badly_encoded)
    proof: Proof = await grant.prove(engine, ask)
    proof = await grant.spend(engine, ask, proof)
    issued = await issue(engine, ask, proof)
    if proven.secret_id is not None and len(engine.secrets_used) < MOST_SECRETS_WAITING:
        engine.secrets_used[proven.secret_id] = now
    return secret_reply(token_body(dialect, issued, grant_type=grant.name, now=now))


async def token(engine: Engine, request: Request, dialect: Dialect | None = None) -> Response:
    """POST /oauth2/token, and the same on B2C-shaped paths."""
    spoken = dialect or engine.dialect
    try:
        reply = await answer(engine, request, spoken)
    except OAuthError as error:
        reply = refuse(engine, request, error, spoken)
    return await allow_origin(engine, request, reply)
