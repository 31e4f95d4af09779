"""Tells whether a token is valid now, to the client that holds it and to the API's own client (RFC 7662)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.client import ProvenClient, authenticate
from hoistway.endpoints.counting import tell_about
from hoistway.endpoints.judge import judge_access_token
from hoistway.endpoints.refuse import refuse
from hoistway.engine import Engine
from hoistway.grants.family_life import check_alive, living_subject
from hoistway.protocol.errors import InvalidClient, InvalidGrant, MethodNotAllowed, OAuthError
from hoistway.protocol.jwt import BadToken
from hoistway.store.families import find_family
from hoistway.tokens.refresh import read_refresh_token
from hoistway.web.forms import read_form
from hoistway.web.replies import header_once, secret_reply

INACTIVE: dict[str, object] = {"active": False}


async def _access(engine: Engine, proven: ProvenClient, token: str) -> dict[str, object]:
    try:
        judged = await judge_access_token(engine, token)
    except BadToken:
        return INACTIVE
    claims = judged.claims
    apis = (await engine.directory.apis(engine.now())).by_id.values()
    own = any(api.audience == claims["aud"] and api.client_id == proven.client.id for api in apis)
    if claims["client_id"] != proven.client.id and not own:
        return INACTIVE
    kept = (
        "iss",
        "sub",
        "oid",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "scope",
        "client_id",
        "customer",
        "employee",
        "auth_time",
        "amr",
        "acr",
    )
    answer = {name: claims[name] for name in kept if name in claims}
    # The API belongs to the operator, so its client learns everything; an application learns what the token itself may
    # tell it.
    username = judged.subject.username if own else claims.get("preferred_username")
    named = {} if username is None else {"username": username}
    return {"active": True, **answer, **named, "token_type": "Bearer"}


async def _refresh(engine: Engine, proven: ProvenClient, token: str) -> dict[str, object]:
    found = read_refresh_token(engine.refresh_secret, token)
    family = None if found is None else await find_family(engine.db, found[0])
    now = engine.now()
    client = proven.client
    if found is None or family is None or family.client_id != client.id or "refresh_token" not in client.grants:
        return INACTIVE
    is_newest = family.generation == found[1]
    in_grace = family.generation == found[1] + 1 and family.rotated_at + engine.settings.refresh_grace >= now
    if not is_newest and not in_grace:
        return INACTIVE
    try:
        check_alive(family, now)
        await living_subject(engine, client, family, now)
    except InvalidGrant:
        return INACTIVE
    exp = min(family.idle_expires_at, family.expires_at)
    whose = {"sub": family.subject_id, "oid": family.subject_id}
    return {"active": True, "client_id": family.client_id, **whose, "scope": family.scope, "exp": exp}


async def _answer(engine: Engine, request: Request) -> Response:
    if request.method != "POST":
        raise MethodNotAllowed("Send a POST with the token in the body.")
    form = await read_form(request)
    proven = await authenticate(engine.directory, header_once(request, b"authorization"), form.params, engine.now())
    tell_about(request, proven.client.customer_id, proven.client.id)
    if proven.secret_id is None:
        raise InvalidClient("Only applications with a secret may introspect tokens: authenticate with it.")
    token = form.params.need("token")
    return secret_reply(
        await (_access if token.count(".") == 2 and len(token) > 200 else _refresh)(engine, proven, token)
    )


async def introspect(engine: Engine, request: Request) -> Response:
    """POST /oauth2/introspect. A token that the caller may not ask about is reported as inactive."""
    try:
        return await _answer(engine, request)
    except OAuthError as error:
        return refuse(engine, request, error, engine.dialect)
