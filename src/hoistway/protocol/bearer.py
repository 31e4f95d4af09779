"""Bearer tokens in the Authorization header, and the challenge where one is missing or bad.

https://www.rfc-editor.org/rfc/rfc6750
"""

import re

from hoistway.protocol.errors import InvalidRequest

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*) *")
_UNQUOTABLE = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")


def read_bearer(authorization: str | None) -> str | None:
    """RFC 6750 §2.1: the token; None without a header or with another scheme. Raises InvalidRequest."""
    if authorization is None or authorization.strip().partition(" ")[0].lower() != "bearer":
        return None
    found = _BEARER.fullmatch(authorization)
    if not found:
        raise InvalidRequest("The Authorization header is malformed: send the word Bearer, one space and the token.")
    return found[1]


def challenge(
    realm: str,
    *,
    error: str | None = None,
    description: str | None = None,
    scope: str | None = None,
    resource_metadata: str | None = None,
) -> str:
    """The value of WWW-Authenticate: RFC 6750 §3, RFC 9728 §5.1."""
    given = {
        "realm": realm,
        "error": error,
        "error_description": description,
        "scope": scope,
        "resource_metadata": resource_metadata,
    }
    return "Bearer " + ", ".join(f'{name}="{_quotable(value)}"' for name, value in given.items() if value is not None)


def _quotable(value: str) -> str:
    # RFC 6750 §3 leaves quotes, backslashes, controls and all but ASCII out, so nothing needs escaping.
    return _UNQUOTABLE.sub("?", value)
