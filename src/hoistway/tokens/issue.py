"""The only place that issues access tokens (RFC 9068) and ID tokens (OpenID Connect Core section 2)."""

import os
from collections.abc import Mapping, Set
from typing import Any, Final

import msgspec

from hoistway.protocol.authentication import acr_of
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.ids import ClientId, FamilyId
from hoistway.protocol.jwt import b64url, half_hash
from hoistway.protocol.scope import Resolved
from hoistway.protocol.subject import Subject
from hoistway.store.clients import Client
from hoistway.tokens.keyring import Keyring

DEFAULT_LIFETIME = 3600
PERSONAL: Final = frozenset({"profile", "email"})


class Terms(msgspec.Struct, frozen=True):
    """What is to be issued; everything is proven and spent already. Times are seconds since the epoch, lifetimes
    seconds. `shown` says what tokens may tell about the person, see `person_claims`. At a tenant that moved in `sub` may be a
    sentence, and `attributes` are what its old directory said of the account."""

    client_id: ClientId
    subject: Subject
    resolved: Resolved
    shown: Set[str]
    dialect: Dialect
    now: int
    auth_time: int
    interactive: bool
    access_alg: str
    access_lifetime: int
    id_alg: str
    id_lifetime: int
    family_id: FamilyId | None = None
    nonce: str | None = None
    session_id: str | None = None
    amr: tuple[str, ...] = ()
    subject_text: str | None = None
    attributes: Mapping[str, Any] = {}

    @property
    def audience(self) -> str:
        """The audience of the access token: the API, the client itself (B2C), or this server's userinfo endpoint."""
        if self.resolved.api is not None:
            return self.resolved.api.audience
        return self.client_id if self.resolved.client_audience else self.dialect.issuer


def shown_to(client: Client, *, is_b2c: bool, oidc: Set[str]) -> Set[str]:
    """Programs written for B2C expect all of it in every token without asking. That is kept for the operator's own
    applications, for which nobody is asked to consent. For all others the scopes decide."""
    return PERSONAL if is_b2c and not client.is_third_party else oidc


def person_claims(subject: Subject, shown: Set[str]) -> dict[str, Any]:
    """What tokens and userinfo tell about a person: name and flags with `profile`, addresses with `email` (OpenID
    Connect Core section 5.4). Of a technical account the name may be told, because the customer chose it."""
    if subject.kind == "application":
        # RFC 9068 section 2.2: no person and no customer. Whatever reads a customer's data refuses a token without one.
        return {"sub": subject.id}
    claims: dict[str, Any] = {"sub": subject.id, "oid": subject.id, "customer": subject.customer_id}
    is_account = subject.kind == "service_account"
    if is_account or "profile" in shown:
        claims["name"] = subject.name
        claims["preferred_username"] = subject.username
        claims["employee"] = subject.is_employee
    if is_account or "email" in shown:
        claims["emails"] = subject.emails
        if subject.emails:
            claims["email"] = subject.emails[0]
    if is_account:
        claims["service_account"] = True
    if subject.acting:
        claims["acting_for"] = subject.customer_id
    return claims


def _about(terms: Terms) -> dict[str, Any]:
    claims = person_claims(terms.subject, terms.shown)
    if terms.subject_text is not None and terms.subject.kind != "application":
        # Only where `oid` says who it is.
        claims["sub"] = terms.subject_text
    if terms.attributes and (terms.subject.kind == "service_account" or "profile" in terms.shown):
        claims |= {f"extension_{name}": value for name, value in terms.attributes.items()}
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
        if terms.amr:
            claims["amr"] = terms.amr
            claims["acr"] = acr_of(terms.amr)
    if terms.dialect.is_b2c:
        claims |= {"ver": "1.0", "tfp": terms.dialect.policy, "tid": terms.dialect.tenant}
    if terms.nonce is not None:
        claims["nonce"] = terms.nonce
    return claims


_UNUSED: Final[list[str]] = []
os.register_at_fork(after_in_child=_UNUSED.clear)


def _token_id() -> str:
    """128 random bits, which need not be secret: the system is asked for many at once."""
    if not _UNUSED:
        drawn = os.urandom(16 * 64)
        _UNUSED.extend(b64url(drawn[at : at + 16]) for at in range(0, len(drawn), 16))
    return _UNUSED.pop()


def access_token(keyring: Keyring, terms: Terms) -> str:
    """RFC 9068 section 2.2, with the claims that existing programs read: oid, scp, azp, emails."""
    api, names, oidc, is_b2c = terms.resolved.api, terms.resolved.names, terms.resolved.oidc, terms.dialect.is_b2c
    claims = _shared(terms, terms.audience, terms.access_lifetime)
    claims |= _about(terms)
    claims["client_id"] = claims["azp"] = terms.client_id
    claims["jti"] = _token_id()
    # On these paths what the API's own programs call it, as they always read it.
    claims["scp"] = " ".join(names if api is None or not is_b2c else map(api.called, names))
    claims["scope"] = " ".join((*sorted(oidc), *names)) if oidc else " ".join(names)
    if terms.family_id is not None:
        claims["grant_id"] = terms.family_id
    # Existing validators only know the type JWT; on these paths an access token is told from an ID token by its claims.
    return keyring.sign(terms.access_alg, claims, "JWT" if is_b2c else "at+jwt")


def id_token(keyring: Keyring, terms: Terms, *, access_token: str | None) -> str:
    """`at_hash` binds the access token issued beside it (OpenID Connect Core section 3.2.2.9)."""
    claims = _shared(terms, terms.client_id, terms.id_lifetime) | _about(terms)
    claims["auth_time"] = terms.auth_time
    if access_token is not None:
        claims["at_hash"] = half_hash(access_token)
    if terms.session_id is not None:
        claims["sid"] = terms.session_id
    return keyring.sign(terms.id_alg, claims, "JWT")
