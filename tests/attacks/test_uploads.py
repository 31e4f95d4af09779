"""Files are read from those alone who may send them: whoever else holds many connections open fills no memory."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.console.two import careful_server, choose_role
from tests.engines import ENGINES
from tests.portal.asking import operator, visitor
from tests.portal.signing_in import Visitor
from tests.server import Served

PATHS = ("/console/users/new/file", "/console/branding/logo", "/portal/applications/spa/logo")
BODY = b"x" * 500_000


@pytest.fixture(scope="module", params=ENGINES)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param, two=False) as server:
        yield server


def answered_before_the_end(served: Served, path: str, cookies: str = "") -> int:
    """The status that comes although the last byte of the file does not."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {served.url.removeprefix('http://')}\r\nOrigin: {served.url}\r\nCookie: {cookies}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(BODY) + 1}\r\n\r\n"
    )
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.encode())
        with suppress(OSError):
            connection.sendall(BODY)
        return int(connection.recv(12).split()[1])


def cookies_of(one: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in one.http.cookies.items())


@pytest.mark.parametrize("path", PATHS)
def test_nobody_fills_the_memory(served: Served, path: str) -> None:
    """Row 54: a stranger is led to the sign-in page before the file has come."""
    assert answered_before_the_end(served, path) == 303


@pytest.mark.parametrize("path", PATHS[:2])
def test_who_may_not_send_it_is_not_listened_to(served: Served, path: str) -> None:
    """Row 54: neither a customer's people nor those of the operator who only look."""
    assert answered_before_the_end(served, path, cookies_of(visitor(served, "ann"))) == 403
    choose_role(operator(served), "few", "auditor")
    assert answered_before_the_end(served, path, cookies_of(operator(served, "few"))) == 403
