"""A sign-in with a one-time code, from the application's request to its tokens."""

import re

import httpx2

from hoistway.protocol.ids import UserId
from hoistway.protocol.jwt import read_unverified
from hoistway.store.one_time_codes import find_one_time_codes
from hoistway.store.recovery_codes import recovery_codes_left
from tests.factors import STEP, code_at, require, with_codes, wrong_at
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.portal.house import House
from tests.store.test_schema import on
from tests.world import CALLBACK


def asked(**more: str) -> tuple[dict[str, str], str]:
    verifier, challenge = pkce()
    return {
        "scope": "openid units.read",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **more,
    }, verifier


def claims_of(person: Person, reply: httpx2.Response, verifier: str) -> tuple[dict[str, object], dict[str, object]]:
    """Of the ID token and the access token that the answer's code gives."""
    assert reply.status_code == 303, reply.text
    form = {
        "grant_type": "authorization_code", "code": answer_of(reply.headers["location"])["code"], "code_verifier": verifier,
        "redirect_uri": CALLBACK, "client_id": "spa",
    }  # fmt: skip
    tokens = person.http.post("/oauth2/token", data=form).json()
    identity, access = (read_unverified(tokens[name])[1] for name in ("id_token", "access_token"))
    return identity, access


def test_a_password_alone_is_told_as_such(house: House) -> None:
    person = Person(house.served)
    params, verifier = asked()
    identity, access = claims_of(person, person.sign_in(person.authorize("spa", **params), "ann"), verifier)
    for claims in (identity, access):
        assert (claims["amr"], claims["acr"]) == (["pwd"], "urn:hoistway:acr:one")


def test_who_has_an_app_is_asked_for_its_code(house: House) -> None:
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    params, verifier = asked()
    page = person.sign_in(person.authorize("spa", **params), "ann")
    assert page.status_code == 200
    assert page.url.path == "/sign-in/second"
    assert "hoistway_session" not in person.http.cookies
    wrong = person.submit("/sign-in/second", page, code=wrong_at(house.clock.at))
    assert wrong.status_code == 400
    assert "isn’t right" in wrong.text
    assert "hoistway_session" not in person.http.cookies
    reply = person.submit("/sign-in/second", wrong, code=code_at(house.clock.at))
    identity, access = claims_of(person, reply, verifier)
    for claims in (identity, access):
        assert (claims["amr"], claims["acr"]) == (["pwd", "otp", "mfa"], "urn:hoistway:acr:mfa")
    assert "hoistway_unfinished" not in person.http.cookies


def test_codes_of_the_step_before_and_after_count_and_no_others(house: House) -> None:
    with_codes(house.served.database, "ann")
    for shift, holds in ((-2, False), (2, False), (-1, True), (1, True)):
        visitor = Person(house.served)
        page = visitor.submit(
            "/sign-in", visitor.get("/sign-in", next="/portal"), username="ann@example.com", password=""
        )
        assert page.status_code == 400
        page = visitor.sign_in(visitor.get("/sign-in", next="/portal"), "ann")
        code = code_at(house.clock.at + shift * STEP)
        reply = visitor.http.post(
            page.url.path + "?next=/portal", data={"csrf": hidden(page.text, "csrf"), "code": code}
        )
        assert (reply.status_code == 303) == holds, (shift, reply.text)


def test_recovery_codes_come_with_the_first_factor_and_work_once(house: House) -> None:
    """Somebody who must have a factor and has none adds one before anything else."""
    require(house.served.database, "all")
    person = Person(house.served)
    page = person.sign_in(person.get("/sign-in"), "ann")
    assert page.url.path == "/sign-in/enrol"
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)
    assert secret is not None
    plain = secret[1].replace(" ", "")
    field = {"enrolment": hidden(page.text, "enrolment")}
    page = person.submit("/sign-in/enrol", page, code=wrong_at(house.clock.at, plain), **field)
    assert page.status_code == 400
    assert secret[1] in page.text
    reply = person.submit("/sign-in/enrol", page, code=code_at(house.clock.at, plain), **field)
    assert reply.status_code == 200
    codes = re.findall(r"<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</code>", reply.text)
    assert len(set(codes)) == 10
    assert person.get("/account/applications").status_code == 200
    assert "enrolment" not in person.get("/sign-in/enrol").text
    assert "hoistway_session" in person.http.cookies
    for typed, holds in ((codes[0].upper().replace("-", " "), True), (codes[0], False), (codes[1], True)):
        other = Person(house.served)
        page = other.sign_in(other.get("/sign-in"), "ann")
        assert page.url.path == "/sign-in/second"
        reply = other.submit("/sign-in/second", page, recovery=typed)
        assert ("hoistway_session" in other.http.cookies) == holds
    (_actor, _customer, detail), *_ = house.entries("recovery_code.used")
    assert detail["left"] == 8
    assert on(house.served.database, lambda db: recovery_codes_left(db, UserId("u-ann"))) == 8
    stored = on(house.served.database, lambda db: find_one_time_codes(db, UserId("u-ann")))
    assert stored is not None
    assert plain.encode() not in stored.sealed
