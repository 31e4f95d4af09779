"""A person adds, removes and renews their own second factors."""

import re
from html import unescape

from hoistway.protocol.ids import UserId
from hoistway.store.passkeys import passkeys_of
from hoistway.store.remembered_devices import devices_of
from tests.factors import STEP, code_at, require, with_codes, wrong_at
from tests.flows.browser import hidden
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.store.test_schema import on

HERE = "/account/factors"
CODES = re.compile(r"^(?:.*<code>)?([0-9a-z]{4}(?:-[0-9a-z]{4}){3})(?:</code>.*)?$", re.MULTILINE)


def secret_on(page: str) -> str:
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found is not None, page[:3000]
    return found[1].replace(" ", "")


def confirmed(house: House, ann: Visitor) -> None:
    """With a code of the app, for what changes factors."""
    reply = ann.http.get(f"{HERE}/confirm")
    assert reply.headers["location"].startswith("/sign-in/second")
    page = ann.http.get(reply.headers["location"])
    form = {"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at)}
    done = ann.http.post(reply.headers["location"], data=form)
    assert (done.status_code, done.headers["location"]) == (303, HERE)


def test_an_app_is_added_by_a_code_and_asked_for_from_then_on(house: House) -> None:
    ann = house.opened("ann")
    ann.get(f"{HERE}?add=codes")
    secret, enrolment = secret_on(ann.page), unescape(hidden(ann.page, "enrolment"))
    ann.post(HERE, do="add_codes", enrolment=enrolment, code=wrong_at(house.clock.at, secret))
    assert "isn’t right" in ann.page
    assert secret_on(ann.page) == secret
    ann.post(HERE, do="add_codes", enrolment=enrolment, code=code_at(house.clock.at, secret))
    assert len(set(CODES.findall(ann.page))) == 10
    assert [detail["factor"] for _a, _c, detail in house.entries("factor.added")] == ["one_time_codes"]
    other = Visitor(house.served.url)
    other.get("/sign-in?next=/portal")
    reply = other.post("/sign-in?next=/portal", username="ann@example.com", password="correct-horse-battery")
    assert reply.headers["location"].startswith("/sign-in/second")
    # The session that added it proved a password alone, so it changes nothing more.
    refused = ann.post(HERE, do="remove_codes")
    assert refused.headers["location"] == f"{HERE}?notice=notice_factor_prove"


def test_a_secret_shown_to_one_is_not_added_to_another(house: House) -> None:
    ann, bob = house.opened("ann"), house.opened("bob")
    ann.get(f"{HERE}?add=codes")
    secret, enrolment = secret_on(ann.page), unescape(hidden(ann.page, "enrolment"))
    bob.get(HERE)
    bob.post(HERE, do="add_codes", enrolment=enrolment, code=code_at(house.clock.at, secret))
    assert "open too long" in bob.page
    assert house.entries("factor.added") == []


def test_factors_are_changed_soon_after_a_proof_only(house: House) -> None:
    with_codes(house.served.database, "ann")
    ann = Visitor(house.served.url)
    ann.get("/sign-in?next=/portal")
    ann.post("/sign-in?next=/portal", username="ann@example.com", password="correct-horse-battery")
    page = ann.http.get("/sign-in/second?next=/portal")
    form = {"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at)}
    assert ann.http.post("/sign-in/second?next=/portal", data=form).status_code == 303
    ann.get(HERE)
    assert 'value="recovery"' in ann.page
    ann.post(HERE, do="recovery")
    first = CODES.findall(ann.page)
    assert len(first) == 10
    house.clock.turn(601)
    ann.get(HERE)
    assert 'value="recovery"' not in ann.page
    assert ann.post(HERE, do="recovery").headers["location"].endswith("notice_factor_prove")
    before = ann.http.cookies["hoistway_session"]
    confirmed(house, ann)
    assert ann.http.cookies["hoistway_session"] != before
    ann.get(HERE)
    ann.post(HERE, do="remove_codes")
    assert [detail["factor"] for _a, _c, detail in house.entries("factor.removed")] == ["one_time_codes"]
    house.opened("ann")


def test_the_last_factor_stays_where_one_is_required(house: House) -> None:
    with_codes(house.served.database, "ann")
    require(house.served.database, "all")
    ann = Visitor(house.served.url)
    ann.get("/sign-in?next=/portal")
    ann.post("/sign-in?next=/portal", username="ann@example.com", password="correct-horse-battery")
    page = ann.http.get("/sign-in/second?next=/portal")
    form = {"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at), "remember": "yes"}
    assert ann.http.post("/sign-in/second?next=/portal", data=form).status_code == 303
    ann.get(HERE)
    reply = ann.post(HERE, do="remove_codes")
    assert reply.status_code == 422
    assert "this is the only one" in ann.page
    assert house.entries("factor.removed") == []
    ann.get("/account/devices")
    assert "Forget all" in ann.page
    ann.post("/account/devices", do="forget_all")
    assert on(house.served.database, lambda db: devices_of(db, UserId("u-ann"), house.clock.at)) == []
    house.clock.turn(STEP)
    assert on(house.served.database, lambda db: passkeys_of(db, UserId("u-ann"))) == []


def test_administrators_alone(house: House) -> None:
    """The policy of a customer that requires it of its administrators."""
    require(house.served.database, "administrators")
    house.opened("ann")
    adam = Visitor(house.served.url)
    adam.get("/sign-in?next=/portal")
    reply = adam.post("/sign-in?next=/portal", username="adam@example.com", password="correct-horse-battery")
    assert reply.headers["location"] == "/sign-in/enrol?next=%2Fportal"
    require(house.served.database, None)
    house.opened("adam")


def test_the_page_says_why_there_are_no_passkeys_at_an_address(house: House) -> None:
    ann = house.opened("ann")
    ann.get(HERE)
    assert "this one is reached at an IP address" in ann.page
