"""Keys that sign and verify tokens, and how the public ones are published.

https://www.rfc-editor.org/rfc/rfc7517
"""

from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from hoistway.protocol.b64 import b64url
from hoistway.protocol.ids import KeyId

Algorithm = Literal["ES256", "RS256"]
LEAST_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`headers` keeps the encoded header by `typ`: it is the same for every token of a key."""

    kid: KeyId
    alg: Algorithm
    private: EllipticCurvePrivateKey | RSAPrivateKey = field(repr=False)
    headers: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    kid: KeyId
    alg: Algorithm
    public: EllipticCurvePublicKey | RSAPublicKey


def load_private(alg: Algorithm, kid: KeyId, data: bytes) -> SigningKey:
    """PEM or DER, PKCS #8 without a password. Raises ValueError where the key does not fit (RFC 7518 §3.3, §3.4)."""
    load = load_pem_private_key if data.lstrip().startswith(b"-----") else load_der_private_key
    private = load(data, password=None)
    if alg == "ES256" and isinstance(private, EllipticCurvePrivateKey) and isinstance(private.curve, SECP256R1):
        return SigningKey(kid, alg, private)
    if alg == "RS256" and isinstance(private, RSAPrivateKey) and private.key_size >= LEAST_RSA_BITS:
        return SigningKey(kid, alg, private)
    raise ValueError(f"the key does not fit {alg}: ES256 needs P-256, RS256 at least {LEAST_RSA_BITS} bits")


def dump_private(key: SigningKey) -> bytes:
    """PKCS #8 DER, unencrypted."""
    return key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def verifying_key(key: SigningKey) -> VerifyingKey:
    return VerifyingKey(key.kid, key.alg, key.private.public_key())


def public_jwk(key: SigningKey | VerifyingKey) -> dict[str, str]:
    """RFC 7517 §4 and RFC 7518 §6. `use` without `key_ops`: some programs refuse a key that has both."""
    public = key.private.public_key() if isinstance(key, SigningKey) else key.public
    common = {"kid": str(key.kid), "alg": key.alg, "use": "sig"}
    if isinstance(public, EllipticCurvePublicKey):
        point = public.public_numbers()
        return {"kty": "EC", **common, "crv": "P-256", "x": _integer(point.x, 32), "y": _integer(point.y, 32)}
    numbers = public.public_numbers()
    return {"kty": "RSA", **common, "n": _integer(numbers.n), "e": _integer(numbers.e)}


def _integer(value: int, size: int = 0) -> str:
    return b64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))
