"""What the server counts of real requests, and what it never writes down."""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest

from hoistway.api.openapi_paths import PATHS
from hoistway.store.db import Database
from hoistway.store.open import open_database
from hoistway.store.recent_requests import RecentRequest
from hoistway.store.usage_shape import EVERYBODY
from tests.attacks.asking import daemon_token, password, post
from tests.engines import ENGINES, drop_database, fresh_database
from tests.server import Clock, populate, serving
from tests.usage.counts import everything, kept, kinds
from tests.world import API_URI, PASSWORD, SECRET

GUESS = "wrong-horse-and-not-hidden"
SEARCHED = "searched-for-this"


class Counted:
    """Everything that one server wrote until it was stopped."""

    def __init__(self) -> None:
        self.by_customer: dict[str, dict[tuple[str, str, str, int, str], int]] = {}
        self.requests: list[RecentRequest] = []
        self.text = self.counts = ""
        self.ids: dict[str, str] = {}
        self.tokens: list[str] = []

    async def read(self, db: Database) -> None:
        for customer in ("c-a", "c-b", EVERYBODY):
            self.by_customer[customer] = {
                (kind.client_id, kind.surface, kind.operation, kind.status, kind.cause): kind.calls
                for kind in await kinds(db, customer)
            }
        self.requests = await kept(db)
        self.text = await everything(db)
        self.counts = await everything(db, ("usage_", "recent_"))


@pytest.fixture(scope="module", params=ENGINES)
def counted(request: pytest.FixtureRequest) -> Iterator[Counted]:
    url, found, clock = fresh_database(request.param, populate), Counted(), Clock()
    with serving(url, now=clock) as served:

        def get(path: str, token: str, word: str = "") -> None:
            reply = httpx2.get(f"{served.url}{path}", headers={"authorization": f"Bearer {token}"})
            found.ids[word] = reply.headers["x-correlation-id"]

        token = daemon_token(served)
        for _ in range(4):
            get(f"/api/v1/units?text={SEARCHED}", token, "listed")
        get("/api/v1/units/US-c-b-11", token, "foreign")
        get("/api/v1/users/u-ann", daemon_token(served, scope="units.read"), "scope")
        get(f"/api/v1/units?{SEARCHED}=1", token, "query")
        get("/api/v1/me", daemon_token(served, "daemon-b"), "b")
        get("/api/v1/me", "x.y.z", "forged")
        clock.turn(4000)
        get("/api/v1/me", token, "expired")
        found.tokens = [token, password(served, "daemon-a", scope=f"{API_URI} offline_access").json()["refresh_token"]]
        password(served, "daemon-a", GUESS)
        password(served, "nobody", GUESS)
        post(served, grant_type="client_credentials", client_id="daemon", client_secret="not-it")
        post(served, grant_type=SEARCHED, client_id="daemon", client_secret=SECRET)

    async def read() -> None:
        db = await open_database(url)
        await found.read(db)
        await db.close()

    asyncio.run(read())
    yield found
    drop_database(url)


def test_each_call_is_counted_for_whom_it_was(counted: Counted) -> None:
    assert counted.by_customer["c-a"] == {
        ("daemon", "api", "listUnits", 200, ""): 4,
        ("daemon", "api", "listUnits", 400, "bad-request"): 1,
        ("daemon", "api", "readUnit", 404, "not-found"): 1,
        ("daemon", "api", "readUser", 403, "scope-missing"): 1,
        ("daemon", "api", "readMe", 401, "token-refused"): 1,
        ("daemon", "token", "client_credentials", 200, ""): 2,
        ("daemon", "token", "client_credentials", 401, "invalid_client:90081"): 1,
        ("daemon", "token", "other", 400, "unsupported_grant_type:90086"): 1,
        ("ropc", "token", "password", 200, ""): 1,
    }
    assert counted.by_customer["c-b"] == {
        ("daemon-b", "api", "readMe", 200, ""): 1,
        ("daemon-b", "token", "client_credentials", 200, ""): 1,
    }


def test_the_sums_hold_what_nobody_answers_for(counted: Counted) -> None:
    sums = counted.by_customer[EVERYBODY]
    assert sums["", "api", "readMe", 401, "token-refused"] == 2
    assert sums["", "token", "password", 400, "invalid_grant:90225"] == 2
    assert sum(sums.values()) == 14 + 2 + 2


def test_a_request_is_found_by_its_correlation_id_with_what_was_wrong(counted: Counted) -> None:
    by_id = {row.correlation_id: row for row in counted.requests}
    assert "expired" in by_id[counted.ids["expired"]].detail
    assert "profile.read" in by_id[counted.ids["scope"]].detail
    assert by_id[counted.ids["foreign"]].cause == "not-found"
    assert by_id[counted.ids["listed"]].took_ms > 0
    assert by_id[counted.ids["query"]].detail == ""
    assert counted.ids["b"] not in by_id
    assert counted.ids["forged"] not in by_id


def test_nothing_of_tokens_queries_or_passwords_is_in_the_database(counted: Counted) -> None:
    hidden = [GUESS, PASSWORD, SECRET, "not-it", SEARCHED]
    for token in counted.tokens:
        hidden += [token, *token.split(".")[1:]]
    assert "daemon" in counted.text
    assert [word for word in hidden if len(word) > 3 and word in counted.text] == []
    assert "daemon" in counted.counts
    assert "127.0.0.1" not in counted.counts


def test_every_operation_that_takes_a_token_has_a_name_to_count_under() -> None:
    names = [item["operationId"] for methods in PATHS.values() for item in methods.values()]
    assert len(names) == len(set(names))
