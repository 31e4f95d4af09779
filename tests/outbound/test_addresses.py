"""Which addresses are public, by IANA's registries of special addresses."""

import pytest

from hoistway.outbound.addresses import is_loopback, is_public
from hoistway.outbound.failed import Failed
from hoistway.outbound.target import read_target

PRIVATE = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.1.2.3",
    "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:0:53aa:64c:0:7b:7:1", "2001:2::1", "2001:10::1",
    "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1", "", "127.1",
    "localhost", "2130706433", "0x7f000001", "010.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "100.63.0.1", "172.32.0.1", "2606:4700::1", "2a00:1450::1", "2001:4860::1"]
)
def test_what_is_public(address: str) -> None:
    assert is_public(address)


def test_loopback_is_said_in_two_ways_only() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not any(
        is_loopback(address)
        for address in ("::ffff:127.0.0.1", "10.0.0.1", "0.0.0.0", "::", "localhost", "169.254.169.254")
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/", "ftp://login.example.com/", "//login.example.com/", "login.example.com", "https:///a", "",
        "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://1.2.3.4.5/",
        "https://localhost/", "https://metadata/", "https://example.com./", "https://-a.example.com/", "https://a_b.example.com/",
        "https://login.example.com@evil.example/", "https://evil.example\\@login.example.com/", "https://login.example.com/#a",
        "https://login.example.com/ a", "https://login.example.com/\r\nx: y", "https://login.example.com:22/", "https://login.example.com:0/",
        "https://login.example.com:99999/", "https://login.example.com:x/", "https://[::1/", "https://lögin.example.com/",
        "https://login.example.com/" + "a" * 2048,
    ],
)  # fmt: skip
def test_a_url_that_is_not_asked(url: str) -> None:
    for loopback in (False, True):
        if loopback and url in {"https://127.0.0.1/", "https://[::1]/", "https://localhost/"}:
            continue
        with pytest.raises(Failed) as refused:
            read_target(url, loopback=loopback)
        assert refused.value.reason == "url"


def test_a_url_that_is_asked() -> None:
    target = read_target("https://Login.Example.com:8443/a/b?c=d")
    assert (target.host, target.port, target.authority, target.path) == (
        "login.example.com", 8443, "Login.Example.com:8443", "/a/b?c=d",
    )  # fmt: skip
    assert read_target("https://login.example.com").path == "/"
    assert read_target("http://127.0.0.1:8080/", loopback=True).port == 8080
    with pytest.raises(Failed):
        read_target("http://login.example.com/", loopback=True)
