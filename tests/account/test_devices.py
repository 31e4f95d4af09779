"""Where a person is signed in: shown with browser, network and last use; ended, with what applications got there."""

import asyncio

from hoistway.endpoints.recognising import known_digest
from hoistway.protocol.ids import UserId
from hoistway.server.last_uses import note_uses
from hoistway.store.known_browsers import known_since
from hoistway.store.remembered_devices import devices_of
from hoistway.store.session_lists import sessions_of
from hoistway.store.users import find_user
from tests.attacks.asking import bearer, redeem, refresh, refusal
from tests.attacks.overtaken import Room, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import code_at, with_codes
from tests.flows.browser import Person, hidden
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import Served, populate
from tests.store.test_schema import on
from tests.world import PASSWORD

HERE = "/account/devices"
ANN = UserId("u-ann")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"


def signed_in(house: House, agent: str, name: str = "ann") -> Visitor:
    visitor = Visitor(house.served.url)
    visitor.http.headers["user-agent"] = agent
    return visitor.sign_in(name)


def cards(page: str) -> list[str]:
    """Of the sessions, in the order of the page."""
    part = page.split('id="signed-in"')[1].split("</section>")[0]
    return part.split("<li>")[1:]


def tokens_of(served: Served, person: Person, agent: str = FIREFOX) -> dict[str, str]:
    """Of an application with a sign-in that lasts; the browser is signed in afterwards."""
    person.http.headers["user-agent"] = agent
    return person.tokens("spa", "ann", scope="openid offline_access units.read")


def test_the_list_says_which_is_this_one(house: House) -> None:
    here = signed_in(house, FIREFOX)
    house.clock.turn(3600)
    signed_in(house, SAFARI)
    here.get(HERE)
    first, second = cards(here.page)
    assert "Firefox on Windows" in first
    assert "This browser" in first
    assert "127.0.0.1" in first
    assert "password" in first
    assert 'value="end"' not in first
    assert "Safari on an iPhone" in second
    assert 'value="end"' in second
    assert "first <time" in second


def test_ending_one_ends_it_and_leaves_the_others(house: House) -> None:
    here, other, third = signed_in(house, FIREFOX), signed_in(house, SAFARI), signed_in(house, FIREFOX)
    here.get(HERE)
    form = {"do": "end", "session": session_in(next(one for one in cards(here.page) if "Safari" in one))}
    assert here.post(HERE, **form).headers["location"] == f"{HERE}?notice=notice_device_ended"
    assert other.get("/account").status_code == 303
    assert third.get("/account").status_code == 200
    assert here.get("/account").status_code == 200
    assert [detail["sessions"] for _a, _c, detail in house.entries("session.ended")] == [1]
    assert here.post(HERE, **form).status_code == 303, "what has ended is no error"
    assert len(house.entries("session.ended")) == 1
    here.post(HERE, do="end_others")
    assert third.get("/account").status_code == 303
    assert here.get("/account").status_code == 200
    assert "Sign out everywhere else" not in here.get(HERE).text


def session_in(card: str) -> str:
    return hidden(card, "session")


def test_what_applications_got_there_ends_with_it(house: House) -> None:
    served = house.served
    gone, kept = Person(served), Person(served)
    tokens, others = tokens_of(served, gone), tokens_of(served, kept, SAFARI)
    assert bearer(served, tokens["access_token"]).status_code == 200
    here = signed_in(house, FIREFOX)
    here.get(HERE)
    card = next(one for one in cards(here.page) if "Firefox" in one and "This browser" not in one)
    here.post(HERE, do="end", session=session_in(card))
    assert refusal(refresh(served, tokens["refresh_token"])) == (400, "invalid_grant")
    assert bearer(served, tokens["access_token"]).status_code == 401, "its access token too"
    assert refresh(served, others["refresh_token"]).status_code == 200, "another sign-in's stays"
    assert [detail["refresh_tokens"] for _a, _c, detail in house.entries("session.ended")] == [1]


