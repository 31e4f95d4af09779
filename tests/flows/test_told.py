"""Applications are told when a session ends (OpenID Connect Back-Channel Logout 1.0), over HTTP, on both databases."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import jwt as pyjwt
import pytest
from sqlalchemy import bindparam, update

from hoistway.accounts.roles import switch_person
from hoistway.applications.logout_notices import MOST_ATTEMPTS
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.server import telling_ends
from hoistway.store.application_sessions import APPLICATION_SESSIONS
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.personal import erase_traces, params_of
from hoistway.store.restores import end_sign_ins
from hoistway.store.sessions import end_sessions_of
from hoistway.store.users import lock_user
from tests.engines import ENGINES, drop_database, fresh_database
from tests.federation.connected import asked, events_of, rows_of
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.flows.receiver import Receiver, claims_of, receiving, register, until
from tests.server import Served, change, populate, serving
from tests.world import CALLBACK, DIGEST, HOME, NOW, TENANT

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


DUE_NOW = Statement(
    lambda: (
        update(APPLICATION_SESSIONS).where(APPLICATION_SESSIONS.c.next_at.is_not(None)).values(next_at=bindparam("at"))
    ),
    nothing,
)
LATER = Statement(
    lambda: (
        update(APPLICATION_SESSIONS)
        .where(APPLICATION_SESSIONS.c.user_id == bindparam("b_user"), APPLICATION_SESSIONS.c.next_at.is_not(None))
        .values(next_at=1)
    ),
    nothing,
)
LAST_ATTEMPT = Statement(
    lambda: update(APPLICATION_SESSIONS).values(next_at=bindparam("at"), attempts=bindparam("attempts")), nothing
)


async def due(tx: Writer) -> None:
    await tx.run(DUE_NOW, {"at": 0})


async def due_ann_first(tx: Writer) -> None:
    await due(tx)
    await tx.run(LATER, {"b_user": "u-bob"})


def waiting(served: Served) -> dict[str, Any]:
    """The one notice, once its attempt was noted."""
    until(lambda: rows_of(served.database, APPLICATION_SESSIONS)[0]["next_at"] > 0)
    count = len(rows_of(served.database, APPLICATION_SESSIONS))
    assert count == 1
    return rows_of(served.database, APPLICATION_SESSIONS)[0]


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


def test_a_restored_backup_and_an_erased_person_are_told_without_a_name(served: Served, receiver: Receiver) -> None:
    """What waits of a person who was erased meanwhile names the session alone."""
    receiver.status = 500
    sid = sid_of(Person(served).tokens("spa", "ann"))
    change(served.database, _disable)
    receiver.wait(1)

    async def erase(tx: Writer) -> None:
        await erase_traces(tx, params_of(ANN, "erased-1", (), "none"))
        await tx.run(DUE_NOW, {"at": 0})

    receiver.status = 200
    change(served.database, erase)
    said = claims_of(served, receiver.wait(2)[1], "spa")
    assert (said["sid"], "sub" in said) == (sid, False)


def test_what_fails_is_sent_again_with_a_new_token(served: Served, receiver: Receiver) -> None:
    """An error, a redirect, and nobody who answers: none of them is delivered, and none is followed."""
    receiver.status, receiver.location = 302, f"{receiver.url}/elsewhere"
    person = Person(served)
    sid = sid_of(person.tokens("spa", "ann"))
    sign_out(person)
    receiver.wait(1)
    for count, status in ((2, 400), (3, 503), (4, 204)):
        row = waiting(served)
        assert (row["sid"], row["attempts"]) == (sid, count - 1)
        assert row["next_at"] > 0
        receiver.status = status
        change(served.database, due)
        receiver.wait(count)
    until(lambda: rows_of(served.database, APPLICATION_SESSIONS) == [])
    ids = [claims_of(served, token, "spa")["jti"] for token in receiver.tokens]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("status", "alone"),
    [(400, True), (404, True), (422, True), (401, False), (403, False), (408, False), (429, False), (500, False)],
)
def test_a_notice_that_is_refused_keeps_no_other_waiting(
    served: Served, receiver: Receiver, status: int, alone: bool
) -> None:
    """Applications answer 400 to what they can't use (Back-Channel Logout section 2.8), such as a person whom they do not know."""
    receiver.status = 500
    for name in ("ann", "bob"):
        person = Person(served)
        person.tokens("spa", name)
        sign_out(person)
    until(lambda: all(row["attempts"] > 0 for row in rows_of(served.database, APPLICATION_SESSIONS)))
    receiver.status, receiver.refused = 200, {ANN: status}
    change(served.database, due_ann_first)
    until(lambda: all(row["attempts"] > 1 for row in rows_of(served.database, APPLICATION_SESSIONS)))
    rows = {row["user_id"]: row["attempts"] for row in rows_of(served.database, APPLICATION_SESSIONS)}
    assert rows == ({ANN: 2} if alone else {ANN: 2, "u-bob": 2})


