"""The token endpoint: read, authenticate, pick, prove, spend, issue, reply (https://www.rfc-editor.org/rfc/rfc6749#section-3.2)."""

from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.client import authenticate
from hoistway.endpoints.cors import allow_origin
from hoistway.endpoints.counting import counts_for, note_answer, tell_about, tell_cause
from hoistway.endpoints.refuse import refuse
from hoistway.engine import Engine
from hoistway.grants.base import Ask, Grant, Proof
from hoistway.grants.issue import issue
from hoistway.grants.registry import GRANTS
from hoistway.protocol.dialect import Dialect, token_body
from hoistway.protocol.errors import (
    MethodNotAllowed,
    OAuthError,
    ServerError,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from hoistway.protocol.params import Params
from hoistway.store.clients import Client
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.legacy_uses import TOKEN
from hoistway.web.forms import read_form
from hoistway.web.replies import client_address, correlation_id, header_once, secret_reply


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
    """The steps of every token request, in order. Raises OAuthError."""
    if request.method != "POST":
        raise MethodNotAllowed("Send a POST with the parameters in the body.")
    now = engine.now()
    form = await read_form(request)
    request.scope["hoistway.grant"] = form.params.get("grant_type")
    proven = await authenticate(engine.directory, header_once(request, b"authorization"), form.params, now)
    tell_about(request, proven.client.customer_id, proven.client.id)
    if dialect.is_b2c:
        engine.tally.note_address(proven.client.id, TOKEN, now)
    grant = pick(proven.client, form.params)
    address = client_address(request, engine.settings.trusted_proxies)
    ask = Ask(
        proven,
        form.params,
        dialect,
        now,
        address,
        correlation_id(request),
        form.badly_encoded,
        request.scope["headers"],
    )
    proof: Proof = await grant.prove(engine, ask)
    customer_id = proof.subject.customer_id
    if customer_id != proven.client.customer_id:
        tell_about(request, await counts_for(engine, customer_id, proven.client.id), proven.client.id)
    if grant.spend is not None:
        proof = await grant.spend(engine, ask, proof)
    issued = await issue(engine, ask, proof)
    engine.note_use(proven.client.id, now, proven.secret_id)
    return secret_reply(token_body(dialect, issued, grant_type=grant.name, now=now))


async def token(engine: Engine, request: Request, dialect: Dialect | None = None) -> Response:
    """POST /oauth2/token, and the same on B2C-shaped paths."""
    begun, status, outcome = perf_counter(), 500, ServerError.error
    spoken = dialect or engine.dialect
    try:
        reply = await answer(engine, request, spoken)
        status, outcome = reply.status_code, "issued"
    except OAuthError as error:
        outcome = error.error
        _tell(request, error)
        reply = refuse(engine, request, error, spoken)
        status = reply.status_code
    except DatabaseUnavailable:
        outcome = TemporarilyUnavailable.error
        tell_cause(request, outcome)
        status = TemporarilyUnavailable.status
        raise
    finally:
        name = str(request.scope.get("hoistway.grant"))
        engine.measures.tokens.add(name, outcome)
        note_answer(engine, request, "token", name if name in GRANTS else "other", status, begun)
    return await allow_origin(engine, request, reply)


def _tell(request: Request, error: OAuthError) -> None:
    """Counts the refusal under its code and its B2C number, for the customer and application that it certainly
    concerns."""
    tell_cause(request, f"{error.error}:{error.b2c}")
    if error.concerns is not None:
        tell_about(request, *error.concerns)
