"""People see which applications have access in their name, for which customer and to what, and take it back."""

import re
from collections.abc import Iterator

import httpx2
import pytest

from hoistway.clock import now
from tests.attacks.asking import CHALLENGE, assert_refused_token, at_once, bearer, parts_of, redeem, refresh, refusal
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.portal.asking import said
from tests.server import Clock, Served, populate, serving
from tests.world import SECRET

HERE = "/account/applications"
LASTING = "openid profile offline_access units.read"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=ENGINES)
def served(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Served]:
    """A world of its own for each test: what is taken back is gone."""
    url = fresh_database(request.param, populate)
    clock.at = now()
    with serving(url, now=clock) as server:
        yield server
    drop_database(url)


def allow(served: Served, person: Person, scope: str = LASTING, name: str = "both", **asked: str) -> tuple[str, str]:
    """(code, verifier) of the partner, with consent."""
    verifier, challenge = pkce()
    asked = {"scope": scope, "code_challenge": challenge, "code_challenge_method": "S256", **asked}
    reply = person.authorize("partner", **asked)
    if reply.status_code == 200 and 'name="password"' in reply.text:
        reply = person.sign_in(reply, name)
    if reply.status_code == 200:
        reply = person.submit("/interaction", reply, decision="allow")
    return answer_of(reply.headers["location"])["code"], verifier


def tokens(served: Served, person: Person, scope: str = LASTING, **asked: str) -> dict[str, str]:
    reply = redeem(served, *allow(served, person, scope, **asked), "partner", client_secret=SECRET)
    assert reply.status_code == 200, reply.text
    body: dict[str, str] = reply.json()
    return body


def take_back(person: Person, page: httpx2.Response, client: str, customer: str) -> httpx2.Response:
    form = {"csrf": hidden(page.text, "csrf"), "client": client, "customer": customer}
    return person.follow(person.http.post(HERE, data=form))


def forms(page: httpx2.Response) -> list[tuple[str, str]]:
    """(application, customer) of each button."""
    return re.findall(r'name="client" value="([^"]+)"><input type="hidden" name="customer" value="([^"]+)"', page.text)


def test_the_page_says_who_may_what(served: Served) -> None:
    person = Person(served)
    tokens(served, person, customer="c-a")
    tokens(served, person, "openid units.read", customer="c-b")
    person.tokens("spa", "both", "openid offline_access units.read", customer="c-a")
    page = person.get(HERE)
    assert forms(page) == [("partner", "c-a"), ("partner", "c-b"), ("spa", "c-a")]
    first, second, third = (said(part) for part in page.text.split("<section")[1:])
    assert "Customer c-a" in first
    assert "May units.read units.read" in first
    assert "See your name and user name" in first
    assert "also while you are signed out. One sign-in." in first
    assert "Customer c-b" in second
    assert "While you are signed in." in second
    assert "See your name" not in second
    assert "It belongs to the operator" in third
    german = person.http.get(HERE, headers={"accept-language": "de"})
    assert "Zugriff zurücknehmen" in german.text
    assert HERE in person.get("/portal").text
    assert HERE in person.authorize("partner", scope="openid email", customer="c-a", **CHALLENGE).text


def test_taking_back_ends_all_that_was_given_for_that_customer(served: Served, clock: Clock) -> None:
    person = Person(served)
    one = tokens(served, person, customer="c-a")
    two = tokens(served, person, customer="c-b")
    away, verifier = allow(served, person, customer="c-a")
    page = take_back(person, person.get(HERE), "partner", "c-a")
    assert "Access was taken back." in page.text
    assert forms(page) == [("partner", "c-b")]
    more = {"client_secret": SECRET}
    assert refusal(refresh(served, one["refresh_token"], "partner", **more)) == (400, "invalid_grant")
    assert refusal(redeem(served, away, verifier, "partner", **more)) == (400, "invalid_grant")
    assert_refused_token(bearer(served, one["access_token"]))
    assert bearer(served, two["access_token"]).status_code == 200
    assert refresh(served, two["refresh_token"], "partner", **more).status_code == 200
    for customer, outcome in (("c-a", "consent_required"), ("c-b", None)):
        silent = person.authorize("partner", scope=LASTING, prompt="none", customer=customer, **CHALLENGE)
        assert answer_of(silent.headers["location"]).get("error") == outcome
    asked = person.authorize("partner", scope=LASTING, customer="c-a", **CHALLENGE)
    again = person.submit("/interaction", asked, decision="allow")
    assert "code" in answer_of(again.headers["location"])


def test_an_access_token_without_a_refresh_token_ends_too(served: Served) -> None:
    person = Person(served)
    token = tokens(served, person, "openid units.read", customer="c-a")["access_token"]
    assert bearer(served, token).status_code == 200
    take_back(person, person.get(HERE), "partner", "c-a")
    assert_refused_token(bearer(served, token))


def test_the_ticket_of_before_gives_no_code_after(served: Served) -> None:
    """The address with the ticket stands in the browser's history."""
    person = Person(served)
    page = person.sign_in(person.authorize("partner", scope=LASTING, **CHALLENGE), "ann")
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), "decision": "allow"}
    onward = person.http.post("/interaction", data=form).headers["location"]
    assert "code" in answer_of(person.http.get(onward).headers["location"])
    take_back(person, person.get(HERE), "partner", "c-a")
    assert person.http.get(onward).status_code == 200


