"""Workers that die, requests in flight when it is time to stop, readiness over TLS, and starts that must fail with a reason."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificate

from hoistway.server import preparing
from hoistway.server.listening import Listen
from hoistway.server.tls_files import why_not
from hoistway.settings import Settings
from hoistway.store.apart import is_current
from tests.certificate import make_certificate
from tests.flows.command import free_port, refused, started
from tests.server import MASTER_KEY


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def lines_of(errors: Path) -> list[dict[str, object]]:
    """But for the line that says that it starts."""
    lines = [json.loads(line) for line in errors.read_text().splitlines()]
    return [line for line in lines if line["event"] != "server starts"]


def test_a_killed_worker_is_replaced_and_service_goes_on(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, "--workers", "2") as command:
        before = command.workers()
        assert len(before) == 2
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        assert eventually(lambda: victim not in command.workers())
        for _ in range(20):
            # Each on a connection of its own: none may reach a socket that nobody serves.
            assert httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200
        assert eventually(lambda: len(command.workers()) == 2)
        assert command.workers() & before == before - {victim}
        assert command.stop() == 0
    (line,) = lines_of(command.errors)
    assert line.pop("timestamp")
    assert line.pop("lived") is not None
    assert line == {"event": "worker ended", "level": "warning", "pid": victim, "signal": "SIGKILL", "again_in": 0.1}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_before_the_end(tmp_path: Path, number: int) -> None:
    port = free_port()
    with started(tmp_path, port) as command:
        facts = json.loads((tmp_path / "demo.json").read_text())
        daemon = facts["clients"]["daemon"]
        form = {"grant_type": "client_credentials", "scope": "units.read", **daemon}
        form.pop("name")
        body = urlencode(form).encode()
        head = (
            f"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), 10) as slow:
            slow.sendall(head.encode() + body[:20])
            # Answered by the one worker, after the slow request's first bytes.
            assert httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200
            command.process.send_signal(number)
            assert eventually(lambda: not listens(port))
            assert command.process.poll() is None
            slow.sendall(body[20:])
            answer = b""
            while received := slow.recv(65536):
                answer += received
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"access_token" in answer
        assert command.process.wait(10) == 0
    assert lines_of(command.errors) == []


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_it_serves_over_tls_and_is_ready_when_readyz_says_so(tmp_path: Path) -> None:
    certificate, port = make_certificate(tmp_path), free_port()
    words = ("--tls-cert", str(certificate.chain), "--tls-key", str(certificate.key))
    with started(tmp_path, port, *words) as command:
        assert f"https://127.0.0.1:{port}/" in command.printed
        reply = httpx2.get(f"https://127.0.0.1:{port}/readyz", verify=certificate.trust(), timeout=10)
        assert reply.json()["ready"] is True
        assert command.stop() == 0


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False)])
def test_a_port_that_is_open_is_not_readiness(tmp_path: Path, tls: bool, status: int, ready: bool) -> None:
    certificate = make_certificate(tmp_path)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate.chain, certificate.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.handle_request)
        thread.start()
        listen = Listen("127.0.0.1", server.server_port, tls_cert=certificate.chain if tls else None)
        assert preparing.answers(listen) is ready
        thread.join(10)
    assert preparing.answers(listen) is False


def test_files_that_are_no_certificate_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "not.pem"
    file.write_text("nothing")
    words = ("--demo", "--data", str(tmp_path), "--port", str(free_port()))
    done = refused(*words, "--tls-cert", str(file), "--tls-key", str(file))
    assert done.returncode == 2
    assert "--tls-cert" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_wrong_with_a_key_is_named(tmp_path: Path) -> None:
    """And nobody is asked for a pass phrase."""
    files = make_certificate(tmp_path)
    key = load_pem_private_key(files.key.read_bytes(), None)
    chain = load_pem_x509_certificate(files.chain.read_bytes())
    for name, body in {
        "locked.pem": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")),
        "old.pem": key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"word")),
        "key.der": key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "chain.der": chain.public_bytes(Encoding.DER),
    }.items():
        (tmp_path / name).write_bytes(body)
    for cert, its_key, said in (
        (files.chain, tmp_path / "locked.pem", "is encrypted: give one without a pass phrase"),
        (files.chain, tmp_path / "old.pem", "is encrypted: give one without a pass phrase"),
        (files.key, files.chain, "--tls-cert and --tls-key are swapped"),
        (files.chain, tmp_path / "key.der", "key.der is DER"),
        (tmp_path / "chain.der", files.key, "chain.der is DER"),
        (files.chain, tmp_path / "none", "there is no file"),
    ):
        assert said in (why_not(cert, its_key) or ""), said
    assert why_not(files.chain, files.key) is None
    words = ("--demo", "--data", str(tmp_path), "--port", str(free_port()))
    done = refused(*words, "--tls-cert", str(files.chain), "--tls-key", str(tmp_path / "locked.pem"))
    assert (done.returncode, "is encrypted" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_an_address_and_an_archive_that_can_not_be_used_are_refused(tmp_path: Path) -> None:
    words = ("--demo", "--data", str(tmp_path / "data"), "--port", str(free_port()))
    assert "HOISTWAY_BASE_URL must be https" in refused(*words, HOISTWAY_BASE_URL="http://example.com").stderr
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "archive"):
        done = refused(*words, HOISTWAY_AUDIT_ARCHIVE=str(place))
        assert (done.returncode, "HOISTWAY_AUDIT_ARCHIVE: " in done.stderr) == (2, True), done.stderr


def test_another_master_key_is_refused(tmp_path: Path) -> None:
    with started(tmp_path, free_port()):
        pass
    (tmp_path / "master.key").write_text("A" * 43)
    done = refused("--demo", "--data", str(tmp_path), "--port", str(free_port()))
    assert done.returncode == 2
    assert f"another master key than that in HOISTWAY_MASTER_KEY_FILE ({tmp_path / 'master.key'})" in done.stderr


def test_workers_that_can_not_start_end_the_server(tmp_path: Path) -> None:
    program = f"""
import sys
from hoistway.server.parent import Listen, run
from hoistway.settings import Settings
settings = Settings("http://127.0.0.1", "sqlite:///{tmp_path}/missing.db", bytes(32))
sys.exit(run(settings, Listen("127.0.0.1", {free_port()}, 2), lambda: print("ready")))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines].count("worker ended") == 2
    assert {line["because"] for line in lines if line["event"] == "start failed"} == {
        "the database file is gone: No such file or directory"
    }
    assert lines[-1]["event"] == "no worker could start"


async def test_a_database_is_current_once_it_was_migrated(database_url: str, migrated_url: str) -> None:
    assert await is_current(database_url) is False
    assert await is_current(migrated_url) is True


def test_a_current_schema_is_not_migrated_again(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_url: str) -> None:
        raise AssertionError("migrated again")

    monkeypatch.setattr(preparing, "migrate_apart", never)
    preparing.prepare(Settings("http://127.0.0.1", migrated_url, MASTER_KEY))
