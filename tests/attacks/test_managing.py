"""Row 67: the management API. Who is no daemon of the operator, or lacks the scope of the noun, reads and changes nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.applications.giving import give_application
from hoistway.authn.passwords import random_digest
from hoistway.engine import Engine
from hoistway.manage.operations import Operation
from hoistway.manage.registry import OPERATIONS
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId
from hoistway.protocol.manage_scopes import MANAGE, SCOPES
from hoistway.store.apis import set_api_disabled
from hoistway.store.clients import Client, find_client, lock_client, put_client, set_client_disabled
from hoistway.store.db import Writer
from tests.attacks.overtaken import differences, everything
from tests.console.two import careful_server, decide_on
from tests.engines import EngineName
from tests.flows.browser import Person
from tests.manage.bulk_jobs import ended, hand_in, report
from tests.manage.program import NAME, Program, asked, daemon, hire
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.world import ALL, API_URI, CALLBACK, PASSWORD, SECRET

EVERY = tuple(SCOPES)
operations = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
OF_CUSTOMER = daemon("of-customer", customer_id=CustomerId("c-a"), service_account_id=ServiceAccountId("sa-a"))
STRANGE = (
    OF_CUSTOMER,
    replace(OF_CUSTOMER, id=ClientId("no-account"), service_account_id=None),
    replace(OF_CUSTOMER, id=ClientId("no-customer"), customer_id=None),
    daemon("sandboxed", environment="sandbox"),
    daemon("also-more", scopes=(*EVERY, "units.read")),
    replace(daemon("web-one", redirect_uris=(CALLBACK,)), type="web"),
)
"""Rows that no rule lets come about."""


@pytest.fixture(scope="module")
def program(served: Served) -> Iterator[Program]:
    hire(served.database, daemon(), *STRANGE)
    made = Program(served)
    yield made
    made.http.close()


@pytest.fixture(scope="module")
def strangers(served: Served, program: Program) -> list[str]:
    """Tokens of a person, of a customer's daemon, and what is none."""
    tokens = Person(served).tokens("spa", "adam", " ".join(ALL))
    daemons = asked(served, "daemon").json()["access_token"]
    return ["nonsense", tokens["access_token"], tokens["id_token"], daemons, f"{token_of(served)}x"]


def ask(served: Served, operation: Operation, token: str | None, version: str = "*") -> httpx2.Response:
    address = operation.address.replace("{id}", "c-a").replace("{customer_id}", "c-a")
    headers = {"if-match": version} | ({} if token is None else {"authorization": f"Bearer {token}"})
    body = b"{}" if operation.asks is not None else b""
    headers["content-type"] = operation.media
    return httpx2.request(operation.method, f"{served.url}{address}", headers=headers, content=body, timeout=30)


def token_of(served: Served, name: str = NAME, **form: str) -> str:
    token: str = asked(served, name, **form).json()["access_token"]
    return token


def refused(reply: httpx2.Response, status: int, slug: str) -> None:
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert reply.headers["content-type"] == "application/problem+json"
    assert body["type"].endswith(f"/manage/v1/openapi.json#{slug}")
    assert body["correlation_id"] == reply.headers["x-correlation-id"]
    assert 'resource_metadata="' in reply.headers["www-authenticate"]


@operations
def test_every_operation_needs_its_own_scope(served: Served, program: Program, operation: Operation) -> None:
    others = " ".join(scope for scope in EVERY if scope != operation.scope)
    refused(ask(served, operation, token_of(served, scope=others)), 403, "scope-missing")
    own = ask(served, operation, token_of(served, scope=operation.scope), '"of none"')
    assert own.status_code in {200, 202, 400, 404, 412, 422}, own.text


@operations
def test_no_token_of_anybody_else(served: Served, strangers: list[str], operation: Operation) -> None:
    for token in (None, *strangers):
        refused(ask(served, operation, token), 401, "token-missing" if token is None else "token-refused")


