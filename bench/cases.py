"""What is measured, one function each, and the ceiling with which it is compared."""

import json
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from urllib.parse import urlencode

from bench.accounts import measure_accounts
from bench.chain import run_chain, time_chain
from bench.enumeration import enumeration
from bench.flood import Left, what_is_left
from bench.load import Rate, Request, run_wrk, time_wrk
from bench.pages import fill_pages, slowest_page
from bench.peer import client_credentials_in_turns, refresh_in_turns
from bench.server import Running, started, worker_memory
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
    people: int


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
        return run_chain(run.server.port, run.seconds, f"proxy-{alg}", _refresh_tokens(run, alg))

    return measure


def _refresh_tokens(run: Run, alg: str) -> list[str]:
    form = _ropc(alg, "units.read offline_access")
    return [post(run, "/oauth2/token", form)["refresh_token"] for _ in range(run.connections)]


def _password(scope: str) -> Callable[[Run], float]:
    """The same account again: its password was proven a moment ago."""
    return lambda run: _wrk(run, Request("/oauth2/token", body=urlencode(_ropc("es256", scope))))


@dataclass(frozen=True, slots=True)
class Hashing:
    """Passwords a second where none is remembered; what a worker holds right after them, and six seconds later."""

    each_second: float
    busy: float
    quiet: float


@lru_cache(1)
def _hashing(run: Run) -> Hashing:
    with started("bench.server", run.database, str(run.workers), "forgetful", ready="/readyz") as server:
        request = Request("/oauth2/token", body=urlencode(_ropc("es256", "units.read")))
        rate = run_wrk(server.url, request, run.seconds, 8)
        busy = worker_memory(server.pid)
        # What hashing took goes back when nobody has signed in for three seconds.
        time.sleep(6)
        return Hashing(rate, busy, worker_memory(server.pid))


@lru_cache(1)
def _left(run: Run) -> Left:
    """To refreshing, the API and probes."""
    with started("bench.server", run.database, str(run.workers), "proxied", ready="/readyz") as server:
        here = replace(run, server=server)

        def refresh() -> Rate:
            return time_chain(server.port, run.seconds, "proxy-es256", _refresh_tokens(here, "es256"))

        ask = partial(time_wrk, server.url, seconds=run.seconds, connections=run.connections)
        units, probe = Request("/api/v1/units?limit=20", _bearer(here)), Request("/healthz")
        return what_is_left(server, run.seconds, [refresh, lambda: ask(units), lambda: ask(probe)])


def _bearer(run: Run) -> dict[str, str]:
    return {"Authorization": "Bearer " + post(run, "/oauth2/token", _daemon("es256"))["access_token"]}


def _units(run: Run) -> float:
    return _wrk(run, Request("/api/v1/units?limit=20", _bearer(run)))


def _read_units(run: Run) -> float:
    with started("bench.server", run.database, str(run.workers), "unkept", ready="/readyz") as server:
        return _units(replace(run, server=server))


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


def _peer(ours: Callable[[Run], float], in_turns: Callable[..., float], algorithm: str) -> Callable[[Run], float]:
    """`algorithm` is the peer's; ours is ES256."""
    return lambda run: in_turns(lambda: ours(run), run.seconds, run.workers, run.connections, algorithm)


_SLOWER: dict[str, float] = {}
"""By how much many people slow things down, by database; measured with the pages."""


def _accounts(run: Run) -> float:
    slowest, _SLOWER[run.database] = measure_accounts(run.database, run.workers, run.people)
    return slowest


def _accounts_many(run: Run) -> float:
    """Raises RuntimeError."""
    if run.database not in _SLOWER:
        raise RuntimeError("accounts was not measured")
    return _SLOWER[run.database]


def _pages(run: Run) -> float:
    fill_pages(run.database, run.usage_rows)
    return slowest_page(run.server)


CASES = (
    Case("enumeration", lambda run: enumeration(run.database), unit="%"),
    Case("startup", lambda run: run.server.started_in, unit="s"),
    Case("discovery", _get("/.well-known/openid-configuration"), "bare ASGI", 0.7),
    Case("jwks", _get("/oauth2/jwks"), "bare ASGI", 0.7),
    Case("client-credentials-es256", _client_credentials("es256"), "ES256 signatures"),
    Case("client-credentials-rs256", _client_credentials("rs256"), "RS256 signatures", 0.65),
    Case("refresh-es256", _refresh("es256"), "commits", 0.4),
    Case("refresh-rs256", _refresh("rs256"), "RS256 signatures", 0.45),
    Case("introspection", _introspection),
    Case("units", _units, goal=8000),
    Case("units-read", _read_units, "selects", 0.15),
    Case("units-last-page", _last_units, goal=8000),
    Case("password", _password("units.read"), goal=5000),
    Case("password-offline", _password("units.read offline_access")),
    Case("password-first", lambda run: _hashing(run).each_second, "argon2id", 0.95),
    Case("memory-hashing", lambda run: _hashing(run).busy, unit="MB"),
    Case("memory", lambda run: _hashing(run).quiet, unit="MB"),
    Case("flood", lambda run: _left(run).share, goal=0.7, unit="of the rate without"),
    Case("flood-p99", lambda run: _left(run).p99, goal=100, unit="ms"),
    Case("usage", _counting, goal=0.95, unit="of uncounted"),
    Case("metrics-discovery", _metrics(Request("/.well-known/openid-configuration")), goal=0.97, unit="of without"),
    Case(
        "metrics-client-credentials",
        _metrics(Request("/oauth2/token", body=urlencode(_daemon("es256")))),
        goal=0.97,
        unit="of without",
    ),
    Case("peer-refresh", _peer(_refresh("es256"), refresh_in_turns, "RS256"), goal=7, unit="times the peer"),
    Case("peer-refresh-es256", _peer(_refresh("es256"), refresh_in_turns, "ES256"), unit="times the peer"),
    Case(
        "peer-client-credentials",
        _peer(_client_credentials("es256"), client_credentials_in_turns, "RS256"),
        goal=4,
        unit="times the peer",
    ),
    Case(
        "peer-client-credentials-es256",
        _peer(_client_credentials("es256"), client_credentials_in_turns, "ES256"),
        unit="times the peer",
    ),
    Case("portal-pages", _pages, goal=100, unit="ms"),
    Case("accounts", _accounts, goal=20, unit="ms"),
    Case("accounts-many", _accounts_many, goal=1, unit="times as long"),
)
