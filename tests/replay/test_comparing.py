"""What counts as a difference, by kind of request: meaning, not letters."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from hoistway.protocol.jwt import b64url
from hoistway.replay.comparing import compare, is_ignored, kind_of_path, only_asks, shape_of
from hoistway.replay.differing import Bases, Difference
from hoistway.replay.sending import Answer
from hoistway.replay.settings import Ignore

BASES = Bases(("https://old.example",), ("https://new.example",), {"/production/api/": "/api/"})
TOKEN, API = "/t/b2c_1_ropc/oauth2/v2.0/token", "/api/v1/units"
CLAIMS: dict[str, Any] = {
    "iss": "https://old.example/6f1f/v2.0/", "aud": "api", "sub": "o-1", "oid": "o-1", "iat": 1000, "nbf": 1000, "exp": 4600,
    "scp": "read write", "name": "Somebody Else", "nonce": "a", "ver": "1.0",
}  # fmt: skip


def jwt(claims: Mapping[str, Any], **header: str) -> str:
    parts = [
        json.dumps(one).encode() for one in ({"alg": "RS256", "typ": "JWT", "kid": claims["iss"], **header}, claims)
    ]
    return ".".join([*(b64url(part) for part in parts), b64url(claims["iss"].encode() * 4)])


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": "application/json", **said}, json.dumps(body).encode())


def differences(path: str, old: Answer, new: Answer) -> list[tuple[str, str, str, str]]:
    urls = (f"https://old.example{path}", f"https://new.example{path}")
    return [(one.at, one.what, one.old, one.new) for one in compare(path, urls, old, new, BASES)]


def tokens(claims: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "access_token": jwt(claims),
        "token_type": "Bearer",
        "expires_in": "3600",
        "refresh_token": claims["iss"],
        **more,
    }


NEW: dict[str, Any] = {
    **CLAIMS,
    "iss": "https://new.example/6f1f/v2.0/",
    "iat": 2000,
    "nbf": 2000,
    "exp": 5601,
    "scp": "write read",
}


def test_times_ids_signatures_and_the_host_are_no_difference() -> None:
    assert differences(TOKEN, answer(tokens(CLAIMS)), answer(tokens(NEW))) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"sub": "o-2"}, ("access_token.sub", "value", "o-1", "o-2")),
        ({"scp": "read"}, ("access_token.scp[write]", "missing", "write", "")),
        ({"exp": 2300}, ("access_token.exp", "value", "3600 seconds", "300 seconds")),
        (
            {"iss": "https://new.example/v2.0/"},
            ("access_token.iss", "value", CLAIMS["iss"], "https://new.example/v2.0/"),
        ),
        ({"aud": ["api"]}, ("access_token.aud", "type", "api", "list of 1")),
        ({"extension_a": "x"}, ("access_token.extension_a", "added", "", "x")),
        ({"name": "Nobody"}, ("access_token.name", "value", "a text of 13 letters", "a text of 6 letters")),
    ],
)
def test_claims_by_their_meaning(changed: dict[str, Any], expected: tuple[str, ...]) -> None:
    found = differences(TOKEN, answer(tokens(CLAIMS)), answer(tokens({**NEW, **changed})))
    assert found == [expected]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"expires_in": 3600}, ("expires_in", "type", "3600", "number 3600")),
        ({"id_token": jwt(NEW)}, ("id_token", "added", "", "a token")),
        ({"access_token": "opaque"}, ("access_token", "value", "a JWT", "opaque")),
        ({"access_token": jwt(NEW, alg="ES256")}, ("access_token.alg", "value", "RS256", "ES256")),
        ({"scope": "x"}, ("scope", "added", "", "x")),
    ],
)
def test_members_of_a_token_answer(changed: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert differences(TOKEN, answer(tokens(CLAIMS)), answer({**tokens(NEW), **changed})) == [expected]


def test_a_refusal_by_its_code_and_number() -> None:
    old = answer({"error": "access_denied", "error_description": "AADB2C90225: bad\r\nCorrelation ID: 1"}, 400)
    same = answer(
        {"error": "access_denied", "error_description": "AADB2C90225: The user name\r\nCorrelation ID: 2"}, 400
    )
    other = answer({"error": "invalid_grant", "error_description": "wrong"}, 400)
    assert differences(TOKEN, old, same) == []
    assert differences(TOKEN, old, other) == [
        ("error", "value", "access_denied", "invalid_grant"),
        ("error_description", "value", "AADB2C90225", "no number"),
    ]


def test_a_refusal_on_one_side() -> None:
    found = differences(
        TOKEN, answer(tokens(CLAIMS)), answer({"error": "invalid_client"}, 401, www_authenticate="Basic x")
    )
    assert ("status", "value", "200", "401") in found
    assert ("error", "value", "none", "invalid_client") in found
    assert ("www-authenticate", "value", "", "basic") in found


def test_a_discovery_document() -> None:
    path = "/t/p/v2.0/.well-known/openid-configuration"
    old = {
        "issuer": "https://old.example/x/",
        "scopes_supported": ["openid", "a"],
        "token_endpoint": "https://old.example/t",
    }
    new = {
        "issuer": "https://new.example/x/",
        "scopes_supported": ["b", "openid"],
        "token_endpoint": "https://new.example/u",
        "c": 1,
    }
    assert differences(path, answer(old), answer(new)) == [
        ("[c]", "added", "", "c"),
        ("scopes_supported[a]", "missing", "a", ""),
        ("scopes_supported[b]", "added", "", "b"),
        ("token_endpoint", "value", "https://old.example/t", "https://new.example/u"),
    ]


def test_keys_by_kind_and_members() -> None:
    old = {"keys": [{"kty": "RSA", "use": "sig", "kid": "1", "n": "x", "x5c": ["y"]}]}
    new = {
        "keys": [{"kty": "RSA", "use": "sig", "kid": "2", "n": "z"}, {"kty": "RSA", "use": "sig", "kid": "3", "n": "w"}]
    }
    assert differences("/t/p/discovery/v2.0/keys", answer(old), answer(new)) == [("keys[][x5c]", "missing", "x5c", "")]


def page(status: int = 200, **headers: str) -> Answer:
    return Answer(status, {"content-type": "text/html", **headers}, b"<html>")


def test_where_an_authorization_request_leads() -> None:
    path = "/t/p/oauth2/v2.0/authorize"
    assert differences(path, page(), page(303, location="/sign-in?ticket=x")) == []
    back = "https://app.example/cb?error=access_denied&error_description=x&state=1"
    assert differences(path, page(302, location=back), page(303, location=back)) == [("status", "value", "302", "303")]
    other = "https://app.example/cb?error=login_required&state=1&iss=y"
    assert differences(path, page(302, location=back), page(302, location=other)) == [
        ("location.query[error_description]", "missing", "error_description", ""),
        ("location.query[iss]", "added", "", "iss"),
        ("location.query.error", "value", "access_denied", "login_required"),
    ]
    assert differences(path, page(302, location=back), page())[0] == ("status", "value", "302", "200")


def test_an_api_by_its_members() -> None:
    old = {
        "items": [
            {"id": "1", "at": "2026-01-01T00:00:00Z", "a": 1, "link": "https://old.example/production/api/v1/units/1"},
            {"id": "2"},
        ]
    }
    new = {
        "items": [
            {"id": "3"},
            {
                "id": "1",
                "at": "2026-01-01T01:00:00.5Z",
                "a": True,
                "b": 2,
                "link": "https://new.example/api/v1/units/1",
            },
        ]
    }
    assert differences(API, answer(old), answer(new)) == [
        ("items[]", "missing", "2", ""),
        ("items[]", "value", "", "3"),
        ("items[].a", "type", "number 1", "boolean true"),
        ("items[].b", "added", "", "number 2"),
    ]


def test_no_answer_is_a_difference() -> None:
    away = Answer(0, {}, b"", "no answer in time")
    assert differences(API, answer({}), away) == [("", "no answer", "answered 200", "no answer in time")]


def test_no_token_and_no_name_is_shown() -> None:
    secret = jwt(CLAIMS)
    old = {
        "token": secret,
        "link": f"https://x.example/#{secret}",
        "email": "someone@example.com",
        "access_token": "abc",
    }
    found = differences(API, answer(old), answer(dict.fromkeys(old, "other")))
    assert len(found) == len(old)
    for hidden in (secret, "someone@example.com", "abc"):
        assert hidden not in str(found)


@pytest.mark.parametrize("deep", [100, 900])
def test_a_hostile_answer_ends(deep: int) -> None:
    body = ("[" * deep + "]" * deep).encode()
    old = Answer(200, {"content-type": "application/json"}, body)
    assert differences(API, old, Answer(200, {"content-type": "application/json"}, body + b" ")) == []


def test_kinds_and_shapes() -> None:
    assert kind_of_path("/oauth2/jwks") == "keys"
    assert kind_of_path("/oauth2/introspect") == "introspection"
    assert (
        shape_of("/contoso1.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token")
        == "/contoso1.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token"
    )
    assert shape_of("/api/v1/units/US-1377515/state") == "/api/v1/units/{}/state"
    assert only_asks("POST", TOKEN)
    assert not only_asks("DELETE", API)
    assert not only_asks("POST", "/oauth2/revoke")


def test_what_the_owner_ignores() -> None:
    one = Difference("items[].a", "value", "1", "2")
    assert is_ignored(one, "api", API, [Ignore("items[].a")])
    assert is_ignored(one, "api", API, [Ignore("items*", kind="api", path="/api/*")])
    assert not is_ignored(
        one, "api", API, [Ignore("itemsx.a"), Ignore("*", kind="token"), Ignore("*", path="/oauth2/*")]
    )