@pytest.mark.parametrize("name", [one.id for one in STRANGE])
def test_an_application_that_somehow_has_the_scope(served: Served, program: Program, name: str) -> None:
    """It gets no token; and what the server itself had signed is refused, too."""
    reply = asked(served, name, scope="manage.customers.read")
    assert reply.status_code == 400
    assert reply.json()["error"] in {"invalid_scope", "unauthorized_client"}


def test_no_token_about_a_person_opens_it(served: Served, program: Program) -> None:
    """The scopes of the API in a token of a person, given by a row that no rule lets come about."""

    async def give(tx: Writer) -> None:
        client = await lock_client(tx, ClientId("spa"))
        assert client is not None
        await put_client(tx, replace(client, scopes=(*client.scopes, *EVERY)), frozenset())

    change(served.database, give)
    token = _by_code(served)
    for operation in OPERATIONS:
        refused(ask(served, operation, token), 401, "token-refused")


def _by_code(served: Served) -> str:
    """With the new scopes, as soon as the server knows them."""
    scope = "openid manage.customers.read manage.customers.write"
    deadline = time.monotonic() + 20
    while True:
        try:
            token: str = Person(served).tokens("spa", "adam", scope)["access_token"]
            return token
        except (AssertionError, KeyError):
            assert time.monotonic() < deadline


def test_its_token_opens_nothing_else(served: Served, program: Program) -> None:
    bearer = {"authorization": f"Bearer {token_of(served)}"}
    for path in ("/api/v1/units", "/api/v1/me", "/oauth2/userinfo"):
        assert httpx2.get(f"{served.url}{path}", headers=bearer).status_code == 401
    assert httpx2.get(f"{served.url}/scim/v2/c-a/Users", headers=bearer).status_code == 401
    form = {"token": bearer["authorization"][7:], "client_id": NAME, "client_secret": SECRET}
    assert httpx2.post(f"{served.url}/oauth2/introspect", data=form).json() == {"active": False}


@pytest.mark.parametrize("asked_for", ["units.read", API_URI, "openid", "manage.customers.read units.read"])
def test_it_gets_no_other_scope(served: Served, program: Program, asked_for: str) -> None:
    reply = asked(served, NAME, scope=asked_for)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_scope")


IDLE = daemon("idle", scopes=())
"""A daemon of the operator that may hold scopes of this API, and has none yet."""


@pytest.mark.parametrize("two", [False, True])
def test_no_program_makes_a_program(engine_name: EngineName, two: bool) -> None:
    """Neither by a change of what has no such scopes yet, nor by proposing them to people: it would know the secret."""
    with careful_server(engine_name, two=two) as served:
        hire(served.database, daemon(), IDLE)
        program = Program(served)
        with closing(program.http):
            program.ask("POST", "/applications/idle/secrets", 201, {})
            before = program.ask("GET", "/applications/idle").json()
            for scopes in (["manage.customers.read"], list(EVERY)):
                program.ask("PATCH", "/applications/idle", 409, {"scopes": scopes}, if_match="*")
                made = {"name": "Puppet", "type": "daemon", "scopes": scopes}
                assert program.http.post("/manage/v1/applications", json=made).status_code in {409, 422}
            assert program.ask("GET", "/applications/idle").json() == before
            assert program.ask("GET", "/proposals").json()["items"] == []
            program.ask("PATCH", "/applications/idle", 200, {"name": "Busy"}, if_match="*")


def test_no_other_api_has_names_of_its_scopes(served: Served, program: Program) -> None:
    """A later version could not add its own, and nobody could tell whose they are."""
    body = {
        "id": "twin",
        "name": "Twin",
        "audience": "https://twin.example",
        "scopes": [{"name": "manage.later", "description": "x"}],
    }
    said = program.ask("POST", "/apis", 422, body).json()
    assert [one["member"] for one in said["errors"]] == ["scopes"]
    program.ask("POST", "/apis", 201, {**body, "scopes": [{"name": "twin.read", "description": "x"}]})
    program.ask("PATCH", "/apis/twin", 422, {"scopes": body["scopes"]}, if_match="*")


