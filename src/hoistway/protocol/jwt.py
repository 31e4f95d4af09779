"""JSON Web Signatures and Tokens, with the algorithm fixed by the key (https://www.rfc-editor.org/rfc/rfc8725)."""

import base64
import binascii
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from msgspec import Struct, field

from hoistway.protocol.ids import KeyId

LONGEST = 16 * 1024
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
KEYS_IN_HEADERS = ("jwk", "jku", "x5u", "x5c", "crit")
# The digest is made by hashlib, which looks up no algorithm for each token.
_ECDSA = ec.ECDSA(Prehashed(SHA256()))
_SHA256 = SHA256()
_PKCS1 = padding.PKCS1v15()
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class BadToken(Exception):
    """The token can't be accepted; the text says why, for the log and the inspector."""


class UnknownKey(BadToken):
    """There is no key with the token's `kid`; it may be a new one that this process has not read yet."""


class SigningKey(Struct, frozen=True):
    """`headers` remembers the encoded header of each `typ`, with the dot behind it."""

    kid: KeyId
    alg: str
    private: PrivateKey
    headers: dict[str, bytes] = field(default_factory=dict)


class VerifyingKey(Struct, frozen=True):
    kid: KeyId
    alg: str
    public: PublicKey


def _b64url(data: bytes) -> bytes:
    # Replacing takes a third less time than a table.
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")


def b64url(data: bytes) -> str:
    """RFC 7515 section 2: without padding."""
    return _b64url(data).decode("ascii")


def unb64url(text: str) -> bytes:
    """Raises BadToken on padding, white space, another alphabet, or a second spelling of the same bytes."""
    if not _ALPHABET.fullmatch(text):
        raise BadToken("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadToken("not base64url") from error
    # Unused bits in the last character must be zero, or the same signed token could be written in several ways.
    if b64url(data) != text:
        raise BadToken("not canonical base64url")
    return data


def sign(key: SigningKey, claims: Mapping[str, Any], typ: str) -> str:
    """A compact JWS (RFC 7515 section 7.1) with the header alg, kid, typ."""
    header = key.headers.get(typ)
    if header is None:
        header = _b64url(msgspec.json.encode({"alg": key.alg, "kid": key.kid, "typ": typ})) + b"."
        key.headers[typ] = header
    data = header + _b64url(msgspec.json.encode(claims))
    if isinstance(key.private, rsa.RSAPrivateKey):
        signature = key.private.sign(data, _PKCS1, _SHA256)
    else:
        r, s = decode_dss_signature(key.private.sign(sha256(data).digest(), _ECDSA))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return (data + b"." + _b64url(signature)).decode("ascii")


def read_unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, without any proof. Raises BadToken."""
    if len(token) > LONGEST:
        raise BadToken("longer than 16 KiB")
    parts = token.split(".")
    if len(parts) != 3:
        raise BadToken("not three parts separated by dots")
    try:
        header, claims = (msgspec.json.decode(unb64url(part)) for part in parts[:2])
    except (ValueError, RecursionError) as error:
        raise BadToken("header or payload is not JSON") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadToken("header or payload is not a JSON object")
    return header, claims


def kind_of(token: str) -> str:
    """The type in the header of a verified token; case does not matter (RFC 7515 section 4.1.9)."""
    kind = msgspec.json.decode(unb64url(token.partition(".")[0])).get("typ")
    return kind.lower().removeprefix("application/") if isinstance(kind, str) else ""


def _signature_holds(key: VerifyingKey, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(key.public, rsa.RSAPublicKey):
            key.public.verify(signature, data, _PKCS1, _SHA256)
            return True
        if len(signature) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        key.public.verify(der, sha256(data).digest(), _ECDSA)
    except InvalidSignature:
        return False
    return True


def verify(token: str, keys: Mapping[str, VerifyingKey], *, typ: frozenset[str]) -> dict[str, Any]:
    """The claims of a token that one of `keys` signed; times, issuer and audience are checked by protocol/claims. The
    algorithm is that of the key, never the one that the header names (RFC 8725 section 3.1). Keys in headers and
    critical extensions are refused. `typ` keeps a token of one kind from being accepted as another (section 3.11).
    Raises BadToken, UnknownKey."""
    header, claims = read_unverified(token)
    if any(name in header for name in KEYS_IN_HEADERS):
        raise BadToken("the header brings its own key or a critical extension")
    kid = header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise UnknownKey("signed with a key that is not ours or no longer published")
    if header.get("alg") != key.alg:
        raise BadToken("the header's alg is not that of the key")
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in typ:
        raise BadToken("this is another kind of token")
    signing_input, _, signature = token.rpartition(".")
    if not _signature_holds(key, unb64url(signature), signing_input.encode("ascii", "replace")):
        raise BadToken("the signature does not match")
    return claims


def public_jwk(key: VerifyingKey) -> dict[str, str]:
    """RFC 7517 section 4, with `use` and without `key_ops`: some libraries refuse both together."""
    jwk = {"kid": key.kid, "alg": key.alg, "use": "sig"}
    if isinstance(key.public, rsa.RSAPublicKey):
        numbers = key.public.public_numbers()
        return {"kty": "RSA", **jwk, "n": _uint(numbers.n), "e": _uint(numbers.e)}
    point = key.public.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        **jwk,
        "x": b64url(point.x.to_bytes(32, "big")),
        "y": b64url(point.y.to_bytes(32, "big")),
    }


def _uint(value: int) -> str:
    return b64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def dump_private(private: PrivateKey) -> bytes:
    """PKCS #8, DER."""
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_private(der: bytes) -> PrivateKey:
    """For keys that this program made and sealed. Their primes are not tested again, which takes up to 70 ms for RSA."""
    loaded = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("not an EC or RSA key")
    return loaded


def half_hash(value: str) -> str:
    """at_hash and c_hash for SHA-256 algorithms (OpenID Connect Core section 3.1.3.6)."""
    return b64url(sha256(value.encode("ascii")).digest()[:16])
