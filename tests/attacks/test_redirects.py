"""Redirect URIs: until client and address are proven there is an error page and nothing is sent anywhere."""

import httpx2
import pytest

from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.redirect_uri import check_registrable
from tests.attacks.asking import CHALLENGE
from tests.server import Served
from tests.world import CALLBACK

HOST = "http://127.0.0.1:8499"


def assert_page(served: Served, client_id: str, redirect_uri: str, **more: str) -> None:
    """The same over GET and POST, with prompt=none and with every response mode."""
    asked = {"client_id": client_id, "redirect_uri": redirect_uri, "response_type": "code", "state": "st", **CHALLENGE}
    asked |= {"scope": "openid", **more}
    url = f"{served.url}/oauth2/authorize"
    for reply in (
        httpx2.get(url, params=asked, verify=False),
        httpx2.get(url, params={**asked, "prompt": "none"}, verify=False),
        httpx2.get(url, params={**asked, "response_mode": "form_post"}, verify=False),
        httpx2.post(url, data=asked, verify=False),
    ):
        assert reply.status_code == 400
        assert "location" not in reply.headers
        assert reply.headers["content-type"].startswith("text/html")
        assert "set-cookie" not in reply.headers
        assert "<form" not in reply.text
        assert reply.headers["x-correlation-id"] in reply.text
        assert "evil" not in reply.text


@pytest.mark.parametrize(
    "uri",
    [
        f"{CALLBACK}/evil",
        f"{CALLBACK}.evil.example",
        f"{CALLBACK}?evil=1",
        f"{CALLBACK}#evil",
        CALLBACK[:-1],
        f"{HOST}.evil.example/callback",
        "http://evil.127.0.0.1:8499/callback",
        "http://127.0.0.1:84990/callback",
        HOST,
    ],
)
def test_no_prefix_and_no_subdomain(served: Served, uri: str) -> None:
    """Row 1."""
    assert_page(served, "spa", uri)


@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("spa", "http://127.0.0.1:8499@evil.example/callback"),
        ("spa", "http://127.0.0.1:8499:x@evil.example/callback"),
        ("spa", "http://user@127.0.0.1:8499/callback"),
        ("native", "http://127.0.0.1:80@evil.example/callback"),
        ("native", "http://localhost:80@evil.example/callback"),
        ("native", "http://127.0.0.1:@evil.example/callback"),
    ],
)
def test_no_user_information(served: Served, client_id: str, uri: str) -> None:
    """Row 2."""
    assert_page(served, client_id, uri)


@pytest.mark.parametrize(
    "tail",
    [
        "/callback/..",
        "/callback/../callback",
        "/./callback",
        "/x/../callback",
        "/callback%2f..%2fevil",
        "/callback%252f..%252fevil",
        "/callback/..;/evil",
        "/callback/%2e%2e/evil",
        "//callback",
        "/callback%00",
        "/c%61llback",
    ],
)
@pytest.mark.parametrize("client_id", ["spa", "native"])
def test_no_path_that_means_another(served: Served, client_id: str, tail: str) -> None:
    """Row 3."""
    assert_page(served, client_id, f"{HOST}{tail}")


@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("spa", "http://127x0x0x1:8499/callback"),
        ("spa", "http://127.0.0.1:8499/.*"),
        ("spa", "http://127.0.0.1:8499/*"),
        ("spa", "*"),
        ("native", "comxexamplexapp:/callback"),
        ("native", "http://127x0x0x1:5000/callback"),
        ("native", "com.example.app.evil:/callback"),
    ],
)
def test_a_registered_uri_is_no_pattern(served: Served, client_id: str, uri: str) -> None:
    """Row 4."""
    assert_page(served, client_id, uri)


@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("spa", "HTTP://127.0.0.1:8499/callback"),
        ("spa", "http://127.0.0.1:8499/CALLBACK"),
        ("spa", "http://127.0.0.1:8499/callback/"),
        ("spa", "https://127.0.0.1:8499/callback"),
        ("spa", "http://localhost:8499/callback"),
        ("spa", "http://127.0.0.1:9999/callback"),
        ("spa", " http://127.0.0.1:8499/callback"),
        ("native", "http://localhost:5000/callback"),
        ("native", "http://[::1]:5000/callback"),
        ("native", "http://127.0.0.2:5000/callback"),
        ("native", "http://127.1:5000/callback"),
        ("native", "http://127.0.0.1:5000/callback?evil=1"),
        ("native", "http://127.0.0.1:5000/Callback"),
        ("native", "http://127.0.0.1:99999/callback"),
        ("native", "https://127.0.0.1:5000/callback"),
        ("native", "http://evil.example:5000/callback"),
        ("native", "COM.EXAMPLE.APP:/callback"),
    ],
)
def test_no_case_variant_and_no_other_loopback(served: Served, client_id: str, uri: str) -> None:
    """Row 5."""
    assert_page(served, client_id, uri)


SCRIPTS = [
    "javascript:alert(1)",
    "JavaScript:alert(1)//http://127.0.0.1:8499/callback",
    "java\tscript:alert(1)",
    "data:text/html,evil",
    "vbscript:evil",
    "file:///etc/passwd",
    "blob:http://127.0.0.1:8499/x",
]


@pytest.mark.parametrize("uri", SCRIPTS)
def test_no_scheme_that_runs_script(served: Served, uri: str) -> None:
    """Row 6: neither at the authorization endpoint nor at registration, native or not."""
    for client_id, native in (("spa", False), ("native", True)):
        assert_page(served, client_id, uri)
        with pytest.raises(InvalidRequest):
            check_registrable(uri, native=native)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "evil"},
        {"client_id": ""},
        {"client_id": "SPA"},
        {"redirect_uri": ""},
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "evil", "redirect_uri": "https://evil.example/"},
    ],
)
def test_nothing_is_redirected_before_the_destination_is_proven(served: Served, change: dict[str, str]) -> None:
    """Row 7: whatever else is wrong with the request."""
    asked = {"client_id": "spa", "redirect_uri": CALLBACK, **change}
    assert_page(served, **asked)
    assert_page(served, **asked, response_type="evil")
    assert_page(served, **asked, request_uri="https://evil.example/")


RETURNS = ["/\\evil.example", "//evil.example", "/\tevil.example", "/\n/evil.example", "\\\\evil.example", "/%09/evil"]


@pytest.mark.parametrize("url", RETURNS)
def test_no_return_url_that_leads_elsewhere(served: Served, url: str) -> None:
    """Row 8: as a redirect URI, and as the address after signing out."""
    assert_page(served, "spa", url)
    assert_page(served, "spa", f"{CALLBACK}{url}")
    for uri in (url, f"http://127.0.0.1:8499{url}", f"http://127.0.0.1:8499/{url}"):
        for more in ({}, {"client_id": "spa"}):
            reply = httpx2.get(
                f"{served.url}/oauth2/logout",
                params={"post_logout_redirect_uri": uri, "state": "evil", **more},
                verify=False,
            )
            assert reply.status_code == 200
            assert "location" not in reply.headers
            assert "evil" not in reply.text
