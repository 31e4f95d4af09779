"""Tokens: rows 19 to 22 of the attacks, RFC 7515, RFC 8725, OpenID Connect Core §3.1.3.6."""

import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from hoistway.protocol.ids import KeyId
from hoistway.protocol.jwt import (
    BadToken,
    SigningKey,
    UnknownKey,
    VerifyingKey,
    _signature_holds,
    b64url,
    dump_private,
    half_hash,
    load_private,
    public_jwk,
    read_unverified,
    sign,
    unb64url,
    verify,
)

EC = SigningKey(KeyId("ec"), "ES256", ec.generate_private_key(ec.SECP256R1()))
RSA = SigningKey(KeyId("rsa"), "RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048))
KEYS = {str(key.kid): VerifyingKey(key.kid, key.alg, key.private.public_key()) for key in (EC, RSA)}
TYP = frozenset({"at+jwt"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


def _forged(header: dict[str, Any], key: SigningKey = EC) -> str:
    """A token whose signature holds under `key`, with any header."""
    scratch = SigningKey(key.kid, key.alg, key.private)
    scratch.headers["x"] = b64url(json.dumps(header).encode()).encode() + b"."
    return sign(scratch, {"sub": "a"}, "x")


def _header(**more: Any) -> dict[str, Any]:
    return {"alg": "ES256", "kid": "ec", "typ": "at+jwt"} | more


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES256", "RS256"])
@given(claims=st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_signed_is_read_back(key: SigningKey, claims: dict[str, Any]) -> None:
    token = sign(key, claims, "at+jwt")
    assert verify(token, KEYS, typ=TYP) == claims
    assert read_unverified(token) == ({"alg": key.alg, "kid": key.kid, "typ": "at+jwt"}, claims)


def test_rfc_7515_appendix_a_3_verifies() -> None:
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(unb64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), "big"),
        int.from_bytes(unb64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), "big"),
        ec.SECP256R1(),
    )
    token = (
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    header, claims = read_unverified(token)
    assert header == {"alg": "ES256"}
    assert claims["iss"] == "joe"
    key = VerifyingKey(KeyId("a"), "ES256", numbers.public_key())
    signed, _, signature = token.rpartition(".")
    assert _signature_holds(key, unb64url(signature), signed.encode())
    assert not _signature_holds(key, unb64url(signature), signed.encode() + b"A")
    jwk = public_jwk(key)
    assert (jwk["x"], jwk["y"]) == (
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    )
    # It names no key, and a token that names none is refused however good its signature.
    with pytest.raises(UnknownKey):
        verify(token, {"a": key}, typ=TYP)


def test_typ_is_compared_without_case_and_prefix() -> None:
    for typ in ("at+jwt", "AT+JWT", "application/at+jwt"):
        verify(_forged(_header(typ=typ)), KEYS, typ=TYP)


@pytest.mark.parametrize(
    "header",
    [
        _header(alg="none"),
        _header(alg="None"),
        _header(alg="HS256"),
        _header(alg="RS256"),
        _header(alg=None),
        _header(typ="JWT"),
        _header(typ=None),
        _header(typ=["at+jwt"]),
        _header(jwk=public_jwk(KEYS["ec"])),
        _header(jku="https://evil.example/keys"),
        _header(x5u="https://evil.example/cert"),
        _header(x5c=["MII"]),
        _header(crit=["b64"], b64=False),
        _header(crit=[]),
        _header(kid="rsa"),
        {"alg": "ES256", "kid": "ec"},
    ],
    ids=range(16),
)
def test_headers_refused_although_the_signature_holds(header: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        verify(_forged(header), KEYS, typ=TYP)


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1 --", "", None, 1, ["ec"], {"ec": 1}])
def test_unknown_kid(kid: object) -> None:
    with pytest.raises(UnknownKey):
        verify(_forged(_header(kid=kid)), KEYS, typ=TYP)


def test_alg_none_without_signature() -> None:
    head, claims, _ = _forged(_header(alg="none")).split(".")
    with pytest.raises(BadToken):
        verify(f"{head}.{claims}.", KEYS, typ=TYP)


def test_public_key_as_hmac_secret() -> None:
    public = RSA.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for alg in ("HS256", "RS256"):
        signed = ".".join(b64url(json.dumps(part).encode()) for part in (_header(alg=alg, kid="rsa"), {"sub": "a"}))
        with pytest.raises(BadToken):
            verify(f"{signed}.{b64url(hmac.digest(public, signed.encode(), 'sha256'))}", KEYS, typ=TYP)


def test_another_signature() -> None:
    signed, _, signature = sign(EC, {"sub": "a"}, "at+jwt").rpartition(".")
    other = sign(EC, {"sub": "b"}, "at+jwt").rpartition(".")[2]
    for bad in (other, "", b64url(bytes(64)), b64url(unb64url(signature)[:-1]), signature + "AA"):
        with pytest.raises(BadToken):
            verify(f"{signed}.{bad}", KEYS, typ=TYP)


def test_a_token_has_one_spelling() -> None:
    token = sign(EC, {"sub": "a"}, "at+jwt")
    last = token[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 64 bytes leave four unused bits in the last character.
    twin = token[:-1] + alphabet[alphabet.index(last) | 1]
    assert twin != token
    with pytest.raises(BadToken):
        verify(twin, KEYS, typ=TYP)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d",
        "é.b.c",
        "W10.W10.",
        "bnVsbA.e30.",
        "e30.W10.",
        "e30=.e30.",
        " e30.e30.",
        "e30\n.e30.",
        "_w.e30.",
        b64url(b'{"a":"\xff"}') + ".e30.",
        b64url(b"[" * 8000) + ".e30.",
        b64url(b'{"a":' + b"[" * 8000) + ".e30.",
        "e30." + "A" * 16384 + ".",
    ],
    ids=lambda token: token[:20],
)
def test_malformed(token: str) -> None:
    with pytest.raises(BadToken):
        read_unverified(token)
    with pytest.raises(BadToken):
        verify(token, KEYS, typ=TYP)


@given(st.binary(max_size=200))
def test_base64url_round_trip(data: bytes) -> None:
    assert unb64url(b64url(data)) == data
    assert b64url(data).encode() == urlsafe_b64encode(data).rstrip(b"=")


@pytest.mark.parametrize("text", ["YQ==", "YQ\n", " YQ", "Y", "a+b/", "YR", "é"])
def test_base64url_is_strict(text: str) -> None:
    with pytest.raises(BadToken):
        unb64url(text)


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES256", "RS256"])
def test_keys_are_kept_and_published(key: SigningKey) -> None:
    assert dump_private(load_private(dump_private(key.private))) == dump_private(key.private)
    jwk = public_jwk(KEYS[str(key.kid)])
    assert (jwk["kid"], jwk["alg"], jwk["use"]) == (key.kid, key.alg, "sig")
    assert "key_ops" not in jwk
    assert not {"d", "p", "q"} & set(jwk)


def test_half_hash() -> None:
    # OpenID Connect Core appendix A.4 (c_hash) and A.3 (at_hash).
    assert half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk") == "LDktKdoQak3Pk0cnXxCltA"
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
