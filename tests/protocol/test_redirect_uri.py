"""Redirect URIs: rows 1 to 6 and 8 of the attacks, RFC 8252, RFC 9700 §4.1."""

import pytest

from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.redirect_uri import check_registrable, is_loopback, matches, origin_of

REGISTERED = "https://app.example.com/cb"


@pytest.mark.parametrize(
    "uri",
    [
        REGISTERED,
        "https://app.example.com/cb?tenant=1",
        "https://[2001:db8::1]:8443/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:5000/cb",
        "https://app.example.com/a%20b",
        "https://a_b.example/cb",
        "https://intranet/cb",
        "https://10.0.0.1:8443/cb",
        "https://xn--bcher-kva.example/cb",
        "https://1und1.example/cb",
    ],
)
def test_registrable(uri: str) -> None:
    assert check_registrable(uri, native=False) == uri


@pytest.mark.parametrize("uri", ["com.example.app:/cb", "com.example.app://cb", "http://127.0.0.1/cb"])
def test_registrable_by_a_native_application(uri: str) -> None:
    assert check_registrable(uri, native=True) == uri


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/cb",
        "//evil.example/cb",
        "/\\evil.example",
        "https:evil.example",
        "https:///cb",
        "https://:443/cb",
        "https://app.example.com:99999/cb",
        "https://[::1/cb",
        "https://app.example.com/cb#",
        "https://app.example.com/cb#a",
        "https://user@app.example.com/cb",
        "http://localhost:80@evil.example/cb",
        "https://@app.example.com/cb",
        "https://*.example.com/cb",
        "https://app.example.com/*",
        "https://app.example.com/c b",
        "https://app.example.com/c\tb",
        "https://app.example.com/cb\n",
        "https://app.example.com\\@evil.example/",
        "https://app.example.com/\x00",
        "https://app.example.com/é",
        "https://app.example.com/\U0001f600",
        "https://app.example.com/../cb",
        "https://app.example.com/a/..",
        "https://app.example.com/..;/cb",
        "https://app.example.com/%2e%2e/cb",
        "https://app.example.com/%252e%252e/cb",
        "https://app.example.com/a%2fb",
        "https://app.example.com/a%2Fb",
        "https://app.example.com/a%252fb",
        "https://app.example.com/a%25252fb",
        "https://app.example.com/a%5cb",
        "http://app.example.com/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.2/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,a",
        "file:///etc/passwd",
        "vbscript:a",
        "blob:https://app.example.com/a",
        "myapp:/cb",
        "https://%00/",
        "https://a%00.example/",
        "https://a;b/",
        "https://a,b/",
        "https://a!b/",
        "https://a&b.example/cb",
        "https://a$b/",
        "https://a'b/",
        "https://(a)/",
        "https://a=b/",
        "https://a+b/",
        "https://a~b/",
        "https://%61.example/",
        "https://a%2eexample/",
        "https://a..example/",
        "https://.example/",
        "https://a.example./",
        "https://-a.example/",
        "https://a-.example/",
        "https://xn--.example/",
        "https://xn--a.example/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://256.0.0.1/",
        "https://1.2.3.4.5/",
        "https://a.example.1/",
        "https://[::1%25eth0]/",
        "https://[v1.a]/",
        "https://[::1]a/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://app.example.com/%",
        "https://app.example.com/%zz",
        "https://app.example.com/%00",
        "https://app.example.com/cb?a=%0d%0a",
        "https://app.example.com/%250a",
        "com.example.app:/%00",
        "https://app.example.com/" + "a" * 2000,
    ],
)
def test_not_registrable(uri: str, native: bool) -> None:
    with pytest.raises(InvalidRequest):
        check_registrable(uri, native=native)


def test_a_private_scheme_is_for_native_applications() -> None:
    with pytest.raises(InvalidRequest):
        check_registrable("com.example.app:/cb", native=False)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    "presented",
    [
        "https://app.example.com/cb/",
        "https://app.example.com/cb/more",
        "https://app.example.com/cb?x=1",
        "https://app.example.com/cb#a",
        "https://app.example.com/CB",
        "https://APP.example.com/cb",
        "HTTPS://app.example.com/cb",
        "https://appXexample.com/cb",
        "https://app.example.com.evil.example/cb",
        "https://evil.app.example.com/cb",
        "https://app.example.com:443/cb",
        "https://app.example.com:8443/cb",
        "https://app.example.com/x/../cb",
        "https://app.example.com/%2e/cb",
        "https://app.example.com\\@evil.example/cb",
        "https://app.example.com/cb\n",
        "\thttps://app.example.com/cb",
        "http://app.example.com/cb",
        "javascript:alert(1)",
        "//app.example.com/cb",
        "",
    ],
)
def test_no_match(presented: str, native: bool) -> None:
    assert not matches([REGISTERED], presented, native=native)


def test_the_port_of_a_native_loopback_may_differ() -> None:
    for host in ("127.0.0.1", "[::1]", "localhost"):
        assert matches([f"http://{host}/cb?a=1"], f"http://{host}:51004/cb?a=1", native=True)
        assert not matches([f"http://{host}/cb"], f"http://{host}:51004/cb", native=False)


@pytest.mark.parametrize(
    "presented",
    [
        "http://127.0.0.1:1@evil.example/cb",
        "http://127.0.0.1:1\\@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost:51004/cb",
        "http://127.0.0.1:51004/cb?x=1",
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/cb\n",
        "http://127.0.0.1:\u0661\u0662/cb",
        "http://127.0.0.1:99999/cb",
        "https://127.0.0.1:51004/cb",
    ],
)
def test_a_native_loopback_is_otherwise_exact(presented: str) -> None:
    assert not matches(["http://127.0.0.1/cb"], presented, native=True)


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://App.Example.com:443/cb", "https://app.example.com"),
        ("https://app.example.com:8443/cb", "https://app.example.com:8443"),
        ("http://[::1]:3000/cb", "http://[::1]:3000"),
        ("com.example.app:/cb", None),
        ("https://[::1/cb", None),
        ("https://app.example.com:99999/", None),
    ],
)
def test_origin(uri: str, origin: str | None) -> None:
    assert origin_of(uri) == origin


def test_loopback() -> None:
    assert is_loopback("http://localhost:3000/cb")
    assert not is_loopback("http://localhost.evil.example/cb")
    assert not is_loopback("http://[")
