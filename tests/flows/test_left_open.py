"""Pages of an authorization request that were left open too long, or whose cookie another page replaced: never a dead end."""

import httpx2
import pytest

from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person, answer_of, hidden
from tests.portal.house import House
from tests.server import Served
from tests.world import CALLBACK, PASSWORD, TENANT_NAME

ASK = {"scope": "openid units.read", **CHALLENGE}
BROWSER = "hoistway_browser"
EVIL = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}


def post(person: Person, path: str, page: httpx2.Response, **fields: str) -> httpx2.Response:
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), **fields}
    return person.http.post(path, data=form)


def enter(person: Person, page: httpx2.Response, name: str = "ann") -> httpx2.Response:
    return post(person, "/sign-in", page, username=f"{name}@example.com", password=PASSWORD)


def assert_form_again(page: httpx2.Response) -> None:
    """For the application's request, and with the name that was typed."""
    assert page.status_code == 400
    assert "<bdi>Spa</bdi>" in page.text
    assert "ann@example.com" in page.text
    assert PASSWORD not in page.text


def two_pages(served: Served) -> tuple[Person, httpx2.Response, httpx2.Response]:
    """Asked for at once by a fresh browser, which keeps the cookie that came last."""
    person = Person(served)
    first = person.authorize("spa", **{**ASK, "state": "first"})
    del person.http.cookies[BROWSER]
    return person, first, person.authorize("spa", **{**ASK, "state": "second"})


def test_of_two_pages_in_a_fresh_browser_both_lead_on(served: Served) -> None:
    person, first, _second = two_pages(served)
    again = enter(person, first)
    assert_form_again(again)
    answer = answer_of(person.follow(enter(person, again)).headers["location"])
    assert answer["state"] == "first"
    assert answer["code"]


def test_the_other_page_goes_on_where_that_person_signed_in_meanwhile(served: Served) -> None:
    person, first, second = two_pages(served)
    assert answer_of(person.follow(enter(person, second)).headers["location"])["state"] == "second"
    assert answer_of(person.follow(enter(person, first)).headers["location"])["state"] == "first"


def test_the_other_page_does_not_go_on_as_somebody_else(served: Served) -> None:
    person, first, second = two_pages(served)
    person.follow(enter(person, second, "bob"))
    assert_form_again(enter(person, first))


def test_a_page_that_must_see_a_fresh_sign_in_does_not_go_on_without(served: Served) -> None:
    person = Person(served)
    first = person.authorize("spa", prompt="login", **ASK)
    del person.http.cookies[BROWSER]
    person.follow(enter(person, person.authorize("spa", **ASK)))
    again = person.follow(enter(person, first))
    assert 'name="password"' in again.text
    assert answer_of(person.follow(enter(person, again)).headers["location"])["code"]


@pytest.mark.parametrize("path", ["/oauth2/authorize", f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/authorize"])
def test_a_form_of_another_site_changes_no_cookie(served: Served, path: str) -> None:
    """Its browser leaves our cookie out of it, and sends it with the GET."""
    person = Person(served)
    page = person.authorize("spa", **ASK)
    kept = person.http.cookies[BROWSER]
    asked = {"client_id": "spa", "redirect_uri": CALLBACK, "response_type": "code", "state": "ü & o", **ASK}
    posted = httpx2.post(f"{served.url}{path}?p=B2C_1_SignIn", data=asked, headers=EVIL)
    assert posted.status_code == 303
    assert "set-cookie" not in posted.headers
    assert posted.headers["location"].startswith(f"{path}?")
    other = person.http.get(posted.headers["location"])
    assert "set-cookie" not in other.headers
    assert person.http.cookies[BROWSER] == kept
    for one, state in ((page, "st"), (other, "ü & o")):
        assert answer_of(person.follow(enter(person, one)).headers["location"])["state"] == state


def test_a_form_too_long_for_an_address_is_answered_as_it_is(served: Served) -> None:
    asked = {
        "client_id": "spa",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        **ASK,
        "state": "s" * 4000,
        "nonce": "n" * 3000,
    }
    page = httpx2.post(f"{served.url}/oauth2/authorize", data=asked)
    assert page.status_code == 200
    assert 'name="password"' in page.text


def test_a_form_of_ours_that_names_another_place_is_refused_before_it_leads_anywhere(served: Served) -> None:
    asked = {"client_id": "spa", "redirect_uri": "https://evil.example", "response_type": "code", **ASK}
    assert httpx2.post(f"{served.url}/oauth2/authorize", data=asked).status_code == 400


def test_the_sign_in_page(house: House) -> None:
    person = Person(house.served)
    page = person.authorize("spa", **ASK)
    house.clock.turn(31 * 60)
    again = enter(person, page)
    assert_form_again(again)
    assert answer_of(person.follow(enter(person, again)).headers["location"])["code"]


def test_cancel_on_an_old_page_is_cancel(house: House) -> None:
    person = Person(house.served)
    page = person.authorize("spa", **ASK)
    house.clock.turn(31 * 60)
    assert (
        answer_of(post(person, "/interaction", page, decision="deny").headers["location"])["error"] == "access_denied"
    )


def test_the_page_of_customers(house: House) -> None:
    person = Person(house.served)
    page = person.sign_in(person.authorize("spa", **ASK), "both")
    house.clock.turn(31 * 60)
    again = person.follow(post(person, "/interaction", page, customer="c-b"))
    assert 'value="c-b"' in again.text
    assert answer_of(person.submit("/interaction", again, customer="c-b").headers["location"])["code"]


def test_the_page_of_consent(house: House) -> None:
    person = Person(house.served)
    page = person.sign_in(person.authorize("partner", **ASK), "ann")
    house.clock.turn(31 * 60)
    again = person.follow(post(person, "/interaction", page, decision="allow"))
    assert 'value="allow"' in again.text
    assert answer_of(person.submit("/interaction", again, decision="allow").headers["location"])["code"]


def test_the_page_of_consent_after_the_session(house: House) -> None:
    person = Person(house.served)
    page = person.sign_in(person.authorize("partner", **ASK), "ann")
    house.clock.turn(40 * 86_400)
    again = person.follow(post(person, "/interaction", page, decision="allow"))
    assert 'name="password"' in again.text
    assert "<bdi>Partner</bdi>" in again.text


def test_the_address_of_a_page(house: House) -> None:
    """As reloading it, or choosing a language, asks for it."""
    person = Person(house.served)
    page = person.authorize("spa", **ASK)
    house.clock.turn(31 * 60)
    for one in (person, Person(house.served)):
        again = one.get("/interaction", ticket=hidden(page.text, "ticket"))
        assert again.status_code == 200
        assert answer_of(one.follow(enter(one, again)).headers["location"])["code"]


def test_the_page_that_asks_about_signing_out(house: House) -> None:
    person = Person(house.served)
    person.code("spa", "ann")
    page = person.get("/oauth2/logout", post_logout_redirect_uri=house.served.home)
    house.clock.turn(31 * 60)
    again = post(person, "/oauth2/logout", page)
    assert again.status_code == 200
    assert post(person, "/oauth2/logout", again).headers["location"] == house.served.home
