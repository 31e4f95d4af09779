"""The command before two real servers: who answers, what is compared, what is never sent on, how it ends."""

import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from hoistway.authn.passwords import Passwords
from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.jwt import read_unverified
from hoistway.store.account_passwords import set_service_account_password
from hoistway.store.db import Writer
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.receiver import until
from tests.server import Served, change, populate, serving
from tests.world import API_URI, DIGEST, NOW, PASSWORD, TENANT_NAME

TOKEN = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"
FORM = {
    "grant_type": "password", "username": "daemon-a", "password": PASSWORD, "client_id": "ropc",
    "scope": f"openid ropc offline_access {API_URI}",
}  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def sides(request: pytest.FixtureRequest) -> Iterator[tuple[Served, Served]]:
    databases = [fresh_database(request.param, populate) for _ in range(2)]
    with serving(databases[0]) as old, serving(databases[1]) as new:
        yield old, new
    for one in databases:
        drop_database(one)


class Shadow:
    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        body = None if form is None else urlencode(form).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, body, named), timeout=20) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def end(self, code: int) -> dict[str, Any]:
        self.process.send_signal(signal.SIGTERM)
        out, told = self.process.communicate(timeout=30)
        assert self.process.returncode == code, told
        found: dict[str, Any] = json.loads(out)
        return found


@contextmanager
def shadow(old: str, new: str, *words: str) -> Iterator[Shadow]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "hoistway", "shadow", "--old", old, "--new", new, "--port", str(port), "--json", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until(lambda: answers(port))
        yield Shadow(process, f"http://127.0.0.1:{port}")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def answered_by(one: Shadow, side: Served) -> bool:
    return issuer_of(one.ask(TOKEN, FORM)[1]).startswith(side.url)


def issuer_of(tokens: dict[str, Any]) -> str:
    return str(read_unverified(tokens["access_token"])[1]["iss"])


@pytest.mark.parametrize("by", ["old", "new"])
def test_one_side_answers_and_both_are_compared(sides: tuple[Served, Served], by: str) -> None:
    old, new = sides
    with shadow(old.url, new.url, "--answers", by) as one:
        status, tokens = one.ask(TOKEN, FORM)
        assert status == 200
        assert issuer_of(tokens).startswith((old if by == "old" else new).url)
        assert one.ask("/.well-known/openid-configuration")[0] == 200
        status, units = one.ask("/api/v1/units?limit=2", Authorization=f"Bearer {tokens['access_token']}")
        assert status == 200
        assert units["items"]
        status, again = one.ask(
            TOKEN, {"grant_type": "refresh_token", "client_id": "ropc", "refresh_token": tokens["refresh_token"]}
        )
        assert status == 200
        assert again["refresh_token"] != tokens["refresh_token"]
        found = one.end(0)
    assert found["answered"] == found["compared"] == found["same"], found
    assert found["differ"] == 0
    assert found["groups"] == []


def test_a_wrong_password_goes_to_the_side_that_answers_alone(sides: tuple[Served, Served]) -> None:
    old, new = sides
    with shadow(old.url, new.url) as one:
        status, refused = one.ask(TOKEN, {**FORM, "password": "wrong"})
        assert (status, refused["error"]) == (400, "access_denied")
        found = one.end(0)
    assert found["compared"] == 0
    assert found["left_out"] == [{"because": "a refused token request is not sent on", "count": 1}]


def give(served: Served, digest: str) -> None:
    async def work(tx: Writer) -> None:
        await set_service_account_password(tx, ServiceAccountId("sa-a"), digest, NOW)

    change(served.database, work)


def test_whom_the_other_side_refuses_is_not_sent_on_again(sides: tuple[Served, Served]) -> None:
    """The password was changed at one side: a daemon with a token for each call would be locked out at the other."""
    old, new = sides
    give(old, Passwords(1).hash_now("another password than before"))
    with shadow(old.url, new.url) as one:
        for _ in range(4):
            assert one.ask(TOKEN, FORM)[0] == 200
        found = one.end(1)
    give(old, DIGEST)
    assert (found["answered"], found["compared"], found["differ"]) == (4, 1, 1)
    assert [row["count"] for row in found["left_out"]] == [3]