def test_a_job_gives_nothing_that_its_token_lacks(served: Served, program: Program) -> None:
    """Each line is judged as the request that it stands for; what is no operation of a line is not found."""
    lines = (
        {"method": "POST", "path": "/customers", "body": {"id": "c-job", "name": "Job"}},
        {"method": "POST", "path": "/applications", "body": {"name": "X", "type": "daemon", "scopes": ["manage.audit.read"]}},
        {"method": "POST", "path": "/users/u-ann/copy"}, {"method": "POST", "path": "/bulk", "body": {}},
        {"method": "GET", "path": "/audit"}, {"method": "DELETE", "path": "/customers/%00", "if_match": "*"},
        {"method": "DELETE", "path": "/customers/c-a/../c-b", "if_match": "*"},
    )  # fmt: skip
    narrow = Program(served, scope="manage.bulk.write manage.bulk.read manage.applications.write")
    with closing(narrow.http):
        job = hand_in(narrow, *lines)
        ended(narrow, job)
        assert [row["status"] for row in report(narrow, job)] == [403, 409, 404, 404, 400, 404, 404]
    program.ask("GET", "/customers/c-job", 404)


def test_no_token_in_the_query(served: Served, program: Program) -> None:
    reply = httpx2.get(f"{served.url}/manage/v1/customers", params={"access_token": token_of(served)})
    refused(reply, 400, "bad-request")


def test_nobody_hears_of_its_scopes(served: Served, program: Program) -> None:
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-protected-resource/api/v1", "/portal"):
        assert "manage." not in httpx2.get(f"{served.url}{path}").text


def test_no_other_grant_gives_its_scopes(served: Served, program: Program) -> None:
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}
    reply = httpx2.post(f"{served.url}/oauth2/token", data={**form, "scope": "manage.customers.read"})
    assert reply.json()["error"] == "invalid_scope"


def _world(house: House) -> Any:
    found: list[Any] = []

    async def work(tx: Writer) -> None:
        found.append(await everything(tx))

    change(house.served.database, work)
    return found[0]


def _changed(house: House, work: Any) -> None:
    """A token from before; then the row changes, and the token opens nothing any more, by whichever process it is asked."""
    hire(house.served.database, daemon())
    token, before = token_of(house.served), None
    change(house.served.database, work)
    before = _world(house)
    for operation in OPERATIONS:
        if operation.changes:
            reply = ask(house.served, operation, token)
            assert reply.status_code in {400, 401, 403, 404, 409, 412, 422, 428}, (operation.name, reply.text)
    body = {"id": "c-late", "name": "Late"}
    late = httpx2.post(
        f"{house.served.url}/manage/v1/customers", json=body, headers={"authorization": f"Bearer {token}"}
    )
    assert late.status_code in {401, 403}
    assert differences(before, _world(house)) == {}


def test_a_disabled_application(house: House) -> None:
    async def disable(tx: Writer) -> None:
        await set_client_disabled(tx, ClientId(NAME), house.clock())

    _changed(house, disable)


def test_disabled_and_enabled_again(house: House) -> None:
    async def switch(tx: Writer) -> None:
        await set_client_disabled(tx, ClientId(NAME), house.clock())
        await set_client_disabled(tx, ClientId(NAME), None)

    _changed(house, switch)


async def _with(tx: Writer, **changes: Any) -> Client:
    client = await lock_client(tx, ClientId(NAME))
    assert client is not None
    changed = replace(client, **changes)
    await put_client(tx, changed, frozenset())
    return changed


def test_a_scope_that_was_taken_away(house: House) -> None:
    async def take(tx: Writer) -> None:
        await _with(tx, scopes=tuple(scope for scope in EVERY if scope.endswith(".read")))

    _changed(house, take)


