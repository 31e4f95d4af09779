"""The Authorization header: bearer tokens (RFC 6750) and clients (RFC 6749 §2.3)."""

from base64 import b64encode

import pytest

from hoistway.protocol.bearer import challenge, read_bearer
from hoistway.protocol.client_auth import Presented, read_client
from hoistway.protocol.errors import InvalidClient, InvalidRequest
from hoistway.protocol.params import Params, read_params


def _basic(pair: str | bytes) -> str:
    return "Basic " + b64encode(pair.encode() if isinstance(pair, str) else pair).decode()


def _params(**values: str) -> Params:
    return read_params(values.items())


def test_bearer() -> None:
    assert read_bearer("Bearer mF_9.B5f-4.1JqM") == "mF_9.B5f-4.1JqM"  # RFC 6750 §2.1
    assert read_bearer("bearer a==") == "a=="
    assert read_bearer(None) is None
    assert read_bearer("Basic a") is None


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer é", "Bearer a=b"])
def test_bearer_malformed(header: str) -> None:
    with pytest.raises(InvalidRequest):
        read_bearer(header)


def test_challenge_cannot_be_broken_out_of() -> None:
    value = challenge(error="invalid_token", description='a" , evil="\\\r\nSet-Cookie: é')
    assert value.count('"') == 6
    assert value.isascii()
    assert not set("\\\r\n") & set(value)
    assert 'error="invalid_token"' in value


def test_basic_of_rfc_6749() -> None:
    assert read_client("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", _params()) == Presented(
        "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", "client_secret_basic"
    )


def test_basic_halves_are_form_encoded() -> None:
    assert read_client(_basic("a%3Ab:c%2Bd+e:f"), _params()) == Presented("a:b", "c+d e:f", "client_secret_basic")


def test_body() -> None:
    assert read_client(None, _params(client_id="a", client_secret="b")) == Presented("a", "b", "client_secret_post")
    assert read_client(None, _params(client_id="a")) == Presented("a", None, "none")
    assert read_client(_basic("a:b"), _params(client_id="a")).method == "client_secret_basic"


def test_two_methods_or_two_names() -> None:
    with pytest.raises(InvalidRequest):
        read_client(_basic("a:b"), _params(client_secret="b"))
    with pytest.raises(InvalidRequest):
        read_client(_basic("a:b"), _params(client_id="c"))


def test_nobody() -> None:
    with pytest.raises(InvalidClient) as refusal:
        read_client(None, _params())
    assert (refusal.value.b2c, refusal.value.challenge) == ("90008", False)


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !",
        _basic("a"),
        _basic(":b"),
        _basic(b"\xff:b"),
        _basic("a%ff:b"),
        _basic("a%00:b"),
        _basic("a:\x00"),
    ],
)
def test_malformed_basic_is_challenged(header: str) -> None:
    with pytest.raises(InvalidClient) as refusal:
        read_client(header, _params())
    assert refusal.value.challenge
