"""PyJWT with the keys that the server publishes: what an API and an application do with the tokens."""

import base64
import hashlib

import httpx2
import jwt
import pytest

from tests.flows.browser import Person
from tests.server import Served
from tests.world import API_URI


def keys(served: Served) -> jwt.PyJWKClient:
    discovery = httpx2.get(f"{served.url}/.well-known/openid-configuration")
    return jwt.PyJWKClient(discovery.json()["jwks_uri"])


def test_an_access_token_for_the_api(served: Served) -> None:
    token = Person(served).tokens("spa", "ann")["access_token"]
    key = keys(served).get_signing_key_from_jwt(token)
    required = {"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]}
    claims = jwt.decode(token, key, ["ES256"], issuer=served.url, audience=API_URI, options=required)  # type: ignore[arg-type]
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    assert claims["sub"] == "u-ann"
    assert claims["client_id"] == "spa"
    assert claims["customer"] == "c-a"


def test_an_id_token_for_the_application(served: Served) -> None:
    tokens = Person(served).tokens("spa", "ann")
    key = keys(served).get_signing_key_from_jwt(tokens["id_token"])
    decoded = jwt.decode_complete(tokens["id_token"], key, ["RS256"], issuer=served.url, audience="spa")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert decoded["payload"]["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert decoded["payload"]["nonce"] == "nn"


def test_one_is_no_substitute_for_the_other(served: Served) -> None:
    tokens = Person(served).tokens("spa", "ann")
    found = keys(served)
    with pytest.raises(jwt.InvalidAlgorithmError):
        jwt.decode(tokens["id_token"], found.get_signing_key_from_jwt(tokens["id_token"]), ["ES256"], audience="spa")
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(
            tokens["access_token"], found.get_signing_key_from_jwt(tokens["access_token"]), ["ES256"], audience="spa"
        )
