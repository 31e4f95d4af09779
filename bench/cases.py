"""What is measured, one function each, and the ceiling with which it is compared."""

import json
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bench.chain import run_chain
from bench.load import Request, run_wrk
from bench.pages import fill_pages, slowest_page
from bench.server import Running, worker_memory
from bench.usage import ratio_in_turns
from bench.world import PASSWORD, SECRET, UNITS_OF_CUSTOMER, USERNAME


@dataclass(frozen=True, slots=True)
class Run:
    server: Running
    seconds: int
    connections: int
    units: int
    database: str
    workers: int
    usage_rows: int


@dataclass(frozen=True, slots=True)
class Case:
    """`ceiling` names the figure of the machine; the goal is a ratio to it."""

    name: str
    measure: Callable[[Run], float]
    ceiling: str | None = None
    goal: float | None = None
    unit: str = "/s"


def post(run: Run, path: str, form: dict[str, str]) -> dict[str, str]:
    with urllib.request.urlopen(run.server.url + path, urlencode(form).encode(), timeout=30) as reply:
        answer: dict[str, str] = json.load(reply)
        return answer


def _daemon(alg: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": f"daemon-{alg}",
        "client_secret": SECRET,
        "scope": "units.read",
    }


def _ropc(alg: str, scope: str) -> dict[str, str]:
    return {
        "grant_type": "password",
        "client_id": f"proxy-{alg}",
        "username": USERNAME,
        "password": PASSWORD,
        "scope": scope,
    }


def _wrk(run: Run, request: Request, connections: int | None = None) -> float:
    return run_wrk(run.server.url, request, run.seconds, connections or run.connections)


def _get(path: str) -> Callable[[Run], float]:
    return lambda run: _wrk(run, Request(path))


def _client_credentials(alg: str) -> Callable[[Run], float]:
    return lambda run: _wrk(run, Request("/oauth2/token", body=urlencode(_daemon(alg))))


def _refresh(alg: str) -> Callable[[Run], float]:
    def measure(run: Run) -> float:
        form = _ropc(alg, "units.read offline_access")
        tokens = [post(run, "/oauth2/token", form)["refresh_token"] for _ in range(run.connections)]
        return run_chain(run.server.port, run.seconds, f"proxy-{alg}", tokens)

    return measure


def _password(run: Run) -> float:
    post(run, "/oauth2/token", _ropc("es256", "units.read"))
    return _wrk(run, Request("/oauth2/token", body=urlencode(_ropc("es256", "units.read"))), 8)


def _bearer(run: Run) -> dict[str, str]:
    return {"Authorization": "Bearer " + post(run, "/oauth2/token", _daemon("es256"))["access_token"]}


def _units(run: Run) -> float:
    return _wrk(run, Request("/api/v1/units?limit=20", _bearer(run)))


def _last_units(run: Run) -> float:
    """The page of the last 20 units of the customer."""
    headers, cursor, left = _bearer(run), "", min(UNITS_OF_CUSTOMER, run.units) - 20
    while left > 0:
        size = min(left, 1000)
        query = urlencode({"limit": size} | ({"cursor": cursor} if cursor else {}))
        asked = urllib.request.Request(f"{run.server.url}/api/v1/units?{query}", headers=headers)
        with urllib.request.urlopen(asked, timeout=30) as reply:
            cursor = json.load(reply)["next_cursor"]
        left -= size
    return _wrk(run, Request("/api/v1/units?" + urlencode({"limit": 20, "cursor": cursor}), headers))


def _introspection(run: Run) -> float:
    token = post(run, "/oauth2/token", _daemon("es256"))["access_token"]
    basic = b64encode(f"daemon-es256:{SECRET}".encode()).decode()
    return _wrk(run, Request("/oauth2/introspect", {"Authorization": f"Basic {basic}"}, urlencode({"token": token})))


def _counting(run: Run) -> float:
    def ask(server: Running) -> Request:
        return Request("/api/v1/units?limit=20", _bearer(replace(run, server=server)))

    return ratio_in_turns(run.database, run.workers, ask, run.seconds, run.connections, second_is=("uncounted",))


def _metrics(request: Request) -> Callable[[Run], float]:
    """What metrics leave of the rate; the requests cost the server as little as any."""

    def measure(run: Run) -> float:
        return ratio_in_turns(
            run.database, run.workers, lambda _server: request, run.seconds, run.connections, first_is=("metrics",)
        )

    return measure


def _pages(run: Run) -> float:
    fill_pages(run.database, run.usage_rows)
    return slowest_page(run.server)


def _quiet_memory(run: Run) -> float:
    """What hashing took goes back when nobody has signed in for three seconds."""
    time.sleep(6)
    return worker_memory(run.server.pid)


CASES = (
    Case("startup", lambda run: run.server.started_in, unit="s"),
    Case("discovery", _get("/.well-known/openid-configuration"), "bare ASGI", 0.7),
    Case("jwks", _get("/oauth2/jwks"), "bare ASGI", 0.7),
    Case("client-credentials-es256", _client_credentials("es256"), "ES256 signatures"),
    Case("client-credentials-rs256", _client_credentials("rs256"), "RS256 signatures", 0.65),
    Case("refresh-es256", _refresh("es256"), "commits", 0.4),
    Case("refresh-rs256", _refresh("rs256"), "RS256 signatures", 0.45),
    Case("introspection", _introspection),
    Case("units", _units, "selects", 0.15),
    Case("units-last-page", _last_units, "selects", 0.15),
    Case("password", _password, "argon2id", 0.9),
    Case("memory-hashing", lambda run: worker_memory(run.server.pid), unit="MB"),
    Case("memory", _quiet_memory, unit="MB"),
    Case("usage", _counting, goal=0.95, unit="of uncounted"),
    Case("metrics-discovery", _metrics(Request("/.well-known/openid-configuration")), goal=0.97, unit="of without"),
    Case(
        "metrics-client-credentials",
        _metrics(Request("/oauth2/token", body=urlencode(_daemon("es256")))),
        goal=0.97,
        unit="of without",
    ),
    Case("portal-pages", _pages, goal=100, unit="ms"),
)
