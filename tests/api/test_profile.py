"""What a person may change of themselves: nothing but name and locale (https://www.rfc-editor.org/rfc/rfc7396)."""

import msgspec
import pytest

from hoistway.api.bodies import Profile
from hoistway.api.me import read_profile
from hoistway.api.problems import Problem


@pytest.mark.parametrize(
    ("body", "profile"),
    [
        (b"{}", Profile()),
        (b'{"name":" Kim "}', Profile("Kim")),
        (b'{"locale":"de"}', Profile(locale="de")),
        (b'{"locale":null}', Profile(locale=None)),
        ('{"name":"Zoë 木","locale":"en"}'.encode(), Profile("Zoë 木", "en")),
        (msgspec.json.encode({"name": "x" * 200}), Profile("x" * 200)),
    ],
)
def test_changes(body: bytes, profile: Profile) -> None:
    assert read_profile(body) == profile


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{", b'"name"', b"\xff", b"\xef\xbb\xbf{}", b'{"name":null}', b'{"name":1}',
        b'{"locale":"fr"}', b'{"flags":["employee"]}', b'{"id":"u-2","name":"Kim"}', b'{"name":""}', b'{"name":"   "}',
        b'{"name":"a\\u0000b"}', b'{"name":"a\\nb"}', b'{"name":"\\u202egnp"}', b'{"name":"\\ud800"}', b'{"name":"Kim"} x',
        msgspec.json.encode({"name": "x" * 201}), b'{"name":' + b"[" * 60000, b"[" * 60000, b'{"a":' * 10000,
    ],
)  # fmt: skip
def test_refused_changes(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_profile(body)
    assert refused.value.status == 400


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_another_encoding_is_named(encoding: str) -> None:
    with pytest.raises(Problem, match=r"byte order mark" if encoding == "utf-8-sig" else r"in UTF-8") as refused:
        read_profile('{"name":"Zoë"}'.encode(encoding))
    assert refused.value.status == 400


@pytest.mark.parametrize("letter", ["\u200b", "\u202e", "\ufeff", "\U000e0061", "\u200d", "\n"])
def test_a_character_that_nobody_can_see_is_named(letter: str) -> None:
    with pytest.raises(Problem, match=rf"name holds U\+{ord(letter):04X}.*remove it\.$"):
        read_profile(msgspec.json.encode({"name": f"K{letter}im"}))


def test_a_name_is_composed() -> None:
    assert read_profile(msgspec.json.encode({"name": "Mu\u0308ller\u3000نامه‌ها"})).name == "M\u00fcller نامه‌ها"


def test_white_space_is_not_stored() -> None:
    assert read_profile(msgspec.json.encode({"name": " " * 60000 + "Kim"})).name == "Kim"
