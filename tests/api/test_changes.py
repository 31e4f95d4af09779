"""A change names the version that it is about, and is what it says (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1)."""

import gzip

import httpx2
import pytest

from tests.flows.browser import Person
from tests.portal.house import House
from tests.server import Clock, Served

SCOPE = "openid profile.read profile.write"
PATH = "/api/v1/users/u-ann"


class Ann:
    """Her own program."""

    def __init__(self, served: Served) -> None:
        self.person = Person(served)
        token = self.person.tokens("spa", "ann", SCOPE)["access_token"]
        self.headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def read(self, **headers: str) -> httpx2.Response:
        return self.person.http.get(PATH, headers={**self.headers, **headers})

    def patch(self, body: bytes, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.person.http.patch(PATH, content=body, headers={**self.headers, **named})


@pytest.fixture
def ann(served: Served) -> Ann:
    return Ann(served)


def test_only_the_version_that_was_read_is_changed(ann: Ann, served: Served) -> None:
    first = ann.patch(b'{"name":"First"}').headers["etag"]
    assert ann.read().headers["etag"] == first
    assert ann.read(**{"if-none-match": first}).status_code == 304
    second = ann.patch(b'{"name":"Second"}', if_match=first)
    assert (second.status_code, second.json()["name"]) == (200, "Second")
    assert ann.read().headers["etag"] == second.headers["etag"] != first
    records = len(House(served, Clock()).entries("profile.changed"))
    for stale in (first, f"W/{second.headers['etag']}", '"other"', "nonsense", ""):
        refused = ann.patch(b'{"name":"Third"}', if_match=stale)
        assert (refused.status_code, refused.headers["content-type"]) == (412, "application/problem+json"), stale
        assert refused.headers["etag"] == second.headers["etag"]
    assert ann.patch(b"{}", if_match=first).status_code == 412
    assert ann.patch(b'{"name":"Third"}', if_none_match=second.headers["etag"]).status_code == 412
    assert ann.read().json()["name"] == "Second"
    assert len(House(served, Clock()).entries("profile.changed")) == records, "nothing was recorded"
    for good in ("*", f'"other", {second.headers["etag"]}'):
        assert ann.patch(b'{"name":"Second"}', if_match=good).status_code == 200


def test_null_unsets_the_language(ann: Ann) -> None:
    assert ann.patch(b'{"locale":"de"}').json()["locale"] == "de"
    assert ann.patch(b'{"name":"Ann"}').json()["locale"] == "de"
    assert ann.patch(b'{"locale":null}').json()["locale"] is None
    assert ann.read().json()["locale"] is None
    assert ann.patch(b'{"name":null}').status_code == 400


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate, gzip", "nonsense"])
def test_a_body_that_is_encoded(ann: Ann, coding: str) -> None:
    """RFC 9110 section 12.5.3 names what would be read."""
    refused = ann.patch(gzip.compress(b'{"name":"Coded"}'), content_encoding=coding)
    assert (refused.status_code, refused.headers["accept-encoding"]) == (415, "identity")
    assert "Content-Encoding" in refused.json()["detail"]
    assert ann.patch(b'{"name":"Ann"}', content_encoding="identity").status_code == 200


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"])
def test_a_form_that_is_encoded(served: Served, path: str) -> None:
    body = gzip.compress(b"grant_type=client_credentials")
    headers = {"content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip"}
    refused = httpx2.post(f"{served.url}{path}", content=body, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (415, "invalid_request")


@pytest.mark.parametrize(
    "body", [b'{"name":"A","name":"B"}', b'{"locale":"en","name":"A","locale":"de"}', b'{"name":"A","n\\u0061me":"B"}']
)
def test_a_member_that_is_named_twice(ann: Ann, body: bytes) -> None:
    refused = ann.patch(body)
    assert (refused.status_code, "twice" in refused.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("declared", "status"), [("utf-8", 200), ('"UTF-8"', 200), ("iso-8859-1", 415), ("utf-16", 415)]
)
def test_a_declared_charset(ann: Ann, declared: str, status: int) -> None:
    reply = ann.patch('{"name":"Zoë"}'.encode(), content_type=f"application/json; charset={declared}")
    assert reply.status_code == status
    assert status == 200 or "UTF-8" in reply.json()["detail"]
    assert ann.patch(b'{"name":"Ann"}').status_code == 200


def test_a_body_that_is_too_long_is_told_what_to_send(ann: Ann) -> None:
    reply = ann.patch(b'{"name":"' + b"x" * 65536 + b'"}')
    assert reply.status_code == 413
    assert "name and locale" in reply.json()["detail"]
