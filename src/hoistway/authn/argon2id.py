"""argon2id (https://www.rfc-editor.org/rfc/rfc9106) and the text form of its digests, which other programs read, too.

libsodium computes it, because it is the fastest of the libraries that come as a wheel (docs/adr/0025-remembered.md). It knows salts of 16
bytes and one lane only, which is what this program makes; OpenSSL computes all others."""

import base64
import binascii
import re
import threading
from hmac import compare_digest
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2i, Argon2id
from msgspec import Struct
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from hoistway.protocol.numbers import read_whole

SALT_BYTES: Final = 16
TAG_BYTES: Final = 32
MOST: Final = 4 * 1024 * 1024
"""KiB of memory, and far more than any other number of a digest."""
_ONE_AT_A_TIME = threading.Lock()
"""OpenSSL's threads for several lanes wait for each other for ever where several digests are computed at once."""
_TEXT = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,7}),t=([1-9][0-9]{0,4}),p=([1-9][0-9]{0,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{6,172})"
)


class Cost(Struct, frozen=True):
    """Memory in KiB, passes over it, and lanes that could be computed at the same time."""

    kibibytes: int
    passes: int
    lanes: int

    @property
    def text(self) -> str:
        """How a digest of this cost begins."""
        return f"$argon2id$v=19$m={self.kibibytes},t={self.passes},p={self.lanes}$"


TIMES, KIBIBYTES, LANES = 2, 19 * 1024, 1
TODAYS: Final = Cost(KIBIBYTES, TIMES, LANES)
"""What digests that are made now cost."""


class Digest(Struct, frozen=True):
    """One that was read."""

    cost: Cost
    salt: bytes
    tag: bytes


def read_digest(text: str) -> Digest | None:
    """None where it is no digest of argon2id."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    kibibytes, passes, lanes = (read_whole(number, 1, MOST) for number in found.groups()[:3])
    if kibibytes is None or passes is None or lanes is None:
        return None
    try:
        salt, tag = (base64.b64decode(part + "=" * (-len(part) % 4), validate=True) for part in found.groups()[3:])
    except binascii.Error:
        return None
    return Digest(Cost(kibibytes, passes, lanes), salt, tag)


def write_digest(cost: Cost, salt: bytes, tag: bytes) -> str:
    written, ended = (base64.b64encode(part).decode().rstrip("=") for part in (salt, tag))
    return f"{cost.text}{written}${ended}"


def derive(password: str, cost: Cost, salt: bytes, length: int = TAG_BYTES) -> bytes:
    """Takes long, without holding the interpreter's lock. Raises ValueError for what is no cost of argon2id."""
    raw = password.encode("utf-8", "surrogatepass")
    if cost.lanes == 1 and len(salt) == SALT_BYTES and length >= 16:
        tag: bytes = crypto_pwhash_alg(
            length, raw, salt, cost.passes, cost.kibibytes * 1024, crypto_pwhash_ALG_ARGON2ID13
        )
        return tag
    made = Argon2id(
        salt=salt, length=length, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.kibibytes
    )  # fmt: skip
    return _run(made, raw, cost)


def derive_independently(raw: bytes, cost: Cost, salt: bytes, length: int) -> bytes:
    """Argon2i, which some systems chose before RFC 9106 advised against it."""
    made = Argon2i(salt=salt, length=length, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.kibibytes)
    return _run(made, raw, cost)


def _run(made: Argon2i | Argon2id, raw: bytes, cost: Cost) -> bytes:
    if cost.lanes == 1:
        return made.derive(raw)
    with _ONE_AT_A_TIME:
        return made.derive(raw)


def is_of(text: str, password: str) -> bool:
    """Whether the digest is one of this password; False for what is no digest."""
    digest = read_digest(text)
    if digest is None:
        return False
    try:
        tag = derive(password, digest.cost, digest.salt, len(digest.tag))
    except ValueError:
        return False
    return compare_digest(tag, digest.tag)
