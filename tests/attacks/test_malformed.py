"""Malformed requests: a clear refusal with a correlation id, never a traceback."""

import base64

import httpx2
import pytest

from tests.attacks.asking import bearer, daemon_token
from tests.flows.browser import Person
from tests.server import Served
from tests.world import SECRET

FORM = {"content-type": "application/x-www-form-urlencoded"}
PROGRAMS = ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"]
PAGES = ["/oauth2/authorize", "/sign-in", "/interaction", "/oauth2/logout"]
BODIES = {
    "duplicate": b"client_id=spa&client_id=web&grant_type=password",
    "nul": b"client_id=spa&grant_type=pass%00word",
    "raw-nul": b"client_id=spa\x00&grant_type=password",
    "utf8": b"client_id=%ff%fe&grant_type=password",
    "raw-utf8": b"client_id=\xff\xfe&grant_type=password",
    "surrogate": b"client_id=%ed%a0%80&grant_type=password",
    "many": b"&".join(b"a%d=1" % i for i in range(100)),
    "long-name": b"a" * 5000 + b"=1",
    "long-value": b"client_id=" + b"a" * 20_000,
}


def assert_clear(reply: httpx2.Response, *statuses: int) -> None:
    assert reply.status_code in statuses, reply.text
    assert reply.headers["x-correlation-id"] in reply.text
    assert "Traceback" not in reply.text
    assert "hoistway/" not in reply.text
    assert not {"location", "set-cookie"} & set(reply.headers)
    if reply.headers["content-type"].startswith("application/"):
        assert reply.json()["correlation_id"] == reply.headers["x-correlation-id"]


@pytest.mark.parametrize("path", PROGRAMS + PAGES)
@pytest.mark.parametrize("body", BODIES)
def test_a_malformed_form(served: Served, path: str, body: str) -> None:
    """Row 49."""
    reply = httpx2.post(f"{served.url}{path}", content=BODIES[body], headers=FORM, verify=False)
    assert_clear(reply, 400)


@pytest.mark.parametrize("path", PROGRAMS + PAGES)
def test_a_body_too_large(served: Served, path: str) -> None:
    """Row 49: announced and streamed, urlencoded and multipart."""
    body = b"client_id=" + b"a" * 70 * 1024
    url = f"{served.url}{path}"
    assert_clear(httpx2.post(url, content=body, headers=FORM, verify=False), 413)
    assert_clear(httpx2.post(url, content=iter([body[:40_000], body[40_000:]]), headers=FORM, verify=False), 413)
    assert_clear(httpx2.post(url, files={"client_id": (None, body)}, verify=False), 413)


@pytest.mark.parametrize("path", PROGRAMS + PAGES)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "application/xml", "evil"])
def test_a_wrong_content_type(served: Served, path: str, kind: str) -> None:
    """Row 49."""
    reply = httpx2.post(f"{served.url}{path}", content=b"{}", headers={"content-type": kind}, verify=False)
    assert_clear(reply, 415)


@pytest.mark.parametrize("path", [*PROGRAMS, *PAGES, "/api/v1/units", "/api/v1/users/u-ann", "/oauth2/jwks"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PROPFIND"])
def test_a_wrong_method(served: Served, path: str, method: str) -> None:
    """Row 49."""
    reply = httpx2.request(method, f"{served.url}{path}", verify=False)
    assert_clear(reply, 405)
    assert reply.headers["allow"]


@pytest.mark.parametrize("query", ["limit=1&limit=2", "site=%00", "text=%ff", "cursor=%ed%a0%80", "text=" + "a" * 9000])
def test_a_malformed_query_of_the_api(served: Served, query: str) -> None:
    """Row 49."""
    headers = {"authorization": f"Bearer {daemon_token(served)}"}
    reply = httpx2.get(f"{served.url}/api/v1/units?{query}", headers=headers, verify=False)
    assert_clear(reply, 400)
    assert reply.headers["content-type"] == "application/problem+json"


JSON = {
    "deep": b"[" * 30_000 + b"]" * 30_000,
    "deep-object": b'{"name":' * 7000 + b"1" + b"}" * 7000,
    "deep-name": b'{"name":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep-other": b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "null": b"null",
    "empty": b"",
    "utf8": b'{"name":"\xff"}',
    "nul": b'{"name":"a\\u0000b"}',
    "surrogate": b'{"name":"\\ud800"}',
    "number": b'{"name":1e999}',
    "long": b'{"name":"' + b"a" * 201 + b'"}',
    "unknown": b'{"home_customer_id":"c-b"}',
    "flags": b'{"flags":["employee"]}',
}


@pytest.mark.parametrize("name", JSON)
def test_a_malformed_profile(served: Served, name: str) -> None:
    """Row 49: and the person keeps their name."""
    person = Person(served)
    token = person.tokens("spa", "ann", "openid profile.read profile.write")["access_token"]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    assert_clear(person.http.patch("/api/v1/users/u-ann", content=JSON[name], headers=headers), 400)
    large = b'{"name":"' + b"a" * 70 * 1024 + b'"}'
    assert_clear(person.http.patch("/api/v1/users/u-ann", content=large, headers=headers), 413)
    wrong = {**headers, "content-type": "text/plain"}
    assert_clear(person.http.patch("/api/v1/users/u-ann", content=b"{}", headers=wrong), 415)
    assert bearer(served, token, "/api/v1/users/u-ann").json()["name"] == "Ann"


@pytest.mark.parametrize(
    "path", [*PROGRAMS, "/maxcustomerportal.onmicrosoft.com/B2C_1_ropc/oauth2/v2.0/token", "/oauth2/userinfo"]
)
@pytest.mark.parametrize("second", ["the same", "another", "nothing"])
def test_a_credential_sent_twice(served: Served, path: str, second: str) -> None:
    """Row 49: whatever stands before the server may have judged the other one."""
    token = daemon_token(served)
    good = (
        f"Bearer {token}"
        if path.endswith("userinfo")
        else f"Basic {base64.b64encode(f'daemon:{SECRET}'.encode()).decode()}"
    )
    sent = [
        ("authorization", good),
        ("Authorization", {"the same": good, "another": "Bearer x", "nothing": ""}[second]),
    ]
    form = {"grant_type": "client_credentials"} if path.endswith("token") else {"token": token}
    reply = httpx2.post(f"{served.url}{path}", data=form, headers=sent, verify=False)
    assert_clear(reply, 400)
    assert reply.json()["error"] == "invalid_request"
    assert "more than once" in reply.json()["error_description"]
    if path.endswith("userinfo"):
        assert 'error="invalid_request"' in reply.headers["www-authenticate"]
    assert bearer(served, token).status_code == 200, "nothing was revoked"


@pytest.mark.parametrize("name", ["authorization", "ocp-apim-subscription-key"])
def test_a_credential_sent_twice_to_the_api(served: Served, name: str) -> None:
    """Row 49."""
    sent = [
        ("authorization", f"Bearer {daemon_token(served)}"),
        (name, "y"),
        *([(name, "z")] if name != "authorization" else []),
    ]
    reply = httpx2.get(f"{served.url}/api/v1/units", headers=sent, verify=False)
    assert_clear(reply, 400)
    assert 'error="invalid_request"' in reply.headers["www-authenticate"]
