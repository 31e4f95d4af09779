"""What ends by time ends at its second: a clock that the test turns, never a wait."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import ClientId
from hoistway.settings import DAY, HOUR, MINUTE
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import LegacyException, add_client
from hoistway.store.db import Writer
from tests.attacks.asking import (
    CHALLENGE,
    assert_refused_token,
    bearer,
    password,
    post,
    redeem,
    refresh,
    refusal,
    web_tokens,
)
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person, answer_of
from tests.server import Clock, Served, change, populate, serving
from tests.world import API_URI, NOW, PASSWORD, SECRET, TENANT_NAME, client

INVALID = (400, "invalid_grant")
ROPC_PATH = f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token"


@dataclass(frozen=True)
class Timed:
    served: Served
    clock: Clock


@pytest.fixture(scope="module", params=ENGINES)
def timed(request: pytest.FixtureRequest) -> Iterator[Timed]:
    """The server and its clock, which goes forward from test to test."""
    url = fresh_database(request.param, populate)
    clock = Clock()
    with serving(url, now=clock) as served:
        yield Timed(served, clock)
    drop_database(url)


def family(timed: Timed) -> dict[str, str]:
    return Person(timed.served).tokens("spa", "ann", "openid offline_access units.read")


def test_the_grace_window_runs_out(timed: Timed) -> None:
    """Repeating inside the window gives the same successor and does not make it longer."""
    served, clock = timed.served, timed.clock
    first = family(timed)["refresh_token"]
    second = refresh(served, first).json()
    for _ in range(2):
        clock.turn(30)
        assert refresh(served, first).json()["refresh_token"] == second["refresh_token"]
    clock.turn(1)
    assert bearer(served, second["access_token"]).status_code == 200
    assert refusal(refresh(served, first)) == INVALID
    assert refusal(refresh(served, second["refresh_token"])) == INVALID
    assert_refused_token(bearer(served, second["access_token"]))


def test_introspection_knows_the_grace_window(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    proof = {"client_id": "web", "client_secret": SECRET}
    first = web_tokens(served, "ann", "openid offline_access")["refresh_token"]
    second = refresh(served, first, "web", client_secret=SECRET).json()["refresh_token"]
    active = [post(served, "/oauth2/introspect", **proof, token=token).json()["active"] for token in (first, second)]
    clock.turn(MINUTE + 1)
    later = [post(served, "/oauth2/introspect", **proof, token=token).json()["active"] for token in (first, second)]
    assert (active, later) == ([True, True], [False, True])
    assert refresh(served, second, "web", client_secret=SECRET).status_code == 200


def test_an_unused_family_ends(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    token = family(timed)["refresh_token"]
    clock.turn(14 * DAY - 1)
    token = refresh(served, token).json()["refresh_token"]
    clock.turn(14 * DAY)
    reply = refresh(served, token)
    assert refusal(reply) == INVALID
    assert "expired" in reply.json()["error_description"]


def test_a_used_family_ends_too(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    form = {"grant_type": "refresh_token", "client_id": "ropc"}
    first = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}
    token = post(served, ROPC_PATH, **first, scope=f"{API_URI} offline_access").json()["refresh_token"]
    left: list[int] = []
    for _ in range(9):
        answer = post(served, ROPC_PATH, **form, refresh_token=token).json()
        token, left = answer["refresh_token"], [*left, answer["refresh_token_expires_in"]]
        clock.turn(10 * DAY - (len(left) == 9))
    assert left == [14 * DAY] * 8 + [10 * DAY]
    last = post(served, ROPC_PATH, **form, refresh_token=token).json()
    assert last["refresh_token_expires_in"] == 1
    clock.turn(1)
    assert refusal(post(served, **form, refresh_token=last["refresh_token"])) == INVALID


def test_an_access_token_ends(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    token = family(timed)["access_token"]
    clock.turn(HOUR - 1)
    assert bearer(served, token).status_code == bearer(served, token, "/oauth2/userinfo").status_code == 200
    clock.turn(1)
    for path in ("/api/v1/units", "/oauth2/userinfo"):
        assert_refused_token(bearer(served, token, path))


def test_a_code_ends(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    (early, its), (late, other) = (Person(served).code("spa", "ann") for _ in range(2))
    clock.turn(MINUTE - 1)
    assert redeem(served, early, its).status_code == 200
    clock.turn(1)
    reply = redeem(served, late, other)
    assert refusal(reply) == INVALID
    assert "expired" in reply.json()["error_description"]


def silent(person: Person, **more: str) -> dict[str, str]:
    reply = person.authorize("spa", scope="openid", prompt="none", **CHALLENGE, **more)
    return answer_of(reply.headers["location"])


def test_a_session_ends(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    person = Person(served)
    person.code("spa", "ann")
    clock.turn(12 * HOUR - 1)
    assert "code" in silent(person)
    clock.turn(1)
    assert silent(person)["error"] == "login_required"
    assert person.authorize("spa", scope="openid", **CHALLENGE).status_code == 200


def test_a_session_is_too_old_for_max_age(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    person = Person(served)
    person.code("spa", "ann")
    clock.turn(100)
    assert "code" in silent(person, max_age="100")
    clock.turn(1)
    assert silent(person, max_age="100")["error"] == "login_required"


def test_max_age_0_asks_at_once(timed: Timed) -> None:
    """OpenID Connect Core section 3.1.2.1: like prompt=login, and answered by the sign-in that it asks for."""
    person = Person(timed.served)
    person.code("spa", "ann")
    assert silent(person, max_age="0")["error"] == "login_required"
    page = person.authorize("spa", scope="openid", max_age="0", **CHALLENGE)
    assert page.status_code == 200
    assert "code" in answer_of(person.sign_in(page, "ann").headers["location"])


@pytest.mark.parametrize(("waited", "status"), [(30 * MINUTE - 1, 303), (30 * MINUTE, 400)])
def test_a_page_left_open_ends(timed: Timed, waited: int, status: int) -> None:
    person = Person(timed.served)
    page = person.authorize("spa", scope="openid", **CHALLENGE)
    timed.clock.turn(waited)
    reply = person.sign_in(page, "ann")
    assert reply.status_code == status
    assert ("code" in silent(person)) == (status == 303)


def add_excepted(timed: Timed, name: str, kind: str, ends_at: int, **values: object) -> None:
    exception = LegacyException(kind, "a test needs it", ends_at, "tests", NOW)  # type: ignore[arg-type]
    row = client(name, "desktop" if kind == "password" else "single-page", exceptions=(exception,), **values)

    async def work(tx: Writer) -> None:
        await add_client(tx, row)

    change(timed.served.database, work)


def test_the_exception_for_the_password_grant_ends_on_its_date(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    grants = ("password", "refresh_token")
    add_excepted(timed, "ropc-dated", "password", clock() + DAY, grants=grants)
    form = {"grant_type": "password", "client_id": "ropc-dated", "username": "daemon-a", "password": "x"}
    clock.turn(DAY - 1)
    issued = password(served, "daemon-a", client_id="ropc-dated", scope=f"{API_URI} offline_access")
    assert issued.status_code == 200
    again = {"grant_type": "refresh_token", "client_id": "ropc-dated", "refresh_token": issued.json()["refresh_token"]}
    renewed = post(served, **again)
    assert renewed.status_code == 200
    clock.turn(1)
    ended = post(served, **{**again, "refresh_token": renewed.json()["refresh_token"]})
    assert refusal(ended) == (400, "invalid_grant")
    assert "client_credentials" in ended.json()["error_description"]
    reply = password(served, "daemon-a", client_id="ropc-dated", scope=API_URI)
    assert refusal(reply) == (400, "unauthorized_client")
    assert "AADB2C90224" in post(served, ROPC_PATH, **form, scope=API_URI).json()["error_description"]


@pytest.mark.parametrize("kind", ["token", "id_token", "id_token token"])
def test_the_exception_for_the_implicit_flow_ends_on_its_date(timed: Timed, kind: str) -> None:
    """Also for whoever sits on the sign-in page at that moment."""
    served, clock = timed.served, timed.clock
    name = f"dated-{kind.replace(' ', '-')}"
    add_excepted(timed, name, "implicit", clock() + DAY, response_types=(kind,))
    asked = {"scope": "openid units.read", "response_type": kind}
    clock.turn(DAY - 1)
    assert kind.split()[0] in sign_in(timed, name, **asked)
    person = Person(served)
    page = person.authorize(name, **asked)
    clock.turn(1)
    late = answer_of(person.sign_in(page, "ann").headers["location"])
    assert late["error"] == sign_in(timed, name, **asked)["error"] == "unauthorized_client"
    assert not {"access_token", "id_token"} & set(late)


def sign_in(timed: Timed, client_id: str, **asked: str) -> dict[str, str]:
    person = Person(timed.served)
    reply = person.authorize(client_id, **asked)
    reply = person.sign_in(reply, "ann") if reply.status_code == 200 else reply
    answer = answer_of(reply.headers["location"])
    return {("token" if name == "access_token" else name): value for name, value in answer.items()}


def test_a_secret_ends_and_its_successor_lives(timed: Timed) -> None:
    served, clock = timed.served, timed.clock
    old = ClientSecret(f"old-{clock()}", ClientId("daemon"), secret_digest("o" * 40), "ooo", NOW, clock() + DAY)

    async def work(tx: Writer) -> None:
        await add_secret(tx, old)

    change(served.database, work)
    form = {"grant_type": "client_credentials", "client_id": "daemon"}
    clock.turn(DAY - 1)
    assert post(served, **form, client_secret="o" * 40).status_code == 200
    clock.turn(1)
    assert refusal(post(served, **form, client_secret="o" * 40)) == (401, "invalid_client")
    assert post(served, **form, client_secret=SECRET).status_code == 200


def guess(timed: Timed, word: str) -> httpx2.Response:
    return password(timed.served, "daemon-b", word, scope=API_URI)


def test_a_lock_ends_and_the_next_is_longer(timed: Timed) -> None:
    clock = timed.clock
    for number in range(10):
        assert "retry-after" not in guess(timed, f"wrong-{number}").headers
    waits = []
    for number in range(3):
        locked = guess(timed, "correct-horse-battery")
        waits.append(int(locked.headers["retry-after"]))
        clock.turn(waits[-1] - 1)
        assert "retry-after" in guess(timed, "correct-horse-battery").headers
        clock.turn(1)
        if number < 2:
            assert "retry-after" not in guess(timed, f"late-{number}").headers
    assert waits == [60, 120, 240]
    assert guess(timed, "correct-horse-battery").status_code == 200
