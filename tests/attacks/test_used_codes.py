"""Used codes: what a replay may end, who may make it, and how much it writes."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from hoistway import clock
from hoistway.endpoints import revoke
from hoistway.grants import replayed
from hoistway.grants.authorization_code import code_digest
from hoistway.grants.consent import take_back
from hoistway.protocol.ids import ClientId, FamilyId, UserId
from hoistway.store.codes import Agreed, Code, add_code, end_code
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.revocations import REVOCATIONS
from hoistway.tokens import revoked
from tests.attacks.asking import at_once, bearer, post, redeem, refresh, refusal, web_tokens
from tests.attacks.overtaken import differences, everything, room, run
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.flows.browser import Person, answer_of, pkce
from tests.portal.house import House
from tests.server import Served, change, populate
from tests.store.test_schema import on
from tests.world import CALLBACK, SECRET, A

INVALID = (400, "invalid_grant")
SCOPE = "openid offline_access units.read"
_COUNT = Statement(lambda: select(func.count()).select_from(REVOCATIONS), int)


def entries(served: Served) -> int:
    async def work(db: Database) -> int:
        return await db.one(_COUNT, {}) or 0

    return on(served.database, work)


def next_code(person: Person) -> tuple[str, str]:
    """(code, verifier) without a page: the person is signed in."""
    verifier, challenge = pkce()
    asked = {"scope": SCOPE, "code_challenge": challenge, "code_challenge_method": "S256", "prompt": "none"}
    return answer_of(person.authorize("spa", **asked).headers["location"])["code"], verifier


def test_a_replay_of_a_code_that_gave_nothing_takes_no_room(house: House) -> None:
    """Row 14: it was used up by a wrong verifier, so there is nothing to revoke, and nothing is written."""
    served, ann = house.served, Person(house.served)
    code, verifier = ann.code("spa", "ann", SCOPE)
    for guess in ("w" * 43, "w" * 43, verifier, verifier):
        assert refusal(redeem(served, code, guess)) == INVALID
    assert entries(served) == 0
    assert house.entries("code.replayed") == []


def by_code(served: Served, person: Person) -> str:
    """The refresh token of a family that a used code ended."""
    code, verifier = next_code(person)
    tokens = redeem(served, code, verifier).json()
    assert refusal(redeem(served, code, verifier)) == INVALID
    return str(tokens["refresh_token"])


def by_refresh_token(served: Served, person: Person) -> str:
    """The refresh token of a family that an old generation ended."""
    token = first = redeem(served, *next_code(person)).json()["refresh_token"]
    for _ in range(2):
        token = refresh(served, token).json()["refresh_token"]
    assert refusal(refresh(served, first)) == INVALID
    return str(token)


@pytest.mark.parametrize("replay", [by_code, by_refresh_token])
def test_replays_are_counted_for_their_application(
    house: House, replay: Callable[[Served, Person], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 14: replays fill the list no further than revoking does; the families end all the same, and others go on revoking."""
    monkeypatch.setattr(replayed, "MOST_FAMILIES", 3)
    monkeypatch.setattr(revoked, "MOST", 4)
    served, ann = house.served, Person(house.served)
    ann.code("spa", "ann", SCOPE)
    tokens = [replay(served, ann) for _ in range(6)]
    assert entries(served) == 3
    assert [refusal(refresh(served, token)) for token in tokens] == [INVALID] * 6
    for name in ("bob", "adam"):
        token = web_tokens(served, name, "openid units.read")["access_token"]
        assert post(served, "/oauth2/revoke", client_id="web", client_secret=SECRET, token=token).status_code == 200
        assert bearer(served, token).status_code == 401


def test_a_used_code_is_written_down_once(house: House) -> None:
    """Row 14: of those that come at once, too. Later replays are answered alike, and write nothing."""
    served, ann = house.served, Person(house.served)
    code, verifier = ann.code("spa", "ann", "openid units.read")
    assert redeem(served, code, verifier).status_code == 200
    assert {refusal(reply) for reply in at_once(10, lambda _: redeem(served, code, verifier))} == {INVALID}
    for guess in (verifier, None, "w" * 43, verifier):
        assert refusal(redeem(served, code, guess)) == INVALID
        house.clock.turn(1)
    [(_actor, customer, _detail)] = house.entries("code.replayed")
    assert customer == "c-a"
    assert entries(served) == 1


