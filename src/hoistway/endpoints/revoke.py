"""Revokes a token before it expires; an unknown token is answered 200, too (https://www.rfc-editor.org/rfc/rfc7009)."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.authn.client import authenticate
from hoistway.endpoints.cors import allow_origin
from hoistway.endpoints.counting import tell_about
from hoistway.endpoints.refuse import refuse
from hoistway.engine import Engine
from hoistway.protocol.claims import ACCESS_TYPES, account_in, check_access_token
from hoistway.protocol.errors import MethodNotAllowed, OAuthError, TemporarilyUnavailable
from hoistway.protocol.ids import FamilyId
from hoistway.protocol.jwt import BadToken, kind_of
from hoistway.store.bulk_jobs import end_jobs_of_token
from hoistway.store.clients import Client
from hoistway.store.families import find_family, revoke_family
from hoistway.store.revocations import add_revocation
from hoistway.tokens.keyring import LONGEST_TOKEN
from hoistway.tokens.refresh import read_refresh_token
from hoistway.tokens.revoked import MOST_FAMILIES, MOST_TOKENS, Full, Maker
from hoistway.web.forms import read_form
from hoistway.web.replies import header_once, secret_reply

FULL: dict[Full, str] = {
    "customer": "Too many tokens of this customer are revoked here already: let them end, or end their refresh tokens, and try again.",
    "application": "Too many tokens of this application are revoked already: let them end, or end their refresh tokens, and try again.",
    "server": "Too many tokens are revoked at this server already, those of other applications included: try again in a minute.",
}


def _check_room(engine: Engine, maker: Maker, most: int) -> None:
    """RFC 7009 section 2.2.1: told to try again later, the application knows that the token is still valid."""
    full = engine.revoked.find_full(maker, most)
    if full is not None:
        raise TemporarilyUnavailable(FULL[full], log=f"no room of the {full}'s for {maker}", retry_after=60)


async def _revoke_refresh(engine: Engine, client: Client, family_id: FamilyId) -> None:
    """Revokes the family and the access tokens that it gave (RFC 7009 section 2.1)."""
    family = await find_family(engine.db, family_id)
    if family is None or family.client_id != client.id or family.revoked_at is not None:
        return
    maker = Maker(client.id, family.customer_id, family.subject_id, "refresh", client.customer_id)
    _check_room(engine, maker, MOST_FAMILIES)
    now, made_by = engine.now(), str(maker)
    async with engine.db.write() as tx:
        if await revoke_family(tx, family_id, now, "revoked by the application"):
            await add_revocation(tx, family_id, now=now, expires_at=now + LONGEST_TOKEN, made_by=made_by)
            await engine.record(tx, "grant.revoked", client_id=client.id, customer_id=family.customer_id)
    engine.revoked.add(family_id, now + LONGEST_TOKEN, made_by)


async def _revoke_access(engine: Engine, client: Client, token: str) -> None:
    """What a program handed in with it, to be carried out later, ends too (docs/adr/0042-management-api.md)."""
    try:
        claims = await engine.keyring.verify_late(engine.db, token, ACCESS_TYPES, engine.now())
        check_access_token(kind_of(token), claims)
    except BadToken:
        return
    now, token_id, ends_at = engine.now(), str(claims["jti"]), int(claims["exp"])
    if claims.get("client_id") != client.id or ends_at <= now or token_id in engine.revoked:
        return
    maker = Maker(client.id, str(claims.get("customer") or "-"), str(account_in(claims)), "access", client.customer_id)
    _check_room(engine, maker, MOST_TOKENS)
    async with engine.db.write() as tx:
        await add_revocation(tx, token_id, now=now, expires_at=ends_at, made_by=str(maker))
        if "customer" not in claims:
            await end_jobs_of_token(tx, client.id, int(claims["iat"]), now)
    engine.revoked.add(token_id, ends_at, str(maker))


async def _answer(engine: Engine, request: Request) -> Response:
    if request.method != "POST":
        raise MethodNotAllowed("Send a POST with the token in the body.")
    form = await read_form(request)
    proven = await authenticate(engine.directory, header_once(request, b"authorization"), form.params, engine.now())
    tell_about(request, proven.client.customer_id, proven.client.id)
    token = form.params.need("token")
    found = read_refresh_token(engine.refresh_secret, token)
    if found is not None:
        await _revoke_refresh(engine, proven.client, found[0])
    else:
        await _revoke_access(engine, proven.client, token)
    return secret_reply({})


async def revoke(engine: Engine, request: Request) -> Response:
    """POST /oauth2/revoke."""
    try:
        reply = await _answer(engine, request)
    except OAuthError as error:
        reply = refuse(engine, request, error, engine.dialect)
    return await allow_origin(engine, request, reply)
