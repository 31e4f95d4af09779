"""Answers as programs get them, and whom they are for."""

import pytest
from starlette.requests import Request

from hoistway.web.replies import client_address


@pytest.mark.parametrize(
    ("lines", "proxies", "seen"),
    [
        (["192.0.2.1"], 1, "192.0.2.1"),
        (["192.0.2.66", "192.0.2.1"], 1, "192.0.2.1"),
        (["192.0.2.66, 192.0.2.67", "192.0.2.1, 192.0.2.2"], 2, "192.0.2.1"),
        (["192.0.2.66"], 0, "203.0.113.9"),
        ([], 1, "203.0.113.9"),
    ],
)
def test_the_callers_address(lines: list[str], proxies: int, seen: str) -> None:
    """What a proxy appended counts, as a line of its own too; what the caller wrote before it does not."""
    headers = [(b"x-forwarded-for", line.encode()) for line in lines]
    request = Request({"type": "http", "headers": headers, "client": ("203.0.113.9", 5)})
    assert client_address(request, proxies) == seen
