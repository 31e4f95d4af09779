"""Proof key for code exchange, method S256 only (https://www.rfc-editor.org/rfc/rfc7636)."""

import base64
import re
from hashlib import sha256
from hmac import compare_digest

from hoistway.protocol.errors import InvalidGrant, InvalidRequest

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def check_challenge(challenge: str, method: str | None) -> str:
    """RFC 7636 section 4.3. Raises InvalidRequest: `plain` protects nobody (RFC 9700 section 2.1.1)."""
    if method != "S256":
        raise InvalidRequest("Send code_challenge_method=S256: other methods are not accepted.", b2c="90182")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest(
            "code_challenge must be the base64url SHA-256 of the verifier: 43 characters.", b2c="90182"
        )
    return challenge


def check_verifier(verifier: str) -> str:
    """RFC 7636 section 4.1. Raises InvalidGrant."""
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidGrant("code_verifier must be 43 to 128 letters, digits, - . _ or ~.", b2c="90182")
    return verifier


def matches(verifier: str, challenge: str) -> bool:
    """RFC 7636 section 4.6."""
    digest = base64.urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=")
    return compare_digest(digest, challenge.encode("ascii"))
