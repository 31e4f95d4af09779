"""What metrics tell of a day: each kind of number moves when what it counts happens, on both engines."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from hoistway.server.metrics.board import Board
from tests.attacks.asking import bearer, daemon_token, password, post
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.scraping import Values, of_board, once
from tests.server import Served, populate, serving
from tests.world import API_URI, SECRET, TENANT_NAME


@dataclass(frozen=True)
class Watched:
    served: Served
    board: Board

    def values(self) -> Values:
        return of_board(self.board)

    def counted(self, name: str, *labels: str, least: float = 1) -> float:
        return once(self.values, name, *labels, holds=lambda number: number >= least)


@pytest.fixture
def watched(engine_name: EngineName) -> Iterator[Watched]:
    url, board = fresh_database(engine_name, populate), Board(1)
    with serving(url, board=board) as served:
        yield Watched(served, board)
    drop_database(url)


def test_requests_by_route_and_status(watched: Watched) -> None:
    served = watched.served
    token = daemon_token(served)
    for _ in range(3):
        assert bearer(served, token).status_code == 200
    bearer(served, token, "/api/v1/units/US-c-a-10")
    bearer(served, "none")
    httpx2.get(f"{served.url}/{TENANT_NAME}/B2C_1_SignIn/v2.0/.well-known/openid-configuration")
    httpx2.get(f"{served.url}/nothing/here")
    found = watched.values()
    name = "hoistway_requests_total"
    assert found[(name, ("/api/v1/units", "200"))] == 3
    assert found[(name, ("/api/v1/units", "401"))] == 1
    assert (name, ("/api/v1/units/{unit_id}", "200")) in found
    assert found[(name, ("/oauth2/token", "200"))] == 1
    assert found[(name, ("/{tenant}/{policy}/v2.0/.well-known/openid-configuration", "200"))] == 1
    assert found[(name, ("other", "404"))] == 1
    assert found[("hoistway_request_duration_seconds_count", ("/api/v1/units",))] == 4
    assert 0 < found[("hoistway_request_duration_seconds_sum", ("/api/v1/units",))] < 60


def test_what_is_no_request(watched: Watched) -> None:
    address = ("127.0.0.1", int(watched.served.url.rpartition(":")[2]))
    odd = (
        b"NO HTTP\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    )
    for sent, status in zip(odd, ("400", "431", "505"), strict=True):
        with socket.create_connection(address, 10) as connection:
            connection.sendall(sent)
            assert connection.recv(100).startswith(f"HTTP/1.1 {status} ".encode())
        watched.counted("hoistway_malformed_requests_total", status)


def test_tokens_and_sign_ins(watched: Watched) -> None:
    served = watched.served
    daemon_token(served)
    post(served, grant_type="client_credentials", client_id="daemon", client_secret="wrong")
    post(served, grant_type="made-up", client_id="daemon", client_secret=SECRET)
    assert password(served, "daemon-a", scope=API_URI).status_code == 200
    password(served, "daemon-a", "wrong", scope=API_URI)
    password(served, "nobody", "wrong", scope=API_URI)
    person = Person(served)
    person.sign_in(person.get("/sign-in"), "ann", "wrong")
    person.sign_in(person.get("/sign-in"), "ann")
    tokens, sign_ins = "hoistway_tokens_total", "hoistway_sign_ins_total"
    watched.counted(sign_ins, "person", "succeeded")
    found = watched.values()
    assert found[(tokens, ("client_credentials", "issued"))] == 1
    assert found[(tokens, ("client_credentials", "invalid_client"))] == 1
    assert found[(tokens, ("other", "unsupported_grant_type"))] == 1
    assert found[(tokens, ("password", "issued"))] == 1
    assert found[(tokens, ("password", "invalid_grant"))] == 2
    assert found[(sign_ins, ("technical_account", "succeeded"))] == 1
    assert found[(sign_ins, ("technical_account", "wrong"))] == 1
    assert found[(sign_ins, ("technical_account", "unknown"))] == 1
    assert found[(sign_ins, ("person", "wrong"))] == 1
    # The account that does not exist is hashed for like any other.
    assert found[("hoistway_password_hash_seconds_count", ())] == 5
    assert found[("hoistway_password_wait_seconds_count", ())] == 5
    assert found[("hoistway_password_hash_seconds_sum", ())] > 0.01


def test_locks(watched: Watched) -> None:
    for number in range(11):
        password(watched.served, "daemon-a", f"wrong-{number}", scope=API_URI)
    watched.counted("hoistway_lockouts_total", "pair")
    found = watched.values()
    assert found[("hoistway_lockouts_total", ("pair",))] == 1
    assert found[("hoistway_sign_ins_total", ("technical_account", "locked"))] == 1


def test_database_caches_and_housekeeping(watched: Watched) -> None:
    token = daemon_token(watched.served)
    for _ in range(2):
        bearer(watched.served, token)
    watched.counted("hoistway_cache_hits_total", "access_tokens")
    watched.counted("hoistway_cache_misses_total", "access_tokens")
    watched.counted("hoistway_cache_misses_total", "unit_pages", least=2)
    for _ in range(2):
        assert password(watched.served, "daemon-a", scope=API_URI).status_code == 200
    password(watched.served, "daemon-a", "wrong", scope=API_URI)
    watched.counted("hoistway_cache_hits_total", "passwords")
    watched.counted("hoistway_cache_misses_total", "passwords")
    watched.counted("hoistway_cache_hits_total", "clients")
    watched.counted("hoistway_cache_misses_total", "clients")
    watched.counted("hoistway_database_seconds_count", "statement")
    watched.counted("hoistway_database_seconds_count", "transaction")
    watched.counted("hoistway_housekeeping_runs_total", "up", "done")
    watched.counted("hoistway_housekeeping_runs_total", "counts", "done")
    last = watched.counted("hoistway_housekeeping_last_success_timestamp_seconds", "up", least=1_700_000_000)
    assert last < 10_000_000_000
    watched.counted("hoistway_database_connections")
    watched.counted("hoistway_signing_key_rotation_timestamp_seconds", "ES256", least=1_700_000_000)


def test_connections() -> None:
    board = Board(1)
    url = fresh_database("sqlite", populate)
    with serving(url, board=board, connections_per_address=2) as served, httpx2.Client(base_url=served.url) as one:
        one.get("/healthz")
        once(lambda: of_board(board), "hoistway_connections", holds=lambda number: number == 1)
        with httpx2.Client(base_url=served.url) as two, httpx2.Client(base_url=served.url) as three:
            two.get("/healthz")
            assert three.get("/healthz").status_code == 503
        once(lambda: of_board(board), "hoistway_connections_turned_away_total", holds=lambda number: number == 1)
    drop_database(url)
