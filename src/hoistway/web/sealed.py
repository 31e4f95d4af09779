"""Values that leave this server sealed and come back: each says of which kind it is, and which browser and session it is about."""

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, TypeVar
from zlib import compress, decompress
from zlib import error as ZlibError  # noqa: N812  it is an exception

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hoistway.protocol.jwt import BadToken, b64url, unb64url


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """`browser` is a digest of that cookie. `session` is the public id of the session that the value is about, None where
    nobody was signed in; a session is one person's, and ends with the next sign-in. `packed` is for what travels in
    addresses, whose length proxies bound, or is kept; the rest is as long each time that a page is shown, as HEAD must say."""

    kind: ClassVar[str]
    packed: ClassVar[bool] = False
    browser: str
    made_at: int
    session: str | None = None


S = TypeVar("S", bound=Sealed)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who brings a sealed value back: the values of the two cookies."""

    browser: str | None
    session: str | None


class BadSeal(Exception):
    """Unreadable, altered, expired, of another kind or another browser."""


class OtherSession(BadSeal):
    """Ours and of this browser, but about another session, perhaps another person's. `value` is for what is nobody's."""

    def __init__(self, value: Sealed) -> None:
        self.value = value
        super().__init__("another session")


class Stale(BadSeal):
    """Ours, but too old or of another browser. `value` is for what is nobody's."""

    def __init__(self, value: Sealed, because: str) -> None:
        self.value = value
        super().__init__(because)


def browser_digest(browser: str) -> str:
    return b64url(sha256(b"ticket\x00" + browser.encode("ascii")).digest())


def public_session_id(cookie: str) -> str:
    """Follows from the cookie's value, so that nobody need look into the database for it."""
    return b64url(sha256(b"sid\x00" + cookie.encode("ascii")).digest()[:16])


def seal(secret: bytes, value: Sealed) -> str:
    """Read in one way, packed or not: level 0 stores."""
    nonce, plain = os.urandom(12), compress(msgspec.json.encode(value), -1 if value.packed else 0)
    return b64url(nonce + AESGCM(secret).encrypt(nonce, plain, value.kind.encode()))


def unseal(secret: bytes, text: str, kind: type[S], holder: Holder, now: int, lifetime: int) -> S:
    """Raises BadSeal; Stale only of what we sealed, OtherSession only where all else holds."""
    try:
        raw = unb64url(text)
        packed = AESGCM(secret).decrypt(raw[:12], raw[12:], kind.kind.encode())
        value = msgspec.json.decode(decompress(packed), type=kind)
    except (BadToken, InvalidTag, ValueError, msgspec.DecodeError, ZlibError) as error:
        raise BadSeal("unreadable") from error
    if value.made_at + lifetime <= now:
        raise Stale(value, "expired")
    if holder.browser is None or value.browser != browser_digest(holder.browser):
        raise Stale(value, "another browser")
    if value.session is not None and (holder.session is None or value.session != public_session_id(holder.session)):
        raise OtherSession(value)
    return value
