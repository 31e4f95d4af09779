"""Answers as programs get them, and whom they are for."""

import pytest
from starlette.requests import Request

from hoistway.journal import Seldom
from hoistway.web import replies
from hoistway.web.replies import client_address


@pytest.mark.parametrize(
    ("lines", "proxies", "seen"),
    [
        (["192.0.2.1"], 1, "192.0.2.1"),
        (["192.0.2.66", "192.0.2.1"], 1, "192.0.2.1"),
        (["192.0.2.66, 192.0.2.67", "192.0.2.1, 192.0.2.2"], 2, "192.0.2.1"),
        (["192.0.2.66"], 0, "203.0.113.9"),
        ([], 1, ""),
        (["192.0.2.1"], 2, ""),
        (["192.0.2.66, "], 1, ""),
        (["192.0.2.66", ""], 1, ""),
        ([""], 1, ""),
        ([",,192.0.2.1"], 2, ""),
        (["", "192.0.2.1"], 1, "192.0.2.1"),
        (["192.0.2.1:51234"], 1, "192.0.2.1"),
        (["[2001:db8::1]:443"], 1, "2001:db8::1"),
        (["[2001:db8::1]"], 1, "2001:db8::1"),
        (["2001:DB8:0::1"], 1, "2001:db8::1"),
        (["fe80::1%eth0"], 1, "fe80::1"),
        (["192.0.2.66, 192.0.2.1:80", "192.0.2.2:81"], 2, "192.0.2.1"),
        (["unknown"], 1, ""),
        (["_hidden:80"], 1, ""),
        (["192.0.2.1:port"], 1, ""),
        (["192.0.2.999"], 1, ""),
        (["[192.0.2.1"], 1, ""),
        (["\xff"], 1, ""),
    ],
)
def test_the_callers_address(lines: list[str], proxies: int, seen: str) -> None:
    """What a proxy appended counts, as a line of its own too; what the caller wrote before it does not."""
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    request = Request({"type": "http", "headers": headers, "client": ("203.0.113.9", 5)})
    assert client_address(request, proxies) == seen


def test_nonsense_is_told_seldom(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, and not a line for each request."""
    monkeypatch.setattr(replies, "_STRANGE", Seldom(60))
    request = Request({"type": "http", "headers": [(b"x-forwarded-for", b"unknown")], "client": ("203.0.113.9", 5)})
    for _ in range(5):
        client_address(request, 1)
    assert [record.getMessage() for record in caplog.records] == [
        "X-Forwarded-For holds no address where a trusted proxy wrote"
    ]
