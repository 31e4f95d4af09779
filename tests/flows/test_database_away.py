"""A database that goes away under a running server: 503 until it is back, nothing half written, no restart."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, NoReturn

import httpx2
import pytest
from sqlalchemy import Table, func, select

from hoistway.authn.counting import PAIR
from hoistway.authn.passwords import Passwords
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.store.db import Statement
from hoistway.store.open import open_database
from hoistway.store.patience import ANSWER_WITHIN
from hoistway.store.tables import TABLES
from tests.attacks.asking import CHALLENGE, password, refresh
from tests.engines import ENGINES, drop_database, fresh_database, kill_postgresql, start_postgresql, url_on
from tests.flows.browser import Person, hidden
from tests.server import Clock, Served, populate, serving
from tests.world import API_URI, PASSWORD, SECRET, TENANT_NAME

Ask = Callable[[], httpx2.Response]
B2C = f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0"


@dataclass(frozen=True)
class Away:
    """A server whose database the test takes away and brings back."""

    served: Served
    clock: Clock
    go: Callable[[], object]
    come_back: Callable[[], object]

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The server looks for a file twenty times a second. What it remembers for two seconds is over, too."""
        self.go()
        time.sleep(0.1)
        self.clock.turn(10)
        try:
            yield
        finally:
            self.come_back()


@pytest.fixture(scope="module", params=ENGINES)
def away(request: pytest.FixtureRequest) -> Iterator[Away]:
    if request.param == "postgresql":
        server = start_postgresql("away")
        url = url_on(server, "postgres")
        populate(url)
        clock = Clock()
        with serving(url, now=clock, within=ANSWER_WITHIN) as served:
            yield Away(served, clock, lambda: kill_postgresql(server), server.start)
        server.stop()
        return
    url = fresh_database("sqlite", populate)
    clock = Clock()
    path = Path(url.removeprefix("sqlite:///"))
    aside = path.with_suffix(".aside")
    with serving(url, now=clock, within=ANSWER_WITHIN) as served:
        yield Away(served, clock, lambda: path.rename(aside), lambda: aside.rename(path))
    drop_database(url)


def counting(table: Table) -> Statement[int]:
    return Statement(lambda: select(func.count()).select_from(table), int)


def rows(database: str) -> dict[str, int]:
    """The number of rows in every table that requests write; counts of use are written beside them, in their own time."""

    async def count() -> dict[str, int]:
        db = await open_database(database)
        tables = [table for table in TABLES if not table.name.startswith(("usage_", "recent_", "actor_"))]
        statements = {table.name: counting(table) for table in tables}
        counted = {name: await db.one(statement, {}) or 0 for name, statement in statements.items()}
        await db.close()
        return counted

    return asyncio.run(count())


