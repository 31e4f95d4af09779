"""scrypt's digests in three forms: of crypt(5), of Java's library by lambdaworks, and of Firebase
(https://www.rfc-editor.org/rfc/rfc7914)."""

import re

from hoistway.authn.foreign.costs import BadDigest
from hoistway.authn.foreign.kept import Kept, decode
from hoistway.protocol.numbers import read_whole

_CRYPT = re.compile(r"\$7\$([./0-9A-Za-z])([./0-9A-Za-z]{5})([./0-9A-Za-z]{5})([^$:\\]{1,200})\$([./0-9A-Za-z]{43})")
_LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LAMBDAWORKS = re.compile(r"\$s0\$([0-9a-f]{5,8})\$([A-Za-z0-9+/=]{8,200})\$([A-Za-z0-9+/=]{20,200})")
_FIREBASE = re.compile(
    r"\$fbscrypt\$v=1,n=([0-9]{1,2}),r=([0-9]{1,3}),p=([0-9]{1,2}),ss=([A-Za-z0-9+/=]*),sk=([A-Za-z0-9+/=]+)"
    r"\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)"
)
_URL_SAFE = str.maketrans("-_", "+/")


def _little(text: str) -> int:
    """Six bits a letter, the lowest first."""
    return sum(_LETTERS.index(letter) << 6 * place for place, letter in enumerate(text))


def read_crypt_scrypt(text: str) -> Kept | None:
    """`$7$`, as crypt(5) describes it."""
    found = _CRYPT.fullmatch(text)
    if found is None:
        return None
    tag = b"".join(_little(found[5][at : at + 4]).to_bytes(4, "little")[:3] for at in range(0, 43, 4))
    numbers = {"ln": _little(found[1]), "r": _little(found[2]), "p": _little(found[3])}
    return Kept("scrypt", numbers, found[4].encode(), tag[:32])


def read_lambdaworks(text: str) -> Kept | None:
    """`$s0$`, whose first part has the logarithm of N, r and p in a byte each."""
    found = _LAMBDAWORKS.fullmatch(text)
    if found is None:
        return None
    said = int.from_bytes(bytes.fromhex(found[1].zfill(8)), "big")
    salt, tag = decode(found[2]), decode(found[3])
    if salt is None or tag is None:
        return None
    return Kept("scrypt", {"ln": said >> 16, "r": said >> 8 & 255, "p": said & 255}, salt, tag)


def read_firebase(text: str) -> Kept | None:
    """`$fbscrypt$v=1,n=…,r=…,p=…,ss=SEPARATOR,sk=SIGNER-KEY$SALT$DIGEST`: the project's parameters and those of the account. The key is
    not kept: see `deriving`."""
    found = _FIREBASE.fullmatch(text.translate(_URL_SAFE))
    if found is None:
        return None
    ln, r, p = (read_whole(one, 0, 999) or 0 for one in found.groups()[:3])
    separator, key, salt, tag = (decode(one) for one in found.groups()[3:])
    if separator is None or key is None or salt is None or tag is None or len(key) != len(tag):
        raise BadDigest(
            "a part of Firebase's digest is not base64, or the signer key has another length than the digest"
        )
    stream = bytes(one ^ other for one, other in zip(tag, key, strict=True))
    return Kept("firebase-scrypt", {"ln": ln, "r": r, "p": p}, salt + separator, stream)
