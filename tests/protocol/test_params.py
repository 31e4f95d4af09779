"""Parameters: each once, no control characters, bounded (RFC 6749 §3.1)."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.params import looks_badly_encoded, read_params, read_urlencoded

TEXT = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f"), min_size=1, max_size=50
)


@given(st.dictionaries(TEXT, TEXT, max_size=20))
def test_what_is_encoded_is_read_back(values: dict[str, str]) -> None:
    params = read_urlencoded(urlencode(values).encode())
    assert {name: params.get(name) for name in values} == values


def test_an_empty_value_is_absent() -> None:
    params = read_urlencoded(b"scope=&state")
    assert params.get("scope") is None
    assert params.get("state") is None
    with pytest.raises(InvalidRequest, match="scope") as refusal:
        params.need("scope")
    assert refusal.value.b2c == "90083"


def test_resource_may_repeat() -> None:
    assert read_urlencoded(b"resource=a&resource=b").all("resource") == ("a", "b")


@pytest.mark.parametrize(
    "body",
    [
        b"client_id=a&client_id=b",
        b"client_id=a&client_id=a",
        b"state=%00",
        b"state=a%08",
        b"na%00me=a",
        b"state=a\x08",
        b"na\x7fme=a&state=a+b",
        b"state=%ff",
        b"state=\xff",
        b"n" * 129 + b"=a",
        b"state=" + b"a" * 8193,
        b"token=" + b"a" * 16385,
        b"&".join(b"p%d=1" % number for number in range(65)),
    ],
)
def test_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_urlencoded(body)


def test_tokens_may_be_longer() -> None:
    for name in ("id_token_hint", "token", "subject_token", "client_assertion", "refresh_token"):
        assert read_params([(name, "a" * 16384)]).get(name)


@pytest.mark.parametrize("body", [b"password=a+b", b"password=100%", b"password=%zz", b"password=a&b"])
def test_badly_encoded(body: bytes) -> None:
    assert looks_badly_encoded(body)


def test_well_encoded() -> None:
    assert not looks_badly_encoded(b"grant_type=password&scope=openid+a&password=a%2Bb%25%26")