def test_nobody_takes_back_for_another(served: Served) -> None:
    ann, bob = Person(served), Person(served)
    hers = tokens(served, ann, name="ann")
    tokens(served, bob, name="bob")
    page = bob.get(HERE)
    assert forms(page) == [("partner", "c-b")]
    take_back(bob, page, "partner", "c-a")
    assert forms(ann.get(HERE)) == [("partner", "c-a")]
    stranger = Person(served)
    assert stranger.get(HERE).headers["location"] == "/sign-in?next=%2Faccount%2Fapplications"
    form = {"csrf": "x" * 43, "client": "partner", "customer": "c-a"}
    assert stranger.http.post(HERE, data=form).status_code == 400
    assert refresh(served, hers["refresh_token"], "partner", client_secret=SECRET).status_code == 200
    assert parts_of(hers["access_token"])[1]["sub"] == "u-ann"


def test_somebody_without_a_customer_has_the_page(served: Served) -> None:
    person = Person(served)
    reply = person.sign_in(person.get("/sign-in", next=HERE), "emil")
    assert reply.status_code == 200
    page = person.get(HERE)
    assert "No application has access in your name." in page.text


def test_taking_back_comes_before_or_after_and_never_between(served: Served) -> None:
    """Codes and redemptions under way at the same moment: whatever came of them ends."""
    person = Person(served)
    tokens(served, person, customer="c-a")
    page = person.get(HERE)
    browsers = [Person(served) for _ in range(10)]
    for one in browsers:
        one.http.cookies = person.http.cookies

    def work(place: int) -> str | None:
        one = browsers[place]
        if place == 5:
            return str(take_back(one, page, "partner", "c-a").status_code)
        verifier, challenge = pkce()
        asked = {"scope": LASTING, "code_challenge": challenge, "code_challenge_method": "S256", "prompt": "none"}
        answer = answer_of(one.authorize("partner", **asked, customer="c-a").headers["location"])
        if "code" not in answer:
            assert answer["error"] == "consent_required"
            return None
        if place % 2:
            return f"{answer['code']} {verifier}"
        reply = redeem(served, answer["code"], verifier, "partner", client_secret=SECRET)
        return reply.json().get("refresh_token") if reply.status_code == 200 else None

    found = at_once(10, work)
    assert found[5] == "200"
    for what in (one for place, one in enumerate(found) if place != 5 and one is not None):
        code, _, verifier = what.partition(" ")
        reply = (
            redeem(served, code, verifier, "partner", client_secret=SECRET)
            if verifier
            else refresh(served, what, "partner", client_secret=SECRET)
        )
        assert refusal(reply) == (400, "invalid_grant")
    assert forms(person.get(HERE)) == []


QUESTION = {
    "en": "Sign out? You are signed in as Both . This ends your sign-in here. Applications that you opened stay signed in until "
    "you sign out there too; those that you allowed to work while you are away go on until you take that back under "
    "“Applications with access”.",
    "de": "Abmelden? Sie sind angemeldet als Both . Damit endet Ihre Anmeldung hier. Geöffnete Anwendungen bleiben angemeldet, "
    "bis Sie sich auch dort abmelden; solche, denen Sie Zugriff in Ihrer Abwesenheit erlaubt haben, arbeiten weiter, bis "
    "Sie ihn unter „Anwendungen mit Zugriff“ zurücknehmen.",
}
ANSWER = {
    "en": "You are signed out Applications that you opened stay signed in until you sign out there too; those that you allowed "
    "to work while you are away go on until you take that back. Applications with access",
    "de": "Sie sind abgemeldet Geöffnete Anwendungen bleiben angemeldet, bis Sie sich auch dort abmelden; solche, denen Sie "
    "Zugriff in Ihrer Abwesenheit erlaubt haben, arbeiten weiter, bis Sie ihn zurücknehmen. Anwendungen mit Zugriff",
}


@pytest.mark.parametrize("lang", QUESTION)
def test_what_signing_out_says_of_applications_is_true(served: Served, lang: str) -> None:
    """They go on without the person, whatever was signed out of, until the person takes it back where the page says."""
    person = Person(served)
    person.http.headers["accept-language"] = lang
    held = tokens(served, person, customer="c-a")["refresh_token"]
    question = person.get("/oauth2/logout")
    assert QUESTION[lang] in said(question.text)
    reply = person.submit("/oauth2/logout", question)
    assert ANSWER[lang] in said(reply.text)
    assert f'href="{HERE}"' in reply.text
    assert person.http.get(HERE).headers["location"].startswith("/sign-in?")
    again = refresh(served, held, "partner", client_secret=SECRET)
    assert again.status_code == 200
    person.sign_in(person.get("/sign-in"), "both")
    page = person.get(HERE)
    [(client, customer)] = forms(page)
    take_back(person, page, client, customer)
    ended = refresh(served, again.json()["refresh_token"], "partner", client_secret=SECRET)
    assert (ended.status_code, ended.json()["error"]) == (400, "invalid_grant")
