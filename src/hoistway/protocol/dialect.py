"""How answers look on the standard paths and on those shaped like Azure AD B2C's.

https://www.rfc-editor.org/rfc/rfc6749#section-5 and
https://learn.microsoft.com/azure/active-directory-b2c/authorization-code-flow
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from hoistway.protocol.b64 import b64url
from hoistway.protocol.errors import InvalidGrant, LoginRequired, OAuthError

# There a refused password and a locked account are access_denied, and programs look for that.
_DENIED = frozenset({"90225", "90114", "90111", "90244"})


@dataclass(frozen=True, slots=True)
class Dialect:
    name: Literal["standard", "b2c"]
    issuer: str
    policy: str | None = None
    tenant: str | None = None


def error_name(dialect: Dialect, error: OAuthError) -> str:
    """The `error` code: RFC 6749 §5.2, or what a B2C tenant answers."""
    if dialect.name == "b2c":
        if isinstance(error, InvalidGrant) and error.b2c in _DENIED:
            return "access_denied"
        if isinstance(error, LoginRequired):
            return "interaction_required"
    return error.error


def error_description(dialect: Dialect, error: OAuthError, *, correlation_id: str, at: str) -> str:
    """RFC 6749 §5.2, or `AADB2C90225: …` with two more lines. `at` looks like `2019-01-30 13:35:09Z`."""
    if dialect.name == "standard":
        return error.public
    return f"AADB2C{error.b2c}: {error.public}\r\nCorrelation ID: {correlation_id}\r\nTimestamp: {at}\r\n"


def error_body(dialect: Dialect, error: OAuthError, *, correlation_id: str, at: str) -> dict[str, object]:
    """RFC 6749 §5.2. The B2C shape holds the correlation id in its description."""
    body: dict[str, object] = {
        "error": error_name(dialect, error),
        "error_description": error_description(dialect, error, correlation_id=correlation_id, at=at),
    }
    if dialect.name == "standard":
        body["correlation_id"] = correlation_id
    return body


def error_status(dialect: Dialect, error: OAuthError) -> int:
    """RFC 6749 §5.2; a B2C tenant answers 400 to everything."""
    return error.status if dialect.name == "standard" else 400


def token_body(
    dialect: Dialect,
    *,
    access_token: str,
    expires_in: int,
    scope: str | None = None,
    refresh_token: str | None = None,
    refresh_expires_in: int | None = None,
    id_token: str | None = None,
    id_token_expires_in: int | None = None,
    grant_type: str,
    now: int,
    resource: str | None = None,
) -> dict[str, object]:
    """RFC 6749 §5.1. A B2C tenant answers the password grant with `expires_in` as a string, and the other grants with
    integers and more members."""
    body: dict[str, object] = {"access_token": access_token, "token_type": "Bearer", "expires_in": expires_in}
    given = {"scope": scope, "refresh_token": refresh_token, "id_token": id_token}
    body.update((name, value) for name, value in given.items() if value)
    if dialect.name == "standard":
        return body
    if grant_type == "password":
        return body | {"expires_in": str(expires_in)}
    body |= {"not_before": now, "expires_on": now + expires_in, "profile_info": _profile_info(dialect.tenant)}
    if resource:
        body["resource"] = resource
    if id_token and id_token_expires_in is not None:
        body["id_token_expires_in"] = id_token_expires_in
    if refresh_token and refresh_expires_in is not None:
        body["refresh_token_expires_in"] = refresh_expires_in
    return body


def _profile_info(tenant: str | None) -> str:
    """Programs only decode it; the names are there, the person's data is in the ID token."""
    names = {"ver": "1.0", "tid": tenant, "sub": None, "name": None, "preferred_username": None, "idp": None}
    return b64url(msgspec.json.encode(names))
