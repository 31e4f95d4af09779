"""Forged and misplaced tokens: the key decides the algorithm, the type decides the use."""

import hashlib
import hmac
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.attacks.asking import (
    CHALLENGE,
    assert_refused_token,
    bearer,
    daemon_token,
    part,
    parts_of,
    password,
    post,
    refusal,
)
from tests.flows.browser import Person, answer_of
from tests.server import Served
from tests.world import API_URI, SECRET

EVIL = ec.generate_private_key(ec.SECP256R1())


def keys(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx2.get(f"{served.url}/oauth2/jwks", verify=False).json()["keys"]
    return found


def resigned(served: Served, header: dict[str, object], claims: dict[str, object] | None = None) -> str:
    """A good token with another header, signed by the attacker's own key of the same kind."""
    old, good = parts_of(daemon_token(served))
    changed = {**old, **header}
    signing_input = f"{part(changed)}.{part({**good, **(claims or {})})}"
    algorithm: Any = jwt.get_algorithm_by_name("ES256")
    signature = algorithm.sign(signing_input.encode(), EVIL)
    return f"{signing_input}.{part(signature)}"


def everywhere(served: Served, token: str) -> None:
    """Nothing that takes an access token takes this one."""
    for path in ("/api/v1/units", "/api/v1/me", "/oauth2/userinfo"):
        assert_refused_token(bearer(served, token, path))
    form = {"client_id": "daemon", "client_secret": SECRET, "token": token}
    assert post(served, "/oauth2/introspect", **form).json() == {"active": False}


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None])
def test_no_bearer_token_without_a_signature(served: Served, alg: str | None) -> None:
    """Row 19: with an empty signature and with the one of the good token."""
    token = daemon_token(served)
    header, claims = parts_of(token)
    body = f"{part({**header, 'alg': alg})}.{part(claims)}"
    everywhere(served, f"{body}.")
    everywhere(served, f"{body}.{token.split('.')[2]}")
    everywhere(served, f"{part({'alg': alg, 'typ': 'at+jwt'})}.{part(claims)}.")


def test_no_client_assertion_without_a_signature(served: Served) -> None:
    """Row 19: a client that has a secret is not proven by an assertion."""
    claims = {"iss": "daemon", "sub": "daemon", "aud": served.url, "exp": 4_000_000_000, "jti": "x"}
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {"client_assertion_type": kind, "client_assertion": f"{part({'alg': 'none'})}.{part(claims)}."}
    assert refusal(post(served, grant_type="client_credentials", client_id="daemon", **form)) == (401, "invalid_client")
    assert post(served, grant_type="client_credentials", **form).status_code in {400, 401}


def test_no_hint_without_a_signature(served: Served) -> None:
    """Row 19: a forged id_token_hint signs nobody out."""
    person = Person(served)
    tokens = person.tokens("spa", "ann")
    header, claims = parts_of(tokens["id_token"])
    for hint in (f"{part({**header, 'alg': 'none'})}.{part(claims)}.", tokens["access_token"]):
        reply = person.get("/oauth2/logout", id_token_hint=hint)
        assert reply.status_code == 200
        assert "set-cookie" not in reply.headers
    still = person.authorize("spa", scope="openid", prompt="none", **CHALLENGE)
    assert "code" in answer_of(still.headers["location"])


def as_secret(public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, form: str, jwk: dict[str, Any]) -> bytes:
    """The published key as the bytes that a confused server might take for a shared secret."""
    if form in {"jwk", "empty"}:
        return str(jwk.get("n") or jwk.get("x")).encode() if form == "jwk" else b""
    encoding = Encoding.DER if form == "der" else Encoding.PEM
    kind = PublicFormat.PKCS1 if form == "pkcs1" else PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(encoding, kind)


@pytest.mark.parametrize("form", ["pem", "pkcs1", "der", "jwk", "empty"])
def test_a_public_key_is_no_shared_secret(served: Served, form: str) -> None:
    """Row 20."""
    _, claims = parts_of(daemon_token(served))
    for jwk in keys(served):
        public = jwt.PyJWK(jwk).key
        assert isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        if form == "pkcs1" and not isinstance(public, rsa.RSAPublicKey):
            continue
        secret = as_secret(public, form, jwk)
        for alg, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
            signing_input = f"{part({'alg': alg, 'kid': jwk['kid'], 'typ': 'at+jwt'})}.{part(claims)}"
            signature = hmac.new(secret, signing_input.encode(), digest).digest()
            everywhere(served, f"{signing_input}.{part(signature)}")


