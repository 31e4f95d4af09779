"""Row 74: metrics, traces, health and log tell operators how the server is, and nobody anything else."""

import json
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from hoistway.server.metrics.board import Board
from hoistway.server.metrics.exposition import render
from tests.attacks.asking import bearer, daemon_token, password, post
from tests.attacks.test_leaks import everything
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.scraping import of_board, once
from tests.server import Served, populate, serving
from tests.world import API_URI, SECRET

PUBLIC = (
    "/metrics", "/metrics/", "//metrics", "/METRICS", "/-/metrics", "/debug/metrics", "/api/v1/metrics", "/console/metrics",
    "/portal/metrics", "/oauth2/metrics", "/_metrics", "/actuator/prometheus", "/debug/vars", "/traces", "/v1/traces", "/log",
    "/metrics?token=x", "/%6detrics", "/static/../metrics",
)  # fmt: skip
METHODS = ("GET", "POST", "PROPFIND", "BREW", "X" * 200)


@dataclass(frozen=True)
class Watched:
    served: Served
    board: Board

    def text(self) -> str:
        return render(self.board, {}).decode()

    def series(self) -> set[str]:
        return {line.rpartition(" ")[0] for line in self.text().splitlines() if not line.startswith("#")}


@pytest.fixture
def watched(engine_name: EngineName) -> Iterator[Watched]:
    url, board = fresh_database(engine_name, populate), Board(1)
    with serving(url, board=board, access_log=True) as served:
        yield Watched(served, board)
    drop_database(url)


def test_the_public_address_has_no_metrics(served: Served) -> None:
    """Row 74: for nobody, with a token or as an operator who is signed in."""
    signed, token = Person(served), daemon_token(served)
    signed.sign_in(signed.get("/sign-in"), "olga")
    for path in PUBLIC:
        for reply in (httpx2.get(served.url + path), bearer(served, token, path), signed.http.get(path)):
            # An address of the console that names nothing leads strangers to sign in.
            assert reply.status_code in {303, 400, 403, 404}, path
            assert "hoistway_" not in reply.text
            assert "# TYPE" not in reply.text


def flood(served: Served, times: int) -> None:
    """Made-up paths, methods, grants, applications, names, scopes and headers, each another one."""
    with httpx2.Client(base_url=served.url, timeout=30) as http:
        for number in range(times):
            odd = secrets.token_urlsafe(8)
            http.request(METHODS[number % len(METHODS)], f"/{odd}")
            http.get(f"/api/v1/units/{odd}")
            http.get(f"/portal/guides/{odd}")
            http.get(f"/{odd}.onmicrosoft.com/b2c_{odd}/v2.0/.well-known/openid-configuration")
            http.post(f"/{uuid.uuid4()}/{odd}/oauth2/v2.0/token", data={"grant_type": odd})
            http.get("/oauth2/jwks", headers={"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"})
            http.post("/oauth2/token", data={"grant_type": odd, "client_id": "daemon", "client_secret": SECRET})
            http.post(
                "/oauth2/token", data={"grant_type": "client_credentials", "client_id": odd, "client_secret": odd}
            )
            http.post("/oauth2/token", data={"grant_type": f"password{odd}", "username": odd, "password": odd})
            http.get("/oauth2/authorize", params={"client_id": odd, "response_type": odd, "scope": odd})


def test_made_up_words_make_no_series(watched: Watched) -> None:
    """Row 74: what a caller chose is counted, as what it is not."""
    flood(watched.served, 5)
    before = watched.series()
    flood(watched.served, 40)
    once(
        lambda: of_board(watched.board), "hoistway_tokens_total", "other", "unsupported_grant_type",
        holds=lambda number: number == 45,
    )  # fmt: skip
    assert watched.series() == before
    # Three of the five methods are known to HTTP; the others end before they have a path.
    assert of_board(watched.board)[("hoistway_requests_total", ("other", "404"))] == 27


def test_no_person_and_no_secret_in_metrics(watched: Watched) -> None:
    """Row 74: a day, also a bad one, leaves numbers alone: no name, address, id, application, customer, token or password."""
    known = everything(watched.served)
    password(watched.served, "daemon-a", scope=API_URI)
    post(watched.served, grant_type="client_credentials", client_id="daemon", client_secret=SECRET)
    once(
        lambda: of_board(watched.board),
        "hoistway_sign_ins_total",
        "person",
        "succeeded",
        holds=lambda number: number >= 1,
    )
    text = watched.text()
    assert [secret for secret in known if secret in text] == []
    values = {value for line in watched.series() for value in re.findall(r'="([^"]*)"', line)}
    personal = {
        "ann",
        "ann@example.com",
        "u-ann",
        "daemon",
        "daemon-a",
        "sa-a",
        "c-a",
        "c-b",
        "spa",
        "ropc",
        "127.0.0.1",
    }
    assert values & personal == set()
    assert not re.search(r"@|[0-9a-f]{8}-[0-9a-f]{4}|\b\d+\.\d+\.\d+\.\d+\b", text.replace("[0-9]", ""))


def test_what_a_caller_sends_forges_no_line_of_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    """Row 74: neither a line, nor a field of one, nor a trace; and no header but the one that is asked for gets there."""
    odd = '%0A{"event":"forged"}'
    trace = "00-" + "4bf92f3577b34da6a3ce929d0e0e4736" + "-00f067aa0ba902b7-01"
    url = fresh_database("sqlite", populate)
    with serving(url, access_log=True) as served:
        for value in (f"{trace},{trace}", trace + '","event":"forged', trace.upper(), trace[:-3], "x" * 8000):
            headers = {
                "traceparent": value,
                "user-agent": "agent-word",
                "tracestate": "state-word",
                "x-odd": "odd-word",
            }
            reply = httpx2.get(f"{served.url}/oauth2/userinfo{odd}?query-word=1", headers=headers)
            assert reply.status_code == 404
    drop_database(url)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert len([line for line in lines if line["event"] == "request"]) == 5
    assert [line for line in lines if line["event"] == "forged" or "trace_id" in line] == []
    text = json.dumps(lines)
    assert [word for word in ("agent-word", "state-word", "odd-word", "query-word") if word in text] == []


def test_health_tells_no_more_than_whether(watched: Watched) -> None:
    """Row 74: neither version, nor names, nor addresses."""
    for path in ("/healthz", "/readyz"):
        body = httpx2.get(watched.served.url + path).json()
        assert set(body) <= {"status", "ready", "checks"}
        assert set(body.get("checks", ())) <= {"database", "schema", "writable", "keys"}