def requests(served: Served) -> dict[str, Ask]:
    """One good request of each kind that needs the database, ready to be sent."""
    person = Person(served)
    tokens = person.tokens("spa", "ann", "openid offline_access units.read profile.read profile.write")
    code, verifier = person.code("spa", "ann")
    other = Person(served)
    page = other.authorize("spa", scope="openid", **CHALLENGE)
    credentials = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf")}
    client = {"client_id": "daemon", "client_secret": SECRET}
    origin = {"origin": "http://127.0.0.1:8499"}
    bearer = {"authorization": f"Bearer {tokens['access_token']}", **origin}
    ropc = {
        "grant_type": "password",
        "client_id": "ropc",
        "username": "daemon-a",
        "password": PASSWORD,
        "scope": API_URI,
    }
    asked: dict[str, Any] = {"client_id": "spa", "response_type": "code", "scope": "openid", **CHALLENGE}
    asked |= {"redirect_uri": "http://127.0.0.1:8499/callback"}

    def post(path: str, **form: str) -> Ask:
        return lambda: person.http.post(path, data=form, headers=origin)

    def get(path: str, **params: str) -> Ask:
        return lambda: person.http.get(path, params=params, headers=bearer)

    redeemed = {"grant_type": "authorization_code", "client_id": "spa", "redirect_uri": asked["redirect_uri"]}
    rotated = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": tokens["refresh_token"]}
    return {
        "client credentials": post("/oauth2/token", grant_type="client_credentials", **client),
        "password": post("/oauth2/token", **ropc),
        "password, B2C": post(f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token", **ropc),
        "refresh": post("/oauth2/token", **rotated),
        "code": post("/oauth2/token", **redeemed, code=code, code_verifier=verifier),
        "introspect": post("/oauth2/introspect", **client, token=tokens["access_token"]),
        "revoke": post("/oauth2/revoke", client_id="spa", token="nonsense"),
        "userinfo": get("/oauth2/userinfo"),
        "discovery": get("/.well-known/openid-configuration"),
        "discovery, B2C": get(f"/{TENANT_NAME}/B2C_1_SignIn/v2.0/.well-known/openid-configuration"),
        "API metadata": get("/.well-known/oauth-protected-resource"),
        "units": get("/api/v1/units"),
        "units by text": get("/api/v1/units", text="us"),
        "unit": get("/api/v1/units/US-c-a-11"),
        "sites": get("/api/v1/sites"),
        "me": get("/api/v1/me"),
        "user": get("/api/v1/users/u-ann"),
        "profile": lambda: person.http.patch("/api/v1/users/u-ann", json={"name": "Ann"}, headers=bearer),
        "authorize": get("/oauth2/authorize", **asked),
        "authorize, B2C": get(f"{B2C}/authorize", **asked),
        "sign in": lambda: other.http.post(
            "/sign-in", data={**credentials, "username": "ann@example.com", "password": PASSWORD}
        ),
        "interaction": lambda: other.http.get("/interaction", params={"ticket": credentials["ticket"]}),
        "sign out": get("/oauth2/logout"),
        "portal": get("/portal"),
    }


PAGES = {"authorize", "authorize, B2C", "sign in", "interaction", "sign out", "portal"}


def assert_unavailable(name: str, reply: httpx2.Response) -> None:
    assert reply.status_code == 503, f"{name}: {reply.status_code} {reply.text}"
    assert int(reply.headers["retry-after"]) > 0, name
    assert reply.headers["x-correlation-id"] in reply.text, name
    assert not {"location", "set-cookie", "etag"} & set(reply.headers), name
    for trace in ("Traceback", "asyncpg", "sqlite", "postgres", "hoistway/"):
        assert trace not in reply.text, name
    kind = reply.headers["content-type"]
    if name in PAGES:
        assert kind.startswith("text/html"), name
    elif kind == "application/problem+json":
        assert reply.json()["status"] == 503
        assert reply.json()["type"].endswith("/portal/guides/errors#unavailable"), name
    else:
        assert reply.json()["error"] == "temporarily_unavailable", name
        assert reply.json()["error_description"].startswith("AADB2C9") is name.endswith(", B2C"), name


def test_nothing_is_answered_and_nothing_is_lost(away: Away) -> None:
    served = away.served
    asked = requests(served)
    before = rows(served.database)
    with away.gone():
        for name, ask in asked.items():
            assert_unavailable(name, ask())
        ready = httpx2.get(f"{served.url}/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, False)
        assert "retry-after" in ready.headers
        assert httpx2.get(f"{served.url}/healthz").status_code == 200
        assert len(httpx2.get(f"{served.url}/oauth2/jwks").json()["keys"]) == 2
    assert rows(served.database) == before
    assert httpx2.get(f"{served.url}/readyz").status_code == 200
    for name, ask in asked.items():
        reply = ask()
        assert reply.status_code in {200, 303}, f"{name}: {reply.status_code} {reply.text}"


class Daemon(Thread):
    """Refreshes all the time, and goes on with the newest token that it was given."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.served, self.over = served, Event()
        self.token = password(served, "daemon-a", scope=f"{API_URI} offline_access").json()["refresh_token"]
        self.answered: list[int] = []

    def run(self) -> None:
        while not self.over.is_set():
            reply = refresh(self.served, self.token, "ropc")
            self.answered.append(reply.status_code)
            self.token = reply.json().get("refresh_token", self.token)


def wait_until_all(daemons: list[Daemon], status: int) -> None:
    """Until each was answered so once more."""
    before = [daemon.answered.count(status) for daemon in daemons]
    give_up = time.monotonic() + 60
    while any(daemon.answered.count(status) <= count for daemon, count in zip(daemons, before, strict=True)):
        assert time.monotonic() < give_up, [daemon.answered for daemon in daemons]
        time.sleep(0.02)


def test_no_rotation_is_lost(away: Away) -> None:
    """A rotation that was committed and whose answer was lost is asked for again."""
    daemons = [Daemon(away.served) for _ in range(6)]
    for daemon in daemons:
        daemon.start()
    try:
        wait_until_all(daemons, 200)
        with away.gone():
            wait_until_all(daemons, 503)
        wait_until_all(daemons, 200)
    finally:
        for daemon in daemons:
            daemon.over.set()
            daemon.join()
    assert [set(daemon.answered) for daemon in daemons] == [{200, 503}] * 6
    assert [refresh(away.served, daemon.token, "ropc").status_code for daemon in daemons] == [200] * 6


def test_a_full_queue_of_passwords(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more sign-ins wait than the machine can hash: the same answers, though the database is there."""
    asked = requests(served)
    before = rows(served.database)
    monkeypatch.setattr(Passwords, "_run", full)
    for name in ("password", "sign in"):
        reply = asked[name]()
        assert reply.status_code == 503
        assert reply.headers["retry-after"] == "5"
        assert "set-cookie" not in reply.headers
    assert asked["units"]().status_code == 200
    assert {**rows(served.database), "throttle": 0} == {**before, "throttle": 0}


def test_what_nobody_looked_at_is_no_failed_attempt(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = requests(served)
    with monkeypatch.context() as patched:
        patched.setattr(Passwords, "_run", full)
        for _ in range(PAIR.free + 2):
            for name in ("password", "password, B2C", "sign in"):
                assert asked[name]().status_code == 503, name
    assert asked["password"]().status_code == 200
    assert asked["sign in"]().status_code == 303


async def full(self: Passwords, *_of: object) -> NoReturn:
    raise TemporarilyUnavailable(retry_after=5)