def test_the_algorithm_is_not_the_headers_choice(served: Served) -> None:
    """Row 20: ES256 and RS256 keys exchanged."""
    _, claims = parts_of(daemon_token(served))
    for jwk in keys(served):
        other = "RS256" if jwk["alg"] == "ES256" else "ES256"
        key: Any = EVIL if other == "ES256" else rsa.generate_private_key(65537, 2048)
        headers = {"kid": jwk["kid"], "typ": "at+jwt"}
        everywhere(served, jwt.encode(claims, key, other, headers=headers))


def own_jwk() -> dict[str, object]:
    algorithm: Any = jwt.get_algorithm_by_name("ES256")
    return {**algorithm.to_jwk(EVIL.public_key(), as_dict=True), "kid": "evil"}


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_no_key_from_the_header(served: Served, name: str) -> None:
    """Row 21: with our kid and with the attacker's."""
    url = "http://127.0.0.1:9/jwks"
    value: object = {"jwk": own_jwk(), "jku": url, "x5u": url, "x5c": [part(b"evil")]}[name]
    everywhere(served, resigned(served, {name: value}))
    everywhere(served, resigned(served, {name: value, "kid": "evil"}))


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/dev/null",
        "' OR '1'='1",
        "x' UNION SELECT 'evil' --",
        "",
        "\x00",
        "evil" * 1000,
        None,
        0,
        [],
        {"evil": 1},
        "http://127.0.0.1:9/",
    ],
)
def test_no_key_by_a_strange_name(served: Served, kid: object) -> None:
    """Row 21: a kid is looked up among our keys and nowhere else."""
    everywhere(served, resigned(served, {"kid": kid}))
    _, claims = parts_of(daemon_token(served))
    signing_input = f"{part({'alg': 'HS256', 'kid': kid, 'typ': 'at+jwt'})}.{part(claims)}"
    everywhere(served, f"{signing_input}.{part(hmac.new(b'', signing_input.encode(), hashlib.sha256).digest())}")


@pytest.mark.parametrize("crit", [["evil"], ["exp"], [], ["b64"], "evil", None])
def test_no_critical_extension(served: Served, crit: object) -> None:
    """Row 22."""
    everywhere(served, resigned(served, {"crit": crit}))
    everywhere(served, resigned(served, {"crit": crit, "evil": True, "b64": False}))


@pytest.mark.parametrize("change", [{"customer": "c-b"}, {"sub": "sa-b"}, {"exp": 4_000_000_000}, {"scope": "evil"}])
def test_no_changed_claim(served: Served, change: dict[str, object]) -> None:
    """Row 19: the good signature over other claims, and the attacker's signature over them."""
    token = daemon_token(served)
    header, claims = parts_of(token)
    everywhere(served, f"{part(header)}.{part({**claims, **change})}.{token.split('.')[2]}")
    everywhere(served, resigned(served, {}, change))


def test_no_other_kind_of_token_at_the_api(served: Served) -> None:
    """Row 32: ID tokens and refresh tokens, of a person and of a technical account."""
    person = Person(served).tokens("spa", "ann", "openid offline_access units.read")
    account = password(served, "daemon-a", scope=f"openid offline_access {API_URI}").json()
    for tokens in (person, account):
        assert bearer(served, tokens["access_token"]).status_code == 200
        everywhere(served, tokens["id_token"])
        everywhere(served, tokens["refresh_token"])


def test_no_token_for_another_audience(served: Served) -> None:
    """Row 32: one for the userinfo endpoint, one for the client itself."""
    tokens = Person(served).tokens("spa", "ann", "openid")
    assert bearer(served, tokens["access_token"], "/oauth2/userinfo").status_code == 200
    for token in (tokens["access_token"], password(served, "daemon-a", scope="openid ropc").json()["access_token"]):
        for path in ("/api/v1/units", "/api/v1/units/US-c-a-11", "/api/v1/sites", "/api/v1/me"):
            assert_refused_token(bearer(served, token, path))