def test_one_application_at_a_time_and_the_rules_are_read_again(sides: tuple[Served, Served], tmp_path: Path) -> None:
    old, new = sides
    rules = tmp_path / "rules.yaml"
    rules.write_text("switched: {applications: [ropc]}\n")
    with shadow(old.url, new.url, "--answers", "old", "--with", str(rules), "--share", "0") as one:
        _, tokens = one.ask(TOKEN, FORM)
        assert issuer_of(tokens).startswith(new.url)
        status, _ = one.ask("/api/v1/units?limit=1", Authorization=f"Bearer {tokens['access_token']}")
        assert status == 200, "a call goes where its token is from"
        for text, side in (
            ("switched: {applications: [other]}\n", old),
            ("switched: {tenants: [" + TENANT_NAME.upper() + "]}\n", new),
        ):
            rules.write_text(text)
            one.process.send_signal(signal.SIGHUP)
            until(partial(answered_by, one, side))
        rules.write_text("switched: {nobody: []}\n")
        one.process.send_signal(signal.SIGHUP)
        assert issuer_of(one.ask(TOKEN, FORM)[1]).startswith(new.url), "a wrong file changes nothing"
        found = one.end(0)
    assert found["compared"] == 0


def test_what_differs_is_grouped_and_reported(sides: tuple[Served, Served], tmp_path: Path) -> None:
    old, new = sides
    report, rules = tmp_path / "differences.ndjson", tmp_path / "rules.yaml"
    rules.write_text("paths: {/healthz: /no-such-page}\n")
    with shadow(old.url, new.url, "--answers", "old", "--with", str(rules), "--report", str(report)) as one:
        for _ in range(3):
            assert one.ask("/healthz")[0] == 200
        found = one.end(1)
    assert (found["compared"], found["differ"]) == (3, 3)
    assert {(group["at"], group["old"], group["new"]) for group in found["groups"]} >= {("status", "200", "404")}
    assert all(json.loads(line)["path"] == "/healthz" for line in report.read_text().splitlines())


@pytest.mark.parametrize("silent", ["old", "new"])
def test_a_side_that_does_not_answer(sides: tuple[Served, Served], silent: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        old, new = (nobody, sides[1].url) if silent == "old" else (sides[0].url, nobody)
        with shadow(old, new) as one:
            status, said = one.ask("/healthz")
            if silent == "old":
                assert status == 200, "the caller notices nothing"
                found = one.end(1)
                assert found["groups"][0]["what"] == "no answer"
            else:
                assert (status, said["error"]) == (502, "temporarily_unavailable")
                assert said["correlation_id"]
                one.end(0)


def test_bodies_are_bounded(sides: tuple[Served, Served]) -> None:
    with shadow(sides[0].url, sides[1].url) as one:
        status, said = one.ask(TOKEN, {"x": "y" * (5 << 20)})
        assert (status, said["error"]) == (413, "invalid_request")
        one.end(0)


class Odd:
    """A side that answers with these bytes."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                connection.sendall(b"HTTP/1.1 200 OK\r\n" + self._head + b"Content-Length: 2\r\n\r\n{}")

    def close(self) -> None:
        self._listening.close()


@pytest.mark.parametrize(
    ("head", "status", "told"),
    [
        (b"X-A: a\rSet-Cookie: evil=1\r\n", 502, None),
        (b"X-A: a\r\r\n", 502, None),
        (b"X-A: a\r\n b\r\n", 200, "a b"),
        (b"X-A: a\x01b\r\n", 502, None),
    ],
)
def test_what_an_odd_side_says_in_its_head(
    sides: tuple[Served, Served], head: bytes, status: int, told: str | None
) -> None:
    odd = Odd(head)
    with shadow(odd.url, sides[1].url, "--answers", "old", "--share", "0") as one:
        reply = httpx2.get(f"{one.url}/api/v1/units")
        assert (reply.status_code, reply.headers.get("x-a"), reply.headers.get("set-cookie")) == (status, told, None)
        one.end(0)
    odd.close()


def test_a_form_of_a_million_fields_is_passed_on_and_not_read(sides: tuple[Served, Served], tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("switched: {applications: [ropc]}\n")
    with shadow(sides[0].url, sides[1].url, "--with", str(rules)) as one:
        reply = httpx2.post(
            f"{one.url}{TOKEN}",
            content=b"a&" * 1_000_000,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert reply.status_code in {400, 413}
        found = one.end(0)
    assert found["left_out"] == [{"because": "its form is longer than either side reads", "count": 1}]


def test_more_callers_than_one_address_may_have_elsewhere(sides: tuple[Served, Served]) -> None:
    """All come from the proxy in front. Whoever sends slowly takes no place from others."""
    with shadow(sides[0].url, sides[1].url) as one, ExitStack() as held:
        host, port = one.url.removeprefix("http://").split(":")
        head = f"POST {TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc"
        for _ in range(600):
            held.enter_context(socket.create_connection((host, int(port)))).sendall(head.encode())
        assert one.ask("/healthz")[0] == 200
        one.process.kill()
