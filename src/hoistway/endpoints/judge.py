"""Judges an access token of this server, for every endpoint that accepts one: signature, times, issuer, revocation, and
whether what it names still exists.
"""

from hashlib import sha256
from typing import Any

from msgspec import Struct

from hoistway.engine import Engine
from hoistway.protocol.claims import ACCESS_TYPES, account_in, check_access_token, check_times
from hoistway.protocol.explain import is_issuer_of
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.jwt import BadToken, UnknownKey, kind_of
from hoistway.protocol.subject import Subject
from hoistway.store.clients import Client

MOST_VERIFIED = 4_000
REMEMBERED = 60
ENDED = "its account, customer or application was disabled since, or given away"


class ProvenRefusal(BadToken):
    """We signed the token, but it is not valid now; `claims` say whose it was."""

    def __init__(self, text: str, claims: dict[str, Any]) -> None:
        self.claims = claims
        super().__init__(text)


class Judged(Struct, frozen=True):
    claims: dict[str, Any]
    subject: Subject
    client: Client


def is_our_issuer(engine: Engine, issuer: object) -> bool:
    return is_issuer_of(engine.settings.base_url, issuer)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise BadToken(f"it has no {name}")
    return value


async def judge_application(engine: Engine, claims: dict[str, Any], now: int) -> Client:
    """The first part, and all there is for a token that is about the application itself: our issuer, not revoked, the
    application enabled ever since. Raises BadToken with the cause."""
    if not is_our_issuer(engine, claims.get("iss")):
        raise BadToken("issued by another server")
    if claims.get("jti") in engine.revoked or claims.get("grant_id") in engine.revoked:
        raise BadToken("it was revoked")
    known = await engine.directory.client(ClientId(_text(claims, "client_id")), now)
    if known is None or known.client.disabled_at is not None:
        raise BadToken("its application is disabled")
    ended_at = known.client.ended_at
    if ended_at is not None and ended_at >= int(claims.get("iat", 0)):
        raise BadToken(ENDED)
    return known.client


async def judge_claims(engine: Engine, claims: dict[str, Any], now: int) -> Judged:
    """Checks everything beyond signature and times: our issuer, not revoked, application, account and customer enabled.
    Raises BadToken with the cause. The caller checks the audience."""
    client = await judge_application(engine, claims, now)
    kind = "service_account" if claims.get("service_account") else "user"
    customer = CustomerId(_text(claims, "customer"))
    account = account_in(claims)
    if not isinstance(account, str):
        raise BadToken("it has no sub")
    subject = await engine.directory.subject(kind, account, customer, now, client.environment)
    if subject is None:
        raise BadToken("its account or customer is disabled")
    if subject.acting and "acting_for" not in claims:
        raise BadToken("it was issued to a member of the customer, who has left")
    issued_at = int(claims.get("iat", 0))
    if subject.has_ended_since(issued_at):
        raise BadToken(ENDED)
    # With client credentials no password of the account was proven, and their tokens have no family.
    by_password = kind == "user" or "grant_id" in claims
    if by_password and subject.has_new_password_since(issued_at, now, claims.get("grant_id")):
        raise BadToken("the password was changed since")
    return Judged(claims, subject, client)


def verified_claims(engine: Engine, token: str, now: int) -> dict[str, Any]:
    """Checks signature and times, and remembers the result for a minute, because verifying costs more than everything
    else; not for longer, because a withdrawn key must take effect. Raises BadToken; UnknownKey, where `late_claims` may
    know more."""
    digest = sha256(token.encode("ascii", "replace")).digest()
    found = engine.verified.get(digest)
    if found is not None and found[1] > now:
        engine.measures.verified_hits += 1
        return found[0]
    engine.measures.verified_misses += 1
    claims = engine.keyring.verify(token, ACCESS_TYPES)
    check_access_token(kind_of(token), claims)
    try:
        check_times(claims, now)
    except BadToken as error:
        raise ProvenRefusal(str(error), claims) from error
    engine.verified.pop(digest, None)
    if len(engine.verified) >= MOST_VERIFIED:
        engine.verified.pop(next(iter(engine.verified)))
    engine.verified[digest] = (claims, min(int(claims["exp"]), now + REMEMBERED))
    return claims


async def late_claims(engine: Engine, token: str, now: int) -> dict[str, Any]:
    """The same with keys that another process published a moment ago. Raises BadToken, DatabaseUnavailable."""
    await engine.keyring.catch_up(engine.db, now)
    return verified_claims(engine, token, now)


async def judge_access_token(engine: Engine, token: str) -> Judged:
    """The complete check of one token. Raises BadToken, DatabaseUnavailable."""
    now = engine.now()
    try:
        claims = verified_claims(engine, token, now)
    except UnknownKey:
        claims = await late_claims(engine, token, now)
    return await judge_claims(engine, claims, now)
