"""Values that leave this server sealed and come back. Each names its kind, and the browser and the session that it is about."""

import os
from hashlib import sha256
from typing import ClassVar, TypeVar
from zlib import compress, decompress
from zlib import error as ZlibError  # noqa: N812  it is an exception

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from hoistway.protocol.jwt import BadToken, b64url, unb64url


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """`browser` is a digest of the browser's cookie. `session` is the public id of the session that the value is about,
    or None where nobody was signed in; a session belongs to one person and ends with the next sign-in. `packed` values
    are compressed, because they travel in addresses, whose length proxies limit, or are stored. The others have the
    same length each time that a page is shown, because HEAD must report it."""

    kind: ClassVar[str]
    packed: ClassVar[bool] = False
    browser: str
    made_at: int
    session: str | None = None


S = TypeVar("S", bound=Sealed)


class Holder(Struct, frozen=True):
    """The two cookies of whoever brings a sealed value back."""

    browser: str | None
    session: str | None


class BadSeal(Exception):
    """Unreadable, changed, expired, of another kind, or of another browser."""


class OtherSession(BadSeal):
    """Genuine and of this browser, but about another session, perhaps of another person. `value` may be used only for
    what belongs to nobody."""

    def __init__(self, value: Sealed) -> None:
        self.value = value
        super().__init__("another session")


class Stale(BadSeal):
    """Genuine, but too old or of another browser. `value` may be used only for what belongs to nobody."""

    def __init__(self, value: Sealed, because: str) -> None:
        self.value = value
        super().__init__(because)


def browser_digest(browser: str) -> str:
    return b64url(sha256(b"ticket\x00" + browser.encode("ascii")).digest())


def public_session_id(cookie: str) -> str:
    """Computed from the cookie's value, so that it needs no look into the database."""
    return b64url(sha256(b"sid\x00" + cookie.encode("ascii")).digest()[:16])


def seal(secret: bytes, value: Sealed) -> str:
    """Both kinds are read in the same way; unpacked values are stored at compression level 0."""
    nonce, plain = os.urandom(12), compress(msgspec.json.encode(value), -1 if value.packed else 0)
    return b64url(nonce + AESGCM(secret).encrypt(nonce, plain, value.kind.encode()))


def seal_answer(secret: bytes, about: bytes, value: bytes) -> bytes:
    """For what is stored and read by this server alone; `about` binds it to its place."""
    nonce = os.urandom(12)
    return nonce + AESGCM(secret).encrypt(nonce, value, b"answer\x00" + about)


def open_answer(secret: bytes, about: bytes, sealed: bytes) -> bytes:
    """Raises BadSeal."""
    try:
        return AESGCM(secret).decrypt(sealed[:12], sealed[12:], b"answer\x00" + about)
    except InvalidTag as error:
        raise BadSeal("unreadable") from error


def unseal(secret: bytes, text: str, kind: type[S], holder: Holder, now: int, lifetime: int) -> S:
    """Raises BadSeal; Stale only for what we sealed, OtherSession only where everything else is right."""
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