def test_what_fails_for_hours_is_dropped_and_told(served: Served, receiver: Receiver) -> None:
    receiver.status = 500
    for name in ("ann", "bob"):
        person = Person(served)
        person.tokens("spa", name)
        sign_out(person)
    until(lambda: all(row["attempts"] > 0 for row in rows_of(served.database, APPLICATION_SESSIONS)))

    async def nearly(tx: Writer) -> None:
        await tx.run(LAST_ATTEMPT, {"attempts": MOST_ATTEMPTS - 1, "at": 0})

    change(served.database, nearly)
    until(lambda: rows_of(served.database, APPLICATION_SESSIONS) == [])
    told = events_of(served.database, "application.logout_given_up")
    assert [(one["event"], '"sessions":2' in one["detail"]) for one in told] == [("application.logout_given_up", True)]


def test_an_application_that_is_gone_or_silent_is_asked_nothing(served: Served, receiver: Receiver) -> None:
    person = Person(served)
    person.tokens("spa", "ann")
    register(served.database, "spa", None)
    sign_out(person)
    until(lambda: rows_of(served.database, APPLICATION_SESSIONS) == [])
    assert receiver.tokens == []


def test_who_signs_in_again_or_proves_more_is_still_the_session_that_applications_know(
    served: Served, receiver: Receiver
) -> None:
    """The browser has another session then; signing out of it tells under both names. Another person's does not."""
    person = Person(served)
    first = sid_of(person.tokens("spa", "ann"))
    second = sid_of(person.tokens("spa", "ann", prompt="login"))
    assert first != second
    assert receiver.tokens == []
    sign_out(person)
    assert {claims_of(served, token, "spa")["sid"] for token in receiver.wait(2)} == {first, second}
    third = sid_of(person.tokens("spa", "ann"))
    person.tokens("spa", "bob", prompt="login")
    said = claims_of(served, receiver.wait(3)[2], "spa")
    assert (said["sid"], said["sub"]) == (third, ANN)


def test_a_code_of_a_session_that_ended_gives_nothing(served: Served, receiver: Receiver) -> None:
    """To an application that was told already; to others it is as before."""
    for client_id, status in (("spa", 400), ("native", 200)):
        person = Person(served)
        where = {} if client_id == "spa" else {"redirect_uri": "com.example.app:/callback"}
        code, verifier = person.code(client_id, "ann", **where)
        sign_out(person)
        form = {
            "grant_type": "authorization_code", "code": code, "code_verifier": verifier, "client_id": client_id,
            "redirect_uri": CALLBACK, **where,
        }  # fmt: skip
        reply = person.http.post("/oauth2/token", data=form)
        assert reply.status_code == status, reply.text
    assert len(receiver.wait(1)) == 1


def test_a_logout_token_opens_nothing_here(served: Served, receiver: Receiver) -> None:
    """It is signed with the key of access and ID tokens."""
    person = Person(served)
    person.tokens("spa", "ann")
    sign_out(person)
    [token] = receiver.wait(1)
    bearer = {"authorization": f"Bearer {token}"}
    assert person.http.get("/api/v1/units", headers=bearer).status_code == 401
    assert person.http.get("/oauth2/userinfo", headers=bearer).status_code == 401
    again = Person(served)
    again.tokens("spa", "ann")
    page = again.get("/oauth2/logout", id_token_hint=token, post_logout_redirect_uri=HOME)
    # It is no hint: the person is asked, or the request refused.
    assert page.status_code in {200, 400}
    assert again.get("/portal/applications").status_code == 200


def test_discovery_says_so(served: Served) -> None:
    for path in ("/.well-known/openid-configuration", f"/{TENANT}/b2c_1_signin/v2.0/.well-known/openid-configuration"):
        found = Person(served).get(path)
        assert found.status_code == 200, path
        assert found.json()["backchannel_logout_supported"] is True
        assert found.json()["backchannel_logout_session_supported"] is True


def test_on_a_path_of_a_policy_the_issuer_is_its_own(served: Served, receiver: Receiver) -> None:
    """The application compares it with that of its ID token."""
    person = Person(served)
    person.code("spa", "ann", path=f"/{TENANT}/b2c_1_signin/oauth2/v2.0/authorize")
    person.code("spa", "ann")
    found = Person(served).get(f"/{TENANT}/b2c_1_signin/v2.0/.well-known/openid-configuration").json()["issuer"]
    sign_out(person)
    issuers = {pyjwt.decode(token, options={"verify_signature": False})["iss"]: token for token in receiver.wait(2)}
    assert set(issuers) == {served.url, found}
    # There `sub` of an ID token may be a sentence that everybody has, so the session alone is named.
    assert "sub" not in claims_of(served, issuers[found], "spa", found)
    assert claims_of(served, issuers[served.url], "spa")["sub"] == ANN


def test_a_session_that_ended_meanwhile_gives_no_code(served: Served, receiver: Receiver) -> None:
    """To an application that would not hear of its end; what is noted and what ends it wait for each other."""
    person = Person(served)
    assert "code" in answer_of(person.sign_in(asked(person), "ann").headers["location"])
    [row] = rows_of(served.database, APPLICATION_SESSIONS)

    async def end(tx: Writer) -> None:
        await end_sessions_of(tx, ANN)

    change(served.database, end)
    [token] = receiver.wait(1)
    assert claims_of(served, token, "spa")["sid"] == row["sid"]
    assert answer_of(asked(person, prompt="none").headers["location"])["error"] == "login_required"
    until(lambda: rows_of(served.database, APPLICATION_SESSIONS) == [])
