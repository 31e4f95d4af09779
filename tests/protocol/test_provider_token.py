"""ID tokens of other providers: what OpenID Connect Core section 3.1.3.7 demands, one thing wrong at a time."""

from collections.abc import Mapping
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hoistway.protocol.jwt import BadToken, UnknownKey, b64url, half_hash
from hoistway.protocol.provider_metadata import BadMetadata, check_issuer_of, discovery_of, read_metadata
from hoistway.protocol.provider_token import AskedFor, check_provider_token, read_id_token, read_provider_keys

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
NOW = 1_800_000_000
ASKED = AskedFor("https://login.acme.example", "hoistway", "n-1", "an-access-token", None, NOW)
CLAIMS: Mapping[str, Any] = {
    "iss": ASKED.issuer, "aud": "hoistway", "sub": "s-1", "nonce": "n-1", "iat": NOW - 2, "exp": NOW + 300,
    "at_hash": half_hash("an-access-token"),
}  # fmt: skip


def number(value: int) -> str:
    return b64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def rsa_jwk(key: rsa.RSAPrivateKey = RSA, **more: object) -> dict[str, object]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), "kid": "k-1", **more}


def ec_jwk(**more: object) -> dict[str, object]:
    point = EC.public_key().public_numbers()
    x, y = (b64url(value.to_bytes(32, "big")) for value in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "k-2", **more}


def keys(*jwks: object) -> Any:
    return read_provider_keys({"keys": list(jwks)})


def signed(key: Any = RSA, alg: str = "RS256", **headers: Any) -> str:
    made: str = pyjwt.encode(
        dict(CLAIMS), key, alg, headers={name: value for name, value in {"kid": "k-1", **headers}.items() if value}
    )
    return made


@pytest.mark.parametrize(
    ("token", "jwks"),
    [
        (signed(), [rsa_jwk()]),
        (signed(), [rsa_jwk(alg="RS256", use="sig"), ec_jwk()]),
        (signed(alg="PS256"), [rsa_jwk()]),
        (signed(EC, "ES256", kid="k-2"), [rsa_jwk(), ec_jwk(alg="ES256")]),
        (signed(typ="jwt"), [rsa_jwk()]),
        (signed(kid=None), [rsa_jwk(), ec_jwk()]),
        (signed(x5t="abc"), [{"kty": "OKP"}, "odd", 7, rsa_jwk()]),
    ],
)
def test_what_is_accepted(token: str, jwks: list[object]) -> None:
    claims = read_id_token(token, keys(*jwks))
    assert check_provider_token(claims, ASKED) == "s-1"


@pytest.mark.parametrize(
    ("token", "jwks"),
    [
        (signed(OTHER), [rsa_jwk()]),
        (signed()[:-4] + "AAAA", [rsa_jwk()]),
        (signed(), [rsa_jwk(alg="PS256")]),
        (signed(alg="PS256"), [rsa_jwk(alg="RS256")]),
        (signed(), [rsa_jwk(alg="RS256", kid=None), rsa_jwk(OTHER), rsa_jwk(OTHER)]),
        (signed(kid=None), [rsa_jwk(), rsa_jwk(OTHER, kid="k-3")]),
        (signed(typ="at+jwt"), [rsa_jwk()]),
        (signed(typ="logout+jwt"), [rsa_jwk()]),
        (signed(jwk=rsa_jwk(OTHER)), [rsa_jwk()]),
        (signed(jku="https://evil.example/keys"), [rsa_jwk()]),
        (signed(x5c=["abc"]), [rsa_jwk()]),
        (signed(crit=["b64"]), [rsa_jwk()]),
        (signed("x" * 64, "HS256"), [rsa_jwk(), {"kty": "oct", "k": "eHh4", "kid": "k-1"}]),
        (signed("x" * 64, "HS256"), [rsa_jwk(alg="HS256")]),
        (pyjwt.encode(dict(CLAIMS), "", "none", headers={"kid": "k-1"}), [rsa_jwk()]),
        (signed(RSA, "RS512"), [rsa_jwk()]),
        (signed(EC, "ES256"), [rsa_jwk(), ec_jwk()]),
        ("a.b", [rsa_jwk()]),
        ("", [rsa_jwk()]),
        ("e30.e30.", [rsa_jwk()]),
        ("eyJhbGciOltdfQ.e30.", [rsa_jwk()]),
    ],
)
def test_a_signature_that_does_not_count(token: str, jwks: list[object]) -> None:
    with pytest.raises(BadToken):
        read_id_token(token, keys(*jwks))


def test_an_unknown_key_is_told_apart_so_that_the_set_is_read_again() -> None:
    for jwks in ([], [rsa_jwk(kid="k-9")], [rsa_jwk(use="enc")], [ec_jwk()]):
        with pytest.raises(UnknownKey):
            read_id_token(signed(), keys(*jwks))


def test_keys_that_are_none_are_left_out() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    odd: list[object] = [
        rsa_jwk(weak), rsa_jwk(use="enc"), rsa_jwk(n=""), rsa_jwk(n="!"), rsa_jwk(e=number(4)), rsa_jwk(n="A" * 5000), rsa_jwk(kid=7),
        ec_jwk(crv="P-384"), ec_jwk(x="AA"), {"kty": "RSA"}, {}, None, [], {"kty": ["RSA"]},
    ]  # fmt: skip
    assert keys(*odd) == ()
    assert read_provider_keys({}) == read_provider_keys({"keys": "k"}) == ()


