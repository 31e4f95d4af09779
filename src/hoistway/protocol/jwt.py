"""Signs and verifies JSON Web Tokens, the algorithm always fixed by the key.

https://www.rfc-editor.org/rfc/rfc7519 and https://www.rfc-editor.org/rfc/rfc8725
"""

from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from hoistway.protocol.b64 import b64url, unb64url
from hoistway.protocol.jwk import Algorithm, SigningKey, VerifyingKey, dump_private, load_private, public_jwk, verifying_key

__all__ = [
    "Algorithm",
    "BadToken",
    "Malformed",
    "SigningKey",
    "UnknownKey",
    "VerifyingKey",
    "b64url",
    "dump_private",
    "half_hash",
    "load_private",
    "public_jwk",
    "read_unverified",
    "sign",
    "unb64url",
    "verify",
    "verifying_key",
]

LONGEST_TOKEN = 16 * 1024
_KEY_IN_HEADER = ("jwk", "jku", "x5u", "x5c")
_ES256 = ECDSA(SHA256())
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


class BadToken(Exception):
    """`reason` is for the log; a client hears only that the token is bad."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Malformed(BadToken):
    """Not three base64url parts with two JSON objects."""


class UnknownKey(BadToken):
    """No key of ours has this `kid`."""


def sign(key: SigningKey, claims: Mapping[str, object], typ: str) -> str:
    """RFC 7515 §5.1, compact serialization; ES256 as r and s side by side (RFC 7518 §3.4)."""
    header = key.headers.get(typ)
    if header is None:
        header = b64url(_encode({"alg": key.alg, "kid": key.kid, "typ": typ})).encode("ascii") + b"."
        key.headers[typ] = header
    signed = header + b64url(_encode(claims)).encode("ascii")
    if isinstance(key.private, EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.private.sign(signed, _ES256))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    else:
        signature = key.private.sign(signed, PKCS1v15(), SHA256())
    return f"{signed.decode('ascii')}.{b64url(signature)}"


def read_unverified(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Header and claims, nothing proven: for display and for finding out whose token it might be. Raises Malformed."""
    header, claims, _ = _parts(token)
    return _read_object(header), _read_object(claims)


def verify(token: str, keys: Mapping[str, VerifyingKey], *, typ: frozenset[str]) -> dict[str, object]:
    """RFC 7515 §5.2 and RFC 8725 §3: the claims, once the signature holds; times and audience are checked in claims.py.
    `typ` in lower case without `application/`; the empty one stands for none. Raises BadToken."""
    header_part, claims_part, signature_part = _parts(token)
    header = _read_object(header_part)
    kid = header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise UnknownKey("unknown kid")
    if header.get("alg") != key.alg:
        raise BadToken("alg is not the key's")
    if "crit" in header:
        raise BadToken("crit in the header")
    if any(name in header for name in _KEY_IN_HEADER):
        raise BadToken("a key in the header")
    given = header.get("typ", "")
    if not isinstance(given, str) or given.lower().removeprefix("application/") not in typ:
        raise BadToken("another typ")
    if not _signature_holds(key, f"{header_part}.{claims_part}".encode("ascii"), _unb64url(signature_part)):
        raise BadToken("bad signature")
    return _read_object(claims_part)


def half_hash(value: str) -> str:
    """at_hash and c_hash for an ID token signed with SHA-256 (OpenID Connect Core §3.1.3.6 and §3.3.2.11)."""
    return b64url(sha256(value.encode("ascii")).digest()[:16])


def _signature_holds(key: VerifyingKey, signed: bytes, signature: bytes) -> bool:
    try:
        if isinstance(key.public, EllipticCurvePublicKey):
            if len(signature) != 64:
                return False
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            key.public.verify(encode_dss_signature(r, s), signed, _ES256)
        else:
            key.public.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _parts(token: str) -> tuple[str, str, str]:
    if len(token) > LONGEST_TOKEN:
        raise Malformed("longer than 16 KiB")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise Malformed("not three parts")
    return parts[0], parts[1], parts[2]


def _unb64url(part: str) -> bytes:
    try:
        return unb64url(part)
    except ValueError as error:
        raise Malformed("not base64url") from error


def _read_object(part: str) -> dict[str, object]:
    try:
        return _decode(_unb64url(part))
    except (ValueError, RecursionError) as error:
        raise Malformed("not a JSON object") from error
