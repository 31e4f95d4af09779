"""Judges the ID token of a customer's provider (https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)."""

from collections.abc import Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from hoistway.protocol.claims import audiences_of
from hoistway.protocol.jwt import KEYS_IN_HEADERS, BadToken, PublicKey, UnknownKey, half_hash, read_unverified, unb64url
from hoistway.protocol.provider_metadata import SIGNED_BY
from hoistway.protocol.text import is_plain

SKEW: Final = 60
"""Seconds by which the clocks may differ."""
OLDEST: Final = 600
"""Seconds since an ID token was made that we have just asked for."""
LONGEST_SUBJECT: Final = 255
MOST_KEYS: Final = 100
_RSA_BITS: Final = range(2048, 8193)
_PSS = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)


class ProviderKey(Struct, frozen=True):
    kid: str | None
    algs: frozenset[str]
    public: PublicKey


class AskedFor(Struct, frozen=True):
    """What we asked, and of whom. `max_age` is in seconds, or None where we did not ask for one."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None
    max_age: int | None
    at: int


def read_provider_keys(said: Mapping[str, Any]) -> tuple[ProviderKey, ...]:
    """The keys of a JWK Set that may sign ID tokens (RFC 7517 section 5: others are ignored). Empty where there are
    none."""
    keys = said.get("keys")
    found = (_read_key(jwk) for jwk in keys[:MOST_KEYS] if isinstance(jwk, dict)) if isinstance(keys, list) else ()
    return tuple(key for key in found if key is not None)


def _read_key(jwk: Mapping[str, Any]) -> ProviderKey | None:
    kid, alg = jwk.get("kid"), jwk.get("alg")
    if jwk.get("use", "sig") != "sig" or not isinstance(kid, str | None):
        return None
    try:
        public: PublicKey
        if jwk.get("kty") == "RSA":
            public = rsa.RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")).public_key()
            algs = frozenset({"RS256", "PS256"})
            if public.key_size not in _RSA_BITS:
                return None
        elif jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
            public = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), ec.SECP256R1()).public_key()
            algs = frozenset({"ES256"})
        else:
            return None
    except (BadToken, ValueError):
        return None
    return ProviderKey(kid, algs if alg is None else algs & {alg} if isinstance(alg, str) else frozenset(), public)


def _number(jwk: Mapping[str, Any], name: str) -> int:
    value = jwk.get(name)
    if not isinstance(value, str) or len(value) > 2048:
        raise ValueError(name)
    return int.from_bytes(unb64url(value), "big")


def read_id_token(
    token: str, keys: Iterable[ProviderKey], kinds: frozenset[str] = frozenset({"jwt"})
) -> dict[str, Any]:
    """Its claims, once the signature holds; `kinds` are the types that it may have. Raises BadToken; UnknownKey where the
    set has no key of that name, which may be a new one."""
    header, claims = read_unverified(token)
    if any(name in header for name in KEYS_IN_HEADERS):
        raise BadToken("the header brings its own key or a critical extension")
    alg, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(alg, str) or alg not in SIGNED_BY:
        raise BadToken(f"it is not signed with one of {', '.join(sorted(SIGNED_BY))}")
    if not isinstance(kind, str) or kind.lower() not in kinds:
        raise BadToken("this is another kind of token")
    named = [key for key in keys if kid is None or key.kid == kid]
    if not named:
        raise UnknownKey("signed with a key that is not in the provider's set")
    fitting = [key for key in named if alg in key.algs]
    if len(fitting) != 1:
        # Without a name, one key alone may be meant (OpenID Connect Core section 10.1).
        raise BadToken("its key is not named clearly, or is of another kind")
    signed, _, signature = token.rpartition(".")
    if not _holds(fitting[0].public, alg, unb64url(signature), signed.encode("ascii", "replace")):
        raise BadToken("the signature does not match")
    return claims


def _holds(public: PublicKey, alg: str, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, data, _PSS if alg == "PS256" else padding.PKCS1v15(), SHA256())
            return True
        if len(signature) != 64:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        public.verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def check_provider_token(claims: Mapping[str, Any], expected: AskedFor) -> str:
    """Returns the subject. Raises BadToken."""
    if claims.get("iss") != expected.issuer:
        raise BadToken("issued by another provider")
    check_audience(claims, expected.client_id)
    check_clocks(claims, expected.at)
    if expected.max_age is not None and _moment(claims, "auth_time") < expected.at - expected.max_age - SKEW:
        raise BadToken("the person signed in there too long ago (auth_time)")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise BadToken("it answers another request (nonce)")
    at_hash = claims.get("at_hash")
    if at_hash is not None and (expected.access_token is None or at_hash != half_hash(expected.access_token)):
        raise BadToken("it belongs to another access token (at_hash)")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not is_subject(subject):
        raise BadToken("it names nobody (sub)")
    return subject


def is_subject(text: str) -> bool:
    """OpenID Connect Core section 2, `sub`: ASCII, and not longer than that."""
    return 0 < len(text) <= LONGEST_SUBJECT and text.isascii() and is_plain(text)


def check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """Raises BadToken."""
    audiences, party = audiences_of(claims), claims.get("azp")
    if client_id not in audiences:
        raise BadToken("meant for another application (aud)")
    if (party is not None or len(audiences) > 1) and party != client_id:
        raise BadToken("given to another application (azp)")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # JSON knows no whole numbers; True is one to Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(f"{name} is not a time")
    return value


def check_clocks(claims: Mapping[str, Any], now: int) -> None:
    """Of a token that was made just now. Raises BadToken."""
    if _moment(claims, "exp") <= now - SKEW:
        raise BadToken("expired: compare the clocks")
    if "nbf" in claims and _moment(claims, "nbf") > now + SKEW:
        raise BadToken("not valid yet: compare the clocks")
    if not now - OLDEST <= _moment(claims, "iat") <= now + SKEW:
        raise BadToken("made at another time than now (iat): compare the clocks")


def texts_of(claims: Mapping[str, Any], name: str) -> Sequence[str]:
    """The values of a claim that is a text or a list of texts, as `groups` and `roles` are; empty for anything else."""
    value = claims.get(name)
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [one for one in values if isinstance(one, str)]