def test_what_began_before_another_sign_in_of_the_same_browser_ends_too(house: House) -> None:
    """A step-up or a second sign-in gives the session another id."""
    served = house.served
    there = Person(served)
    tokens = tokens_of(served, there)
    page = there.get("/sign-in", next="/portal")
    form = {"csrf": hidden(page.text, "csrf"), "username": "ann@example.com", "password": PASSWORD}
    assert there.http.post("/sign-in?next=/portal", data=form).status_code == 303
    here = signed_in(house, SAFARI)
    here.get(HERE)
    assert len(cards(here.page)) == 2
    here.post(HERE, do="end_others")
    assert refusal(refresh(served, tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_code_that_waits_ends_too(house: House) -> None:
    served = house.served
    there = Person(served)
    code, verifier = there.code("spa", "ann", scope="openid offline_access units.read")
    signed_in(house, SAFARI).post(HERE, do="end_others")
    assert refusal(redeem(served, code, verifier)) == (400, "invalid_grant")


def test_nobody_ends_what_is_anothers_or_their_own(house: House) -> None:
    ann, bob = signed_in(house, FIREFOX), signed_in(house, FIREFOX, "bob")
    (mine,) = on(house.served.database, lambda db: sessions_of(db, ANN, house.clock.at))
    bob.get(HERE)
    assert bob.post(HERE, do="end", session=mine.public_id).status_code == 303
    assert ann.get("/account").status_code == 200
    assert house.entries("session.ended") == []
    assert ann.post(HERE, do="end", session=mine.public_id).status_code == 400
    assert ann.get("/account").status_code == 200


def test_the_browser_is_asked_for_a_second_factor_again(house: House) -> None:
    with_codes(house.served.database, "ann")
    there = Visitor(house.served.url)
    there.get("/sign-in?next=/portal")
    there.post("/sign-in?next=/portal", username="ann@example.com", password=PASSWORD)
    page = there.http.get("/sign-in/second?next=/portal")
    form = {"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at), "remember": "yes"}
    assert there.http.post("/sign-in/second?next=/portal", data=form).status_code == 303
    house.clock.turn(60)
    here = Visitor(house.served.url)
    here.get("/sign-in?next=/portal")
    here.post("/sign-in?next=/portal", username="ann@example.com", password=PASSWORD)
    page = here.http.get("/sign-in/second?next=/portal")
    here.http.post(
        "/sign-in/second?next=/portal", data={"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at)}
    )
    assert len(on(house.served.database, lambda db: devices_of(db, ANN, house.clock.at))) == 1
    here.get(HERE)
    assert "Forget all" in here.page
    here.post(HERE, do="end_others")
    assert on(house.served.database, lambda db: devices_of(db, ANN, house.clock.at)) == []


def test_a_remembered_browser_is_forgotten_although_others_signed_in_there(house: House) -> None:
    """Its cookie changes then, under which it is known."""
    with_codes(house.served.database, "ann")
    there = Visitor(house.served.url)
    there.get("/sign-in?next=/portal")
    there.post("/sign-in?next=/portal", username="ann@example.com", password=PASSWORD)
    page = there.http.get("/sign-in/second?next=/portal")
    form = {"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at), "remember": "yes"}
    assert there.http.post("/sign-in/second?next=/portal", data=form).status_code == 303
    there.sign_in("bob")
    there.sign_in("ann")
    house.clock.turn(60)
    here = Visitor(house.served.url)
    here.get("/sign-in?next=/portal")
    here.post("/sign-in?next=/portal", username="ann@example.com", password=PASSWORD)
    page = here.http.get("/sign-in/second?next=/portal")
    here.http.post(
        "/sign-in/second?next=/portal", data={"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at)}
    )
    here.get(HERE)
    here.post(HERE, do="end_others")
    assert on(house.served.database, lambda db: devices_of(db, ANN, house.clock.at)) == []


def test_a_browser_is_forgotten_although_it_was_closed_and_others_signed_in_there(house: House) -> None:
    """Sessions end with the browser, what it is known by does not; it changes when somebody else becomes known there."""
    there, here = signed_in(house, FIREFOX), signed_in(house, SAFARI)
    there.http.cookies.delete("hoistway_session")
    there.sign_in("bob")
    digest = known_digest(there.http.cookies["hoistway_known"])
    user = on(house.served.database, lambda db: find_user(db, ANN))
    assert user is not None
    changed_at = user.password_changed_at
    assert on(house.served.database, lambda db: known_since(db, digest, ANN, changed_at)) is not None
    here.get(HERE)
    here.post(HERE, do="end_others")
    assert on(house.served.database, lambda db: known_since(db, digest, ANN, changed_at)) is None


def test_the_last_use_is_written_by_and_by(engine_name: EngineName) -> None:
    url = fresh_database(engine_name, populate)

    async def story(here: Room) -> None:
        await here.sign_in(ANN)
        for _ in range(3):
            assert (await here.http.get("/account")).status_code == 200
        (before,) = await sessions_of(here.other, ANN, here.engine.now())
        assert before.last_used_at is None, "no page writes"
        await note_uses(here.engine)
        (after,) = await sessions_of(here.other, ANN, here.engine.now())
        assert after.last_used_at is not None
        assert here.engine.sessions_used == {}
        await asyncio.gather(*(here.http.get("/account") for _ in range(3)))
        assert here.engine.sessions_used == {}, "not again within ten minutes"

    async def work() -> None:
        async with room(url) as here:
            await story(here)

    run(work)
    drop_database(url)


def test_failed_attempts_are_shown_until_the_next_sign_in(house: House) -> None:
    first = signed_in(house, FIREFOX)
    assert "None since" in first.get(HERE).text
    house.clock.turn(3600)
    for guess in range(10):
        stranger = Visitor(house.served.url)
        stranger.get("/sign-in?next=/portal")
        stranger.post("/sign-in?next=/portal", username="ann@example.com", password=f"guess-{guess}-of-somebody")
    house.clock.turn(600)
    second = signed_in(house, SAFARI)
    page = second.get("/account").text
    assert "at least <bdi>10</bdi> times" in page
    page = second.get(HERE).text.split('id="attempts"')[1]
    assert "Wrong password · at least <bdi>10</bdi> times that day" in page
    assert "<code>127.0.0.1</code>" in page
    bob = signed_in(house, FIREFOX, "bob")
    assert "at least" not in bob.get("/account").text
    house.clock.turn(600)
    assert "at least" not in signed_in(house, SAFARI).get("/account").text


def test_a_failed_second_factor_says_that_the_password_was_right(house: House) -> None:
    with_codes(house.served.database, "ann")
    stranger = Visitor(house.served.url)
    stranger.get("/sign-in?next=/portal")
    stranger.post("/sign-in?next=/portal", username="ann@example.com", password=PASSWORD)
    page = stranger.http.get("/sign-in/second?next=/portal")
    form = {"csrf": hidden(page.text, "csrf"), "code": "000000"}
    assert stranger.http.post("/sign-in/second?next=/portal", data=form).status_code == 400
    house.clock.turn(60)
    form = {"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at)}
    assert stranger.http.post("/sign-in/second?next=/portal", data=form).status_code == 303
    assert "Somebody knew your password" in stranger.get("/account").text