def test_taking_access_back_takes_room_for_what_was_given_only(house: House) -> None:
    """Row 14: a code that nobody redeemed is used up, and needs no entry."""
    served, ann = house.served, Person(house.served)
    redeemed = ann.code("spa", "ann", SCOPE)
    fresh = [next_code(ann) for _ in range(3)]
    assert redeem(served, *redeemed).status_code == 200

    async def work(tx: Writer) -> None:
        await take_back(tx, UserId("u-ann"), ClientId("spa"), A, house.clock())

    change(served.database, work)
    assert [refusal(redeem(served, *one)) for one in fresh] == [INVALID] * 3
    assert entries(served) == 1
    assert house.entries("code.replayed") == []


@pytest.mark.parametrize("thief", [{"client_id": "native"}, {"client_id": "partner", "client_secret": SECRET}])
def test_a_used_code_is_no_key_for_another_application(house: House, thief: dict[str, str]) -> None:
    """Row 13: who finds one ends nothing with it, and whoever finds a fresh one does not use it up."""
    served, ann = house.served, Person(house.served)
    code, verifier = ann.code("web", "ann", SCOPE)
    assert refusal(redeem(served, code, None, **thief)) == INVALID
    tokens = redeem(served, code, verifier, "web", client_secret=SECRET).json()
    assert refusal(redeem(served, code, verifier, **thief)) == INVALID
    assert refusal(redeem(served, code, verifier, "web", client_secret="wrong")) == (401, "invalid_client")
    assert bearer(served, tokens["access_token"]).status_code == 200
    assert refresh(served, tokens["refresh_token"], "web", client_secret=SECRET).status_code == 200
    assert house.entries("code.replayed") == []


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_one_person_leaves_room_for_others_at_a_shared_application(
    house: House, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 49: `spa` is public and everybody's. Nobody revokes more there than a customer's share; another customer, and another person
    of the same one, still revoke their own."""
    monkeypatch.setattr(revoked, "FIRST", 1)
    monkeypatch.setattr(revoke, "MOST_TOKENS", 10)
    monkeypatch.setattr(revoke, "MOST_FAMILIES", 10)
    served, ann = house.served, Person(house.served)
    ann.code("spa", "ann", SCOPE)

    def end(person: Person) -> int:
        token = redeem(served, *next_code(person)).json()[kind]
        reply = post(served, "/oauth2/revoke", client_id="spa", token=token)
        assert reply.status_code in {200, 503}
        if reply.status_code == 503:
            assert "customer" in reply.json()["error_description"], "it says whose room is used up"
        return reply.status_code

    assert [end(ann) for _ in range(4)] == [200, 200, 503, 503]
    for name in ("bob", "adam"):
        other = Person(served)
        other.code("spa", name, SCOPE)
        assert end(other) == 200


@pytest.mark.parametrize("engine", ENGINES)
def test_a_replay_that_another_one_overtakes_writes_nothing(engine: EngineName) -> None:
    """Row 14: what was read before the lock says that the code gave something; the row says that this has ended."""
    url, now = fresh_database(engine, populate), clock.now()
    terms = Agreed(UserId("u-ann"), A, CALLBACK, True, ("openid",), None, None, None, now, None, url)
    row = Code(code_digest("found"), ClientId("spa"), FamilyId("g-1"), terms, now + 60, now - 1)
    form = {"grant_type": "authorization_code", "client_id": "spa", "code": "found", "redirect_uri": CALLBACK}

    async def other(tx: Writer) -> None:
        assert await end_code(tx, row.code_digest, now) is not None

    async def work() -> None:
        async with room(url) as here:
            await here.write(lambda tx: add_code(tx, row))
            here.db.next = other
            assert (await here.http.post("/oauth2/token", data=form)).json()["error"] == "invalid_grant"
            assert not here.db.is_next(), "the replay was about to write"
            after = await everything(here.other)
            assert (await here.http.post("/oauth2/token", data=form)).json()["error"] == "invalid_grant"
            assert not differences(after, await everything(here.other))
            assert not after["revocations"]
            assert "code.replayed" not in str(after["audit"])

    run(work)
    drop_database(url)
