"""What other systems compute from a password: bcrypt, PBKDF2 (RFC 8018), scrypt (RFC 7914), salted SHA, argon2i (RFC 9106).

All of it takes long, and none of it holds the interpreter's lock meanwhile. A kind that ends with `-argon2id` is wrapped: the
tag is what argon2id makes of the tag of the other kind.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from hmac import compare_digest
from importlib import import_module
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msgspec.structs import replace

from hoistway.authn.argon2id import SALT_BYTES, TAG_BYTES, Cost, derive, derive_independently
from hoistway.authn.foreign.kept import Kept, decode, encode, read_kept

WRAPPED: Final = "-argon2id"
BCRYPT_TAKES: Final = 72
"""Bytes of a password; bcrypt never looked at more."""
BCRYPT_TAG: Final = 23
PBKDF2: Final = {"pbkdf2-sha1": "sha1", "pbkdf2-sha256": "sha256", "pbkdf2-sha384": "sha384", "pbkdf2-sha512": "sha512"}
SALTED: Final = {"salted-sha1": "sha1", "salted-sha256": "sha256", "salted-sha512": "sha512"}
_LETTERS = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_USUAL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
FROM_BCRYPT, _TO_BCRYPT = bytes.maketrans(_LETTERS, _USUAL), bytes.maketrans(_USUAL, _LETTERS)
"""bcrypt's base64 has another alphabet."""


@cache
def _library() -> Any:
    """Loaded with the first digest of bcrypt: most installations have none."""
    return import_module("bcrypt")


def _bcrypt(password: bytes, digest: Kept) -> bytes:
    # Version b is what a and y compute, too, of what is at most 72 bytes long.
    salt = encode(digest.salt).encode().translate(_TO_BCRYPT)
    made: bytes = _library().hashpw(password[:BCRYPT_TAKES], b"$2b$%02d$%b" % (digest.numbers["r"], salt))
    return decode(made[29:].translate(FROM_BCRYPT).decode()) or b""


def _pbkdf2(password: bytes, digest: Kept) -> bytes:
    return hashlib.pbkdf2_hmac(
        PBKDF2[digest.kind], password, digest.salt, digest.numbers["i"], len(digest.tag)
    )  # fmt: skip


def _run_scrypt(password: bytes, digest: Kept, length: int) -> bytes:
    n, r, p = 1 << digest.numbers["ln"], digest.numbers["r"], digest.numbers["p"]
    return hashlib.scrypt(
        password, salt=digest.salt, n=n, r=r, p=p, maxmem=128 * r * (n + p + 8), dklen=length
    )  # fmt: skip


def _scrypt(password: bytes, digest: Kept) -> bytes:
    return _run_scrypt(password, digest, len(digest.tag))


def _firebase(password: bytes, digest: Kept) -> bytes:
    """Firebase encrypts a key of the project with what scrypt makes. Kept is the digest XOR that key, which is the cipher's bare stream:
    so the key itself need not be kept (https://github.com/firebase/scrypt)."""
    key = _run_scrypt(password, digest, 32)
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return stream.update(bytes(len(digest.tag)))


def _salted(password: bytes, digest: Kept) -> bytes:
    """`first` is 1 where the salt stands before the password."""
    text = digest.salt + password if digest.numbers["first"] else password + digest.salt
    return hashlib.new(SALTED[digest.kind], text, usedforsecurity=False).digest()


def _argon2i(password: bytes, digest: Kept) -> bytes:
    cost = Cost(digest.numbers["m"], digest.numbers["t"], digest.numbers["p"])
    return derive_independently(password, cost, digest.salt, len(digest.tag))


Derive = Callable[[bytes, Kept], bytes]
KINDS: Final[Mapping[str, Derive]] = {
    "bcrypt": _bcrypt,
    **dict.fromkeys(PBKDF2, _pbkdf2),
    "scrypt": _scrypt,
    "firebase-scrypt": _firebase,
    **dict.fromkeys(SALTED, _salted),
    "argon2i": _argon2i,
}


def _wrap_tag(tag: bytes, digest: Kept, cost: Cost) -> bytes:
    return derive(tag.hex(), cost, digest.salt[:SALT_BYTES], TAG_BYTES)


def wrap(digest: Kept, cost: Cost, salt: bytes) -> Kept:
    """`salt` is argon2id's own. Nothing of the password is needed. Takes as long as argon2id does."""
    numbers = {**digest.numbers, "l": len(digest.tag), "am": cost.kibibytes, "at": cost.passes, "ap": cost.lanes}
    wrapped = Kept(digest.kind + WRAPPED, numbers, salt + digest.salt, digest.tag)
    return replace(wrapped, tag=_wrap_tag(digest.tag, wrapped, cost))


def _tag_of(password: bytes, digest: Kept) -> bytes:
    if not digest.kind.endswith(WRAPPED):
        return KINDS[digest.kind](password, digest)
    numbers = digest.numbers
    inner = Kept(
        digest.kind.removesuffix(WRAPPED), numbers, digest.salt[SALT_BYTES:], bytes(numbers["l"])
    )  # fmt: skip
    return _wrap_tag(KINDS[inner.kind](password, inner), digest, Cost(numbers["am"], numbers["at"], numbers["ap"]))


def is_foreign(text: str) -> bool:
    digest = read_kept(text)
    return digest is not None and digest.kind.removesuffix(WRAPPED) in KINDS


def is_of(text: str, password: str) -> bool:
    """Whether the digest is one of this password; False for what is no digest. Takes long."""
    digest = read_kept(text)
    if digest is None or digest.kind.removesuffix(WRAPPED) not in KINDS:
        return False
    raw = password.encode("utf-8", "surrogatepass")
    try:
        same = compare_digest(_tag_of(raw, digest), digest.tag)
    except (ValueError, KeyError, OverflowError, MemoryError):
        return False
    # Libraries in C end a password at a zero byte: with them, half a password would be enough.
    return same and not (digest.kind.startswith("bcrypt") and b"\0" in raw)
