"""Row 42: a second factor that is demanded after the sign-in, and one that is added by whoever finds a browser open."""

import pytest

from hoistway.authn.factors import RECENT
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.one_time_codes import find_one_time_codes
from hoistway.store.operators import set_flags
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.factors import code_at, require, with_codes
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.links.outbox import NEW
from tests.portal.house import House
from tests.portal.signing_in import tokens_of
from tests.server import change, populate, serving
from tests.store.test_schema import on
from tests.world import PASSWORD

ANN = UserId("u-ann")


def signed_in(house: House) -> Person:
    person = Person(house.served)
    page = person.follow(person.sign_in(person.get("/sign-in", next="/portal"), "ann"))
    assert page.url.path == "/portal", page.text
    return person


def silently(person: Person) -> dict[str, str]:
    _, challenge = pkce()
    ask = {"scope": "openid", "code_challenge": challenge, "code_challenge_method": "S256", "prompt": "none"}
    return answer_of(person.authorize("spa", **ask).headers["location"])


def test_a_session_of_a_password_ends_where_more_is_demanded_since(house: House) -> None:
    """Row 42: a policy that was set, or a customer that was joined, after the sign-in."""
    person = signed_in(house)
    assert "code" in silently(person)
    require(house.served.database, "all")
    assert silently(person)["error"] == "login_required"
    assert person.http.get("/portal/applications").headers["location"].startswith("/sign-in?next=")
    page = person.sign_in(person.get("/sign-in", next="/portal"), "ann")
    assert page.url.path == "/sign-in/enrol"
    require(house.served.database, None)
    assert person.http.get("/portal/applications").status_code == 200


def test_signing_out_ends_a_session_that_proves_too_little(house: House) -> None:
    """Row 42: as an application may be told of its end, and as it would open everything again without the demand."""
    person = signed_in(house)
    kept = person.http.cookies["hoistway_session"]
    require(house.served.database, "all")
    page = person.get("/oauth2/logout")
    form = {name: hidden(page.text, name) for name in ("ticket", "csrf")}
    assert person.http.post("/oauth2/logout", data=form).status_code == 200
    assert house.entries("sign_out")[0][0] == ANN
    require(house.served.database, None)
    person.http.cookies.set("hoistway_session", kept, domain="127.0.0.1")
    assert person.http.get("/portal/applications").headers["location"].startswith("/sign-in?next=")


def test_a_new_password_leads_on_to_the_second_factor_that_is_demanded(house: House) -> None:
    """Row 42: the sign-in stays, and proves again what the password alone does not."""
    require(house.served.database, "all")
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    page = person.sign_in(person.get("/sign-in", next="/account"), "ann")
    person.submit("/sign-in/second?next=/account", page, code=code_at(house.clock.at))
    house.clock.turn(60)
    form = person.get("/account/password").text
    token = tokens_of(form, "/account/password")["/account/password"]
    reply = person.http.post("/account/password", data={"csrf": token, "old": PASSWORD, "password": NEW})
    assert reply.headers["location"].startswith("/sign-in/second?next=")
    assert person.http.get("/account").status_code == 303, "not by the password alone"
    page = person.http.get(reply.headers["location"])
    done = person.http.post(
        reply.headers["location"], data={"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at)}
    )
    assert done.headers["location"] == "/account?notice=notice_password_changed"
    assert person.http.get("/account").status_code == 200


@pytest.mark.parametrize("engine", ENGINES)
def test_who_becomes_staff_needs_a_factor_at_once(engine: EngineName) -> None:
    """Row 42: the session of a password from before opens no console."""
    url = fresh_database(engine, populate)
    with serving(url, staff_factors=True) as served:
        person = Person(served)
        person.sign_in(person.get("/sign-in", next="/portal"), "ann")

        async def give(tx: Writer) -> None:
            await set_flags(tx, ANN, ("operator",))

        change(url, give)
        for path in ("/console/users", "/portal/applications"):
            assert person.http.get(path).headers["location"].startswith("/sign-in?next="), path
    drop_database(url)


def test_who_finds_a_browser_open_adds_no_factor_by_a_step_up(house: House) -> None:
    """Row 42: an application's `acr_values` lead whoever has no factor to add one, but only soon after the password."""
    person = signed_in(house)
    house.clock.turn(RECENT + 1)
    _, challenge = pkce()
    ask = {"scope": "openid", "code_challenge": challenge, "code_challenge_method": "S256"}
    page = person.authorize("spa", acr_values="urn:hoistway:acr:mfa", **ask)
    assert 'name="enrolment"' not in page.text
    assert 'name="password"' in page.text
    page = person.sign_in(page, "ann")
    assert page.url.path == "/sign-in/enrol"
    secret = page.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
    form = {name: hidden(page.text, name) for name in ("csrf", "enrolment", "ticket")}
    done = person.http.post("/sign-in/enrol", data={**form, "code": code_at(house.clock.at, secret)})
    assert done.status_code == 200, done.text
    assert on(house.served.database, lambda db: find_one_time_codes(db, ANN)) is not None
