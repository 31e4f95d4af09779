"""Base64url without padding, read strictly.

https://www.rfc-editor.org/rfc/rfc7515#section-2
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def b64url(data: bytes) -> str:
    """RFC 7515 §2."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64url(text: str) -> bytes:
    """RFC 7515 §2. Raises ValueError on padding, whitespace, a foreign character, or a second spelling of the same
    bytes: without that check a signed token would have several spellings."""
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("not base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64url(data) != text:
        raise ValueError("not canonical base64url")
    return data