WRONG: tuple[dict[str, Any], ...] = (
    {"iss": "https://login.acme.example/"}, {"iss": None}, {"iss": ["https://login.acme.example"]},
    {"aud": "another"}, {"aud": []}, {"aud": None}, {"aud": ["another"]}, {"aud": ["hoistway", "another"]},
    {"aud": ["hoistway", "another"], "azp": "another"}, {"azp": "another"}, {"azp": ["hoistway"]},
    {"exp": NOW - 60}, {"exp": None}, {"exp": str(NOW + 300)}, {"exp": True}, {"iat": None}, {"iat": NOW - 601}, {"iat": NOW + 61},
    {"nbf": NOW + 61}, {"nbf": "now"}, {"nonce": "n-2"}, {"nonce": None}, {"nonce": ["n-1"]}, {"nonce": ""},
    {"at_hash": half_hash("another")}, {"at_hash": 7}, {"at_hash": ""},
    {"sub": ""}, {"sub": None}, {"sub": 7}, {"sub": "a" * 256}, {"sub": "é"},
)  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_claim_that_is_wrong(wrong: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**CLAIMS, **wrong}.items() if value is not None}
    with pytest.raises(BadToken):
        check_provider_token(claims, ASKED)


@pytest.mark.parametrize(
    "right",
    [{"exp": NOW - 59}, {"iat": NOW + 60}, {"iat": NOW - 600}, {"exp": NOW + 0.5}, {"nbf": NOW + 60}, {"at_hash": None}, {"azp": "hoistway"},
     {"aud": ["hoistway"]}, {"aud": ["another", "hoistway"], "azp": "hoistway"}],
    ids=str,
)  # fmt: skip
def test_a_claim_that_is_right(right: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**CLAIMS, **right}.items() if value is not None}
    assert check_provider_token(claims, ASKED) == "s-1"


def test_an_old_sign_in_there_is_refused_where_a_new_one_was_asked_for() -> None:
    asked = AskedFor(ASKED.issuer, ASKED.client_id, ASKED.nonce, "an-access-token", 0, NOW)
    assert check_provider_token({**CLAIMS, "auth_time": NOW - 5}, asked) == "s-1"
    for claims in (CLAIMS, {**CLAIMS, "auth_time": NOW - 61}, {**CLAIMS, "auth_time": "now"}):
        with pytest.raises(BadToken):
            check_provider_token(claims, asked)


SAID = {
    "issuer": "https://login.acme.example", "authorization_endpoint": "https://a", "token_endpoint": "https://b", "jwks_uri": "https://c",
    "response_types_supported": ["code", "id_token"], "id_token_signing_alg_values_supported": ["RS256"],
}  # fmt: skip


def test_a_description_is_read() -> None:
    found = read_metadata({**SAID, "authorization_response_iss_parameter_supported": True})
    assert found.says_issuer
    assert found.auth_methods == {"client_secret_basic"}
    check_issuer_of(found, "https://login.acme.example")
    assert discovery_of("https://a.example/t/") == discovery_of("https://a.example/t")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"issuer": None}, "lacks issuer"), ({"token_endpoint": 7}, "lacks token_endpoint"), ({"jwks_uri": ""}, "lacks jwks_uri"),
     ({"response_types_supported": ["id_token"]}, "authorization code flow"),
     ({"id_token_signing_alg_values_supported": ["HS256"]}, "signs ID tokens")],
)  # fmt: skip
def test_a_description_that_lacks_something_says_what(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(BadMetadata, match=words):
        read_metadata({**SAID, **wrong})


def test_little_is_kept_of_a_long_description() -> None:
    """Descriptions of many providers are kept, each for a while."""
    words = ["x" * 101, *(f"w{number}" for number in range(5_000))]
    lists = (
        "response_types_supported",
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported",
    )
    long = {name: ["code", "RS256", *words] for name in lists} | {"code_challenge_methods_supported": words}
    found = read_metadata({**SAID, **long, "jwks_uri": "https://c/" + "k" * 2_038})
    assert len(found.jwks_uri) == 2_048
    for kept in (found.algorithms, found.auth_methods, found.challenges):
        assert len(kept) == 100
        assert "x" * 101 not in kept
    assert "RS256" in found.algorithms


@pytest.mark.parametrize(
    "name",
    ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"],
)
def test_an_address_of_a_description_has_a_bound(name: str) -> None:
    with pytest.raises(BadMetadata, match=f"its {name} is longer than 2048 characters"):
        read_metadata({**SAID, name: "https://a/" + "k" * 2_039})


@pytest.mark.parametrize("other", ["https://login.acme.example/", "https://LOGIN.acme.example", "https://evil.example"])
def test_another_issuer_is_another_provider(other: str) -> None:
    with pytest.raises(BadMetadata, match="it calls itself"):
        check_issuer_of(read_metadata({**SAID, "issuer": other}), "https://login.acme.example")
    with pytest.raises(BadMetadata, match="many tenants"):
        check_issuer_of(read_metadata({**SAID, "issuer": "https://m/{tenantid}/v2.0"}), "https://m/common/v2.0")
