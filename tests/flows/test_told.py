"""Applications are told when a session ends (OpenID Connect Back-Channel Logout 1.0), over HTTP, on both databases."""

from collections.abc import Awaitable, Callable, Iterator

import jwt as pyjwt
import pytest

from hoistway.accounts.roles import switch_person
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.server import telling_ends
from hoistway.store.application_sessions import APPLICATION_SESSIONS
from hoistway.store.db import Writer
from hoistway.store.restores import end_sign_ins
from hoistway.store.users import lock_user
from tests.engines import ENGINES, drop_database, fresh_database
from tests.federation.connected import rows_of
from tests.flows.browser import Person, hidden, pkce
from tests.flows.receiver import Receiver, claims_of, receiving, register
from tests.server import Served, change, populate, serving
from tests.world import DIGEST, NOW

ANN = UserId("u-ann")


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling_ends, "EVERY", 0.05)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(params=ENGINES)
def served(request: pytest.FixtureRequest, receiver: Receiver) -> Iterator[Served]:
    url = fresh_database(request.param, populate)
    register(url, "spa", receiver.url)
    with serving(url, outbound_loopback=True) as made:
        yield made
    drop_database(url)


def sign_out(person: Person) -> None:
    page = person.get("/oauth2/logout")
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf")}
    assert person.http.post("/oauth2/logout", data=form).status_code == 200


def challenge() -> dict[str, str]:
    return {"code_challenge": pkce()[1], "code_challenge_method": "S256"}


def sid_of(tokens: dict[str, str]) -> str:
    found: str = pyjwt.decode(tokens["id_token"], options={"verify_signature": False})["sid"]
    return found


def test_signing_out_tells_exactly_the_applications_of_the_session(served: Served, receiver: Receiver) -> None:
    person, other = Person(served), Person(served)
    first = person.tokens("spa", "ann")
    person.authorize("native", redirect_uri="com.example.app:/callback", scope="openid", **challenge())
    other.tokens("spa", "bob")
    sign_out(person)
    [token] = receiver.wait(1)
    said = claims_of(served, token, "spa")
    assert (said["sub"], said["sid"]) == (ANN, sid_of(first))
    assert receiver.heads[0]["content-type"] == "application/x-www-form-urlencoded"
    assert "cookie" not in receiver.heads[0]
    # Bob's session lives, and nothing waits.
    assert [row["user_id"] for row in rows_of(served.database, APPLICATION_SESSIONS)] == ["u-bob"]


async def _disable(tx: Writer) -> None:
    user = await lock_user(tx, ANN)
    assert user is not None
    await switch_person(tx, user, NOW, NOW)


async def _new_password(tx: Writer) -> None:
    await replace_password(tx, "user", ANN, DIGEST, NOW)


@pytest.mark.parametrize("end", [_disable, _new_password, end_sign_ins])
def test_whatever_ends_a_session_tells(
    served: Served, receiver: Receiver, end: Callable[[Writer], Awaitable[None]]
) -> None:
    sids = {sid_of(Person(served).tokens("spa", "ann")) for _ in range(2)}
    change(served.database, end)
    assert {claims_of(served, token, "spa")["sid"] for token in receiver.wait(2)} == sids
