"""Bearer tokens in headers, and the challenge that answers a bad one (https://www.rfc-editor.org/rfc/rfc6750)."""

import re

from hoistway.protocol.errors import InvalidRequest

_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


def read_bearer(authorization: str | None) -> str | None:
    """The token of `Authorization: Bearer …`; None without the header or with another scheme (RFC 6750 section 2.1)."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = token.strip()
    if not _B64TOKEN.fullmatch(token):
        raise InvalidRequest("The Authorization header is malformed: send `Bearer`, one space and the token.")
    return token


def _quoted(value: str) -> str:
    return '"' + re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "'", value) + '"'


def challenge(
    *,
    error: str | None = None,
    description: str | None = None,
    scope: str | None = None,
    resource_metadata: str | None = None,
    acr_values: str | None = None,
    max_age: str | None = None,
) -> str:
    """The value of WWW-Authenticate (RFC 6750 section 3, RFC 9728 section 5.1, RFC 9470 section 3)."""
    fields = {
        "realm": "hoistway",
        "error": error,
        "error_description": description,
        "scope": scope,
        "resource_metadata": resource_metadata,
        "acr_values": acr_values,
        "max_age": max_age,
    }
    return "Bearer " + ", ".join(f"{name}={_quoted(value)}" for name, value in fields.items() if value is not None)
