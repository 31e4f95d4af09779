"""The two dialects of answers: that of the standards, and that of B2C-shaped paths (docs/adr/0003-tokens.md).

https://www.rfc-editor.org/rfc/rfc6749#section-5
"""

from typing import Any, Literal

import msgspec

from hoistway.protocol.errors import InvalidGrant, OAuthError
from hoistway.protocol.jwt import b64url


class Dialect(msgspec.Struct, frozen=True):
    """`issuer` is the `iss` of what is issued. `policy`, `tenant` (a GUID) and `kind` are set only where `name` is
    "b2c"; `kind` says what the policy is for at the token endpoint, "sign_in" or "ropc". `is_tfp` is True below
    `/tfp/`."""

    name: Literal["standard", "b2c"]
    issuer: str
    policy: str | None = None
    tenant: str | None = None
    kind: str | None = None
    is_tfp: bool = False

    @property
    def is_b2c(self) -> bool:
        return self.name == "b2c"


class Issued(msgspec.Struct, frozen=True):
    """The content of a token answer; times in seconds."""

    access_token: str
    expires_in: int
    scope: str
    id_token: str | None = None
    id_token_expires_in: int = 0
    refresh_token: str | None = None
    refresh_expires_in: int = 0
    resource: str = ""


ERRORS_GUIDE = "/portal/guides/errors"
"""The page that explains every code; each code is an anchor there."""
_DENIED = frozenset({"90225", "90114", "90111", "90244", "90128"})


def error_status(dialect: Dialect, error: OAuthError) -> int:
    """B2C answers 400 to every refusal; that a server can't answer is said by the status in both dialects."""
    return error.status if not dialect.is_b2c or error.status >= 500 else 400


def error_description(dialect: Dialect, error: OAuthError, *, correlation_id: str, at: str) -> str:
    """`at` has the form 2019-01-30 13:35:09Z."""
    if not dialect.is_b2c:
        return error.public
    return f"AADB2C{error.b2c}: {error.public}\r\nCorrelation ID: {correlation_id}\r\nTimestamp: {at}\r\n"


def error_code(dialect: Dialect, error: OAuthError) -> str:
    if not dialect.is_b2c:
        return error.error
    if isinstance(error, InvalidGrant) and error.b2c in _DENIED:
        return "access_denied"
    return "interaction_required" if error.b2c == "90077" else error.error


def error_body(dialect: Dialect, error: OAuthError, *, correlation_id: str, at: str) -> dict[str, str]:
    """RFC 6749 section 5.2, or the same refusal in the words of B2C."""
    code = error_code(dialect, error)
    body = {
        "error": code,
        "error_description": error_description(dialect, error, correlation_id=correlation_id, at=at),
        "correlation_id": correlation_id,
    }
    return body if dialect.is_b2c else {**body, "error_uri": f"{dialect.issuer}{ERRORS_GUIDE}#{code}"}


def token_body(dialect: Dialect, issued: Issued, *, grant_type: str, now: int) -> dict[str, Any]:
    """RFC 6749 section 5.1. On B2C-shaped paths the types are those that programs there expect: strings for the
    password grant, integers otherwise."""
    body: dict[str, Any] = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
    }
    if issued.id_token is not None:
        body["id_token"] = issued.id_token
    if issued.refresh_token is not None:
        body["refresh_token"] = issued.refresh_token
    if not dialect.is_b2c:
        return {**body, "scope": issued.scope}
    if grant_type == "password":
        return {**body, "expires_in": str(issued.expires_in)}
    body |= {
        "not_before": now,
        "expires_on": now + issued.expires_in,
        "resource": issued.resource,
        "scope": issued.scope,
    }
    if grant_type != "client_credentials":
        # Programs written for B2C read these members without checking whether an ID token came.
        profile = {"ver": "1.0", "tid": dialect.tenant} | dict.fromkeys(("sub", "name", "preferred_username", "idp"))
        body |= {
            "id_token_expires_in": issued.id_token_expires_in,
            "profile_info": b64url(msgspec.json.encode(profile)),
        }
    if issued.refresh_token is not None:
        body["refresh_token_expires_in"] = issued.refresh_expires_in
    return body
