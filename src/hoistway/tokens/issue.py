"""The only mint: access tokens (RFC 9068) and ID tokens (OpenID Connect Core section 2)."""

import os
from typing import Any

import msgspec

from hoistway.protocol.dialect import Dialect
from hoistway.protocol.ids import ClientId, GrantId
from hoistway.protocol.jwt import b64url, half_hash
from hoistway.protocol.scope import Resolved
from hoistway.protocol.subject import Subject
from hoistway.tokens.keyring import Keyring

DEFAULT_LIFETIME = 3600


class Terms(msgspec.Struct, frozen=True):
    """What is to be issued, proven and spent already. Times in seconds since the epoch, lifetimes in seconds."""

    client_id: ClientId
    subject: Subject
    resolved: Resolved
    dialect: Dialect
    now: int
    auth_time: int
    interactive: bool
    access_alg: str
    access_lifetime: int
    id_alg: str
    id_lifetime: int
    grant_id: GrantId | None = None
    nonce: str | None = None
    session_id: str | None = None
    authentication: tuple[str, ...] = ("pwd",)

    @property
    def audience(self) -> str:
        """Of the access token: the API, the client itself (B2C), or this server's own userinfo endpoint."""
        if self.resolved.api is not None:
            return self.resolved.api.audience
        return self.client_id if self.resolved.client_audience else self.dialect.issuer


def person_claims(subject: Subject) -> dict[str, Any]:
    """What tokens and userinfo say of a person or technical account."""
    claims: dict[str, Any] = {
        "sub": subject.id,
        "oid": subject.id,
        "name": subject.name,
        "preferred_username": subject.username,
        "emails": subject.emails,
        "customer": subject.customer_id,
        "employee": subject.is_employee,
    }
    if subject.emails:
        claims["email"] = subject.emails[0]
    if subject.kind == "service_account":
        claims["service_account"] = True
    if subject.acting:
        claims["acting_for"] = subject.customer_id
    return claims


def _shared(terms: Terms, audience: str, lifetime: int) -> dict[str, Any]:
    now = terms.now
    claims: dict[str, Any] = {
        "iss": terms.dialect.issuer,
        "exp": now + lifetime,
        "nbf": now,
        "iat": now,
        "aud": audience,
    }
    if terms.interactive:
        claims["auth_time"] = terms.auth_time
    if terms.dialect.is_b2c:
        claims |= {"ver": "1.0", "tfp": terms.dialect.policy, "tid": terms.dialect.tenant}
    if terms.nonce is not None:
        claims["nonce"] = terms.nonce
    return claims


def access_token(keyring: Keyring, terms: Terms) -> str:
    """RFC 9068 section 2.2, with what programs of the installed base read: oid, scp, azp, emails."""
    names = " ".join(terms.resolved.names)
    scope = " ".join((*sorted(terms.resolved.oidc), *terms.resolved.names))
    claims = _shared(terms, terms.audience, terms.access_lifetime) | person_claims(terms.subject)
    claims |= {
        "client_id": terms.client_id,
        "azp": terms.client_id,
        "jti": b64url(os.urandom(16)),
        "scp": names,
        "scope": scope,
    }
    if terms.grant_id is not None:
        claims["grant_id"] = terms.grant_id
    return keyring.sign(terms.access_alg, claims, "at+jwt")


def id_token(keyring: Keyring, terms: Terms, *, access_token: str | None) -> str:
    """`at_hash` binds the access token issued beside it (OpenID Connect Core section 3.2.2.9)."""
    claims = _shared(terms, terms.client_id, terms.id_lifetime) | person_claims(terms.subject)
    claims["auth_time"] = terms.auth_time
    if access_token is not None:
        claims["at_hash"] = half_hash(access_token)
    if terms.session_id is not None:
        claims["sid"] = terms.session_id
    return keyring.sign(terms.id_alg, claims, "JWT")
