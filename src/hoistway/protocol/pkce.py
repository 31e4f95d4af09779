"""Proof Key for Code Exchange, method S256 only.

https://www.rfc-editor.org/rfc/rfc7636
"""

import re
from hashlib import sha256
from hmac import compare_digest

from hoistway.protocol.b64 import b64url
from hoistway.protocol.errors import InvalidGrant, InvalidRequest

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_challenge(challenge: str | None, method: str | None) -> None:
    """RFC 7636 §4.3. An absent method means `plain` there, so it is refused too. Raises InvalidRequest."""
    if challenge is None:
        raise InvalidRequest(
            "The code_challenge is missing: send one with code_challenge_method=S256 (RFC 7636).", b2c="99059"
        )
    if method != "S256":
        raise InvalidRequest("The code_challenge_method must be S256: plain and an absent method are not accepted.", b2c="90182")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest(
            "The code_challenge must be the SHA-256 of the verifier in base64url: 43 characters without padding.", b2c="90182"
        )


def check_verifier(verifier: str) -> None:
    """RFC 7636 §4.1. Raises InvalidGrant."""
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidGrant("The code_verifier must be 43 to 128 letters, digits, and - . _ ~ characters.", b2c="90182")


def matches(verifier: str, challenge: str) -> bool:
    """RFC 7636 §4.6, method S256."""
    if not _VERIFIER.fullmatch(verifier) or not challenge.isascii():
        return False
    return compare_digest(b64url(sha256(verifier.encode("ascii")).digest()), challenge)
