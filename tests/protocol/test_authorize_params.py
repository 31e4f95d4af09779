"""Requests to the authorization endpoint (OpenID Connect Core §3.1.2.1)."""

import pytest

from hoistway.protocol.authorize_params import AuthorizeAsk, read_authorize, redirect_location, safe_mode
from hoistway.protocol.errors import InvalidRequest, OAuthError, UnsupportedResponseType
from hoistway.protocol.params import Params, read_params

URI = "https://app.example.com/cb"


def _params(**values: str) -> Params:
    return read_params(({"client_id": "app", "response_type": "code"} | values).items())


def _ask(**values: str) -> AuthorizeAsk:
    return read_authorize(_params(**values), URI)


def test_a_plain_request() -> None:
    ask = _ask(scope="openid read", state="s", nonce="n", prompt="login consent", max_age="0")
    assert (ask.client_id, ask.redirect_uri, ask.response_type, ask.response_mode) == ("app", URI, "code", "query")
    assert (ask.scope, ask.state, ask.prompt, ask.max_age) == (
        ("openid", "read"),
        "s",
        frozenset({"login", "consent"}),
        0,
    )


def test_the_order_of_response_types_means_nothing() -> None:
    for text in ("token id_token", "id_token token"):
        ask = _ask(response_type=text, nonce="n")
        assert (ask.response_type, ask.response_mode) == ("id_token token", "fragment")


@pytest.mark.parametrize(
    "values",
    [
        {"response_type": ""},
        {"response_mode": "web_message"},
        {"response_type": "id_token token", "response_mode": "query", "nonce": "n"},
        {"prompt": "none login"},
        {"prompt": "nobody"},
        {"max_age": "-1"},
        {"max_age": "1.5"},
        {"max_age": "\u0661"},
        {"max_age": "9" * 30},
    ],
    ids=str,
)
def test_invalid(values: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        _ask(**values)


@pytest.mark.parametrize("text", ["password", "code password", "code code", "CODE"])
def test_unsupported_response_types(text: str) -> None:
    with pytest.raises(UnsupportedResponseType):
        _ask(response_type=text)


def test_request_objects_and_second_resources_are_refused() -> None:
    for values in ({"request": "a.b."}, {"request_uri": "https://evil.example"}):
        with pytest.raises(OAuthError):
            _ask(**values)
    with pytest.raises(OAuthError):
        read_authorize(read_params([*_params().items(), ("resource", "a"), ("resource", "b")]), URI)


@pytest.mark.parametrize(
    ("values", "mode"),
    [
        ({}, "query"),
        ({"response_mode": "form_post"}, "form_post"),
        ({"response_mode": "nonsense"}, "query"),
        ({"response_type": "id_token", "response_mode": "nonsense"}, "fragment"),
        ({"response_type": "token", "response_mode": "query"}, "fragment"),
        ({"response_type": ""}, "query"),
    ],
    ids=str,
)
def test_the_mode_for_errors(values: dict[str, str], mode: str) -> None:
    assert safe_mode(_params(**values)) == mode


def test_locations() -> None:
    answer = {"code": "a&b=#", "iss": "https://id.example"}
    encoded = "code=a%26b%3D%23&iss=https%3A%2F%2Fid.example"
    assert redirect_location(URI, "query", answer) == f"{URI}?{encoded}"
    assert redirect_location(f"{URI}?t=1", "query", answer) == f"{URI}?t=1&{encoded}"
    assert redirect_location(f"{URI}?", "query", answer) == f"{URI}?{encoded}"
    assert redirect_location(URI, "fragment", answer) == f"{URI}#{encoded}"
    assert redirect_location("com.example.app:/cb", "query", answer) == f"com.example.app:/cb?{encoded}"
