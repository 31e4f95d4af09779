"""Every reason that a token itself holds against it."""

from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hoistway.protocol.explain import Expected, Readable, Unreadable, explain, moment, span, tidy
from hoistway.protocol.ids import KeyId
from hoistway.protocol.jwt import SigningKey, VerifyingKey, b64url, sign

NOW = 1_700_000_000
BASE, AUDIENCE = "https://id.example.com", "https://api.example.com"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
KEY = SigningKey(KeyId("k1"), "ES256", PRIVATE)
FOREIGN = SigningKey(KeyId("k1"), "ES256", ec.generate_private_key(ec.SECP256R1()))
EXPECTED = Expected({"k1": VerifyingKey(KeyId("k1"), "ES256", PRIVATE.public_key())}, BASE, AUDIENCE)
GOOD = {"iss": BASE, "aud": AUDIENCE, "nbf": NOW, "iat": NOW, "exp": NOW + 60, "scope": "openid units.read"}


def made(changes: Mapping[str, Any] | None = None, *, key: SigningKey = KEY, typ: str = "at+jwt") -> str:
    claims = {**GOOD, **(changes or {})}
    return sign(key, {name: value for name, value in claims.items() if value is not None}, typ)


def with_header(token: str, header: str) -> str:
    return ".".join((b64url(header.encode()), *token.split(".")[1:]))


def codes(token: str, expected: Expected = EXPECTED, now: int = NOW) -> list[str]:
    said = explain(token, expected, now)
    assert isinstance(said, Readable)
    return [reason.code for reason in said.reasons]


def test_a_good_token_has_no_reason_against_it() -> None:
    said = explain(made(), EXPECTED, NOW)
    assert isinstance(said, Readable)
    assert (said.signed, said.reasons, said.scopes) == (True, (), frozenset({"openid", "units.read"}))


@pytest.mark.parametrize(
    ("token", "found"),
    [
        (made(key=FOREIGN), ["signature"]),
        (made()[:-3], ["signature"]),
        (made(key=SigningKey(KeyId("k2"), "ES256", PRIVATE)), ["unknown_key"]),
        (made(key=SigningKey(KeyId("k1"), "RS256", PRIVATE)), ["algorithm"]),
        (with_header(made(), '{"alg":"none","kid":"k1","typ":"at+jwt"}'), ["algorithm"]),
        (with_header(made(), '{"alg":"ES256","kid":"k1","typ":"at+jwt","jwk":{}}'), ["own_key"]),
        (with_header(made(), '{"alg":"ES256","kid":["k1"],"typ":"at+jwt"}'), ["unknown_key"]),
        (with_header(made(), '{"alg":"ES256","kid":"k1"}'), ["kind"]),
        (made(typ="JWT"), ["id_token"]),
        (made(typ="logout+jwt"), ["kind"]),
        (made({"exp": NOW}), ["expired"]),
        (made({"nbf": NOW + 1}), ["not_yet"]),
        (made({"exp": "soon"}), ["times"]),
        (made({"exp": None}), ["times"]),
        (made({"iss": f"{BASE}.evil.example"}), ["issuer"]),
        (made({"iss": None}), ["issuer"]),
        (made({"aud": "other"}), ["audience"]),
        (made({"aud": None}), ["audience"]),
        (made({"exp": NOW - 7200, "aud": BASE}, typ="JWT"), ["id_token", "expired", "audience"]),
    ],
)
def test_each_reason_is_found(token: str, found: list[str]) -> None:
    assert codes(token) == found


def test_issuers_of_tenants_and_one_that_is_left_unjudged() -> None:
    assert codes(made({"iss": f"{BASE}/tenant/v2.0/"})) == []
    assert codes(made({"iss": "https://elsewhere"}), Expected(EXPECTED.keys, None, AUDIENCE)) == []


def test_a_disabled_api_takes_none() -> None:
    assert codes(made(), Expected(EXPECTED.keys, BASE, None)) == ["api_disabled"]


def test_only_what_a_published_key_proves_is_signed() -> None:
    for token in (made(key=FOREIGN), with_header(made(), '{"alg":"none","kid":"k1","typ":"at+jwt"}')):
        said = explain(token, EXPECTED, NOW)
        assert isinstance(said, Readable)
        assert not said.signed


def test_a_reason_names_what_a_reader_needs() -> None:
    said = explain(made({"exp": NOW - 3700}), EXPECTED, NOW)
    assert isinstance(said, Readable)
    assert said.reasons[0].names == {"at": "2023-11-14 21:11:40 UTC", "ago": "1 h 1 min"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Q2hhcmFjdGVycy1vZi1ncmFudA.12." + "x" * 43, "refresh_token"),
        ("a.b.c.d.e", "encrypted"),
        ("s3cr3t-value", "opaque"),
        ("a.b", "no_parts"),
        ("a b c", "no_parts"),
        ("eyJ.e30.x", "no_json"),
        (f"{b64url(b'[1]')}.{b64url(b'{}')}.x", "no_json"),
        ("x" * 20_000, "too_long"),
    ],
)
def test_what_is_no_token_is_told_by_its_look(text: str, code: str) -> None:
    assert explain(text, EXPECTED, NOW) == Unreadable(code)


@pytest.mark.parametrize(
    "pasted", ["a.b.c", "Bearer a.b.c", "  bearer   a.\nb.\r\nc ", '"a.b.c"', "Authorization: Bearer a.b.c"]
)
def test_what_comes_along_in_copying_does_no_harm(pasted: str) -> None:
    assert tidy(pasted) == "a.b.c"


def test_times_that_no_calendar_reaches_stay_numbers() -> None:
    assert moment(10**30) == str(10**30)
    assert codes(made({"exp": 10**18})) == []
    assert [span(seconds) for seconds in (0, 59, 3600, -90_061)] == ["0 s", "59 s", "1 h", "1 d 1 h"]
