"""Tells who a token is about (https://openid.net/specs/openid-connect-core-1_0.html#UserInfo)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.endpoints.cors import allow_origin
from hoistway.endpoints.counting import tell_about
from hoistway.endpoints.judge import judge_access_token
from hoistway.endpoints.refuse import refuse
from hoistway.engine import Engine
from hoistway.protocol.bearer import challenge, read_bearer
from hoistway.protocol.errors import InsufficientScope, InvalidRequest, InvalidToken, OAuthError
from hoistway.protocol.jwt import BadToken
from hoistway.tokens.issue import person_claims, shown_to
from hoistway.web.forms import read_form
from hoistway.web.replies import header_once, secret_reply


async def _sent(request: Request) -> str | None:
    """The token from the header, or from a posted form (RFC 6750 section 2.2). Raises InvalidRequest for more than one."""
    token = read_bearer(header_once(request, b"authorization"))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind != "application/x-www-form-urlencoded":
        return token
    posted = (await read_form(request)).params.get("access_token")
    if token is not None and posted is not None:
        raise InvalidRequest("The access token was sent in the header and in the body: use one of the two.")
    return token or posted


async def _answer(engine: Engine, request: Request) -> Response:
    token = await _sent(request)
    if token is None:
        raise InvalidToken(
            "Send an access token in the Authorization header, as `Bearer` and the token, or post it as access_token.",
            log="no token",
        )
    try:
        judged = await judge_access_token(engine, token)
    except BadToken as error:
        raise InvalidToken(f"The access token is not accepted: {error}. Get a new one.", log=str(error)) from error
    tell_about(request, judged.subject.customer_id, judged.client.id)
    scopes = frozenset(str(judged.claims.get("scope", "")).split())
    if "openid" not in scopes:
        raise InsufficientScope("The access token lacks the scope openid: ask for it when getting the token.")
    shown = shown_to(judged.client, is_b2c="tfp" in judged.claims, oidc=scopes)
    # The same `sub` as in the ID token (section 5.3.2).
    return secret_reply({**person_claims(judged.subject, shown), "sub": judged.claims["sub"]})


async def userinfo(engine: Engine, request: Request) -> Response:
    """GET or POST /oauth2/userinfo."""
    try:
        reply = await _answer(engine, request)
    except OAuthError as error:
        reply = refuse(engine, request, error, engine.dialect)
        code = None if error.log == "no token" else error.error
        reply.headers["www-authenticate"] = challenge(
            error=code,
            description=None if code is None else error.public,
            scope="openid" if error.status == 403 else None,
        )
    return await allow_origin(engine, request, reply)
