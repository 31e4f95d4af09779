"""Connections that take and do not give: none of them holds memory, a place or an answer for long, over TLS as without."""

import re
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hoistway.server import http11
from tests.certificate import make_certificate
from tests.engines import drop_database, fresh_database
from tests.server import Served, populate, serving

ASKED = {
    "bare": b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n",
    # The next head comes with the end of a body.
    "body": b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\ntoken=abc",
}
PLAIN, TLS = "plain", "tls"
WITHIN = 1
PATIENCE = 30.0


@contextmanager
def server(kind: str, folder: Path, **changes: Any) -> Iterator[Served]:
    url = fresh_database("sqlite", populate)
    certificate = make_certificate(folder) if kind == TLS else None
    with serving(url, certificate=certificate, **changes) as served:
        yield served
    drop_database(url)


def call(served: Served) -> socket.socket:
    """A TCP connection that takes little at a time; over TLS no word was said yet."""
    where = urlsplit(served.url)
    made = socket.socket()
    made.settimeout(PATIENCE)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    made.connect((where.hostname, where.port))
    return made


def connect(served: Served) -> socket.socket:
    connection = call(served)
    if isinstance(served.trust, ssl.SSLContext):
        return served.trust.wrap_socket(connection, server_hostname="127.0.0.1")
    return connection


def resident() -> int:
    """Bytes of this process, in which the server runs too."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def is_answered(served: Served) -> bool:
    try:
        with connect(served) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


def wait_until_answered(served: Served) -> None:
    give_up = time.monotonic() + PATIENCE
    while not is_answered(served):
        assert time.monotonic() < give_up
        time.sleep(0.02)


def is_over(connection: socket.socket) -> bool:
    """Reads on until the other end closes; False where it never does."""
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


@pytest.mark.parametrize(("kind", "shape"), [(PLAIN, "bare"), (PLAIN, "body"), (TLS, "body")])
def test_requests_sent_ahead_and_answers_never_read(kind: str, shape: str, tmp_path: Path) -> None:
    """Row 54: 130,000 requests on 100 connections. They are not taken in, others are answered, and each connection ends."""
    with server(kind, tmp_path, taken_within=WITHIN) as served, ExitStack() as held:
        assert is_answered(served)
        before = resident()
        connections = [held.enter_context(connect(served)) for _ in range(100)]
        for connection in connections:
            connection.settimeout(0.01)
            with suppress(TimeoutError):
                connection.sendall(ASKED[shape] * 1300)
        assert resident() - before < 100 * 2**20
        wait_until_answered(served)
        ended = select.poll()
        for connection in connections:
            ended.register(connection, select.POLLRDHUP)
        give_up = time.monotonic() + PATIENCE
        while len(ended.poll(100)) < len(connections):
            assert time.monotonic() < give_up


@pytest.mark.parametrize("kind", [PLAIN, TLS])
def test_requests_sent_ahead_are_answered_to_who_reads(kind: str, tmp_path: Path) -> None:
    """Row 54: what is held back is only held back."""
    form = b"grant_type=nonsense&client_id=spa"
    posted = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    posted += b"Content-Length: %d\r\n\r\n%b" % (len(form), form)
    asked = (posted + b"GET /oauth2/jwks HTTP/1.1\r\nHost: x\r\n\r\n" + posted) * 300
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with server(kind, tmp_path) as served, connect(served) as connection:
        connection.sendall(asked + last)
        read = b""
        while part := connection.recv(2**20):
            read += part
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", read)
    assert statuses == [b"400", b"200", b"400"] * 300 + [b"200"]


@pytest.mark.parametrize("kind", [PLAIN, TLS])
def test_silent_connections(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 54: one that says nothing, one in the middle of a head, one that goes on with empty lines: each is ended."""
    monkeypatch.setattr(http11, "ARRIVES_WITHIN", 0.5)
    with server(kind, tmp_path) as served, ExitStack() as held:
        for said in (b"", b"GET / HTTP/1.1\r\nHo", b"\r\n", b"\r\n\r\n\r\n\r\n"):
            connection = held.enter_context(connect(served))
            connection.sendall(said)
            assert is_over(connection), said
        connection = held.enter_context(connect(served))
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"\r\n")
        assert is_over(connection), "an empty line behind a request"


@pytest.mark.parametrize("kind", [PLAIN, TLS])
def test_many_from_one_address(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Row 54: over TLS those count that never begin their handshake; a place is free again when its connection ends."""
    with server(kind, tmp_path, connections_per_address=5) as served:
        with ExitStack() as held:
            connections = [held.enter_context(call(served)) for _ in range(5)]
            more = held.enter_context(call(served))
            said = more.recv(65536)
            assert said == b"" if kind == TLS else said.startswith(b"HTTP/1.1 503 ")
            assert kind == TLS or b"retry-after: 5" in said
            assert not is_answered(served)
            connections[0].close()
            wait_until_answered(served)
        wait_until_answered(served)
    refused = [record for record in caplog.records if record.getMessage() == "connection refused"]
    assert len(refused) == 1, "once, not for each"


def test_a_handshake_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 54: half-open connections of TLS end too, and give their places back."""
    monkeypatch.setattr("hoistway.server.accepting.HANDSHAKE_WITHIN", 0.5)
    with server(TLS, tmp_path, connections_per_address=3) as served, ExitStack() as held:
        connections = [held.enter_context(call(served)) for _ in range(3)]
        connections[0].sendall(b"\x16\x03\x01")
        assert all(is_over(connection) for connection in connections)
        wait_until_answered(served)


def queued(port: int) -> int:
    """Bytes that the kernel holds of answers of that port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[0], 16) for row in rows if int(row[1].split(":")[1], 16) == port)


def test_the_kernel_holds_little_of_what_nobody_reads(served: Served) -> None:
    """Row 54. It would grow to megabytes for each connection, outside of what the process can count."""
    port = urlsplit(served.url).port
    assert port is not None
    with socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        greedy.connect(("127.0.0.1", port))
        greedy.sendall(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 400)
        # What is held grows until it stands still.
        held, before = queued(port), -1
        while held != before:
            before = held
            select.select([], [], [], 1)
            held = queued(port)
        assert 0 < held < 512 * 1024