def test_an_application_that_was_given_away(house: House) -> None:
    """Its scopes of this API end, whoever gives it."""

    async def give(tx: Writer) -> None:
        client = await lock_client(tx, ClientId(NAME))
        assert client is not None
        await give_application(tx, client, CustomerId("c-a"), random_digest(), house.clock())
        given = await find_client(tx, ClientId(NAME))
        assert given is not None
        assert given.scopes == ()

    _changed(house, give)


def test_a_disabled_api(house: House) -> None:
    async def disable(tx: Writer) -> None:
        await set_api_disabled(tx, MANAGE, house.clock())

    hire(house.served.database, daemon())
    token = token_of(house.served)
    change(house.served.database, disable)
    house.clock.turn(5)
    refused(ask(house.served, OPERATIONS[0], token), 401, "token-refused")


def test_a_job_of_a_token_that_was_revoked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that somebody stole ends by being revoked, and so does what was handed in with it."""

    async def nothing_left(_engine: Engine, _over: Callable[[], bool]) -> bool:
        return False

    line = {"method": "POST", "path": "/customers", "body": {"id": "c-job", "name": "Job"}}
    hire(house.served.database, daemon(), daemon("other"))
    thief, other = Program(house.served), Program(house.served, "other")
    with closing(thief.http), closing(other.http):
        with monkeypatch.context() as held:
            held.setattr("hoistway.server.bulk.carry_on", nothing_left)
            job, theirs = hand_in(thief, line), hand_in(other, line)
            form = {"token": thief.http.headers["authorization"][7:], "client_id": NAME, "client_secret": SECRET}
            assert httpx2.post(f"{house.served.url}/oauth2/revoke", data=form).status_code == 200
        house.clock.turn(1)
        later = Program(house.served)
        with closing(later.http):
            ended(later, job, "stopped")
            assert [row["status"] for row in report(later, job)] == [None]
        ended(other, theirs)
        assert [row["status"] for row in report(other, theirs)] == [201]


def test_a_key_of_another_application(served: Served, program: Program) -> None:
    """Neither its answer nor its place: the same key and request of another one are judged for themselves."""
    hire(served.database, daemon("second"))
    second = Program(served, "second")
    body = {"id": "c-keyed", "name": "Keyed"}
    with closing(second.http):
        mine = program.ask("POST", "/customers", 201, body, idempotency_key="shared")
        assert "etag" not in second.ask("POST", "/customers", 409, body, idempotency_key="shared").headers
        second.ask("POST", "/customers", 201, {**body, "id": "c-other"}, idempotency_key="shared")
        assert program.ask("POST", "/customers", 201, body, idempotency_key="shared").content == mine.content


def test_one_person_and_their_program_are_not_two(engine_name: EngineName) -> None:
    """Row 59, 67: whoever made the secret of a program proposes with it, and approves; twice, or as somebody disabled."""
    with careful_server(engine_name) as served:
        hire(served.database, daemon())
        made, olga = Program(served), Visitor(served.url).sign_in("olga")
        with closing(made.http), closing(olga):
            lent = {"items": [{"flow": "implicit", "ends_on": "2090-01-31", "reason": "a test"}]}
            waits = made.ask("PUT", "/applications/spa/exceptions", 202, lent, if_match="*").json()["id"]
            assert decide_on(olga, waits, "approve") == "approved_first"
            assert decide_on(olga, waits, "approve") == ""
            assert made.ask("GET", "/applications/spa/exceptions").json() == {"items": []}


def test_a_program_gives_itself_nothing(served: Served, program: Program) -> None:
    """Scopes of this API, by making or changing an application, or a secret of one that has them."""
    with_all = {"name": "Puppet", "type": "daemon", "scopes": list(EVERY)}
    program.ask("POST", "/applications", 409, with_all)
    program.ask("POST", f"/applications/{NAME}/secrets", 409, {})
    program.ask("PATCH", f"/applications/{NAME}", 409, {"scopes": list(EVERY)}, if_match="*")
    program.ask("PATCH", "/applications/daemon", 422, {"scopes": [*SCOPES]}, if_match="*")
