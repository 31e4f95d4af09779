"""Changing the person, and not signing in at all."""

import httpx2
import pytest

from tests.attacks.asking import CHALLENGE, parts_of
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.server import Served
from tests.world import CALLBACK, PASSWORD, TENANT_NAME

ASK = {"scope": "openid units.read", **CHALLENGE}


def post(person: Person, path: str, page: httpx2.Response, **fields: str) -> httpx2.Response:
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), **fields}
    return person.http.post(path, data=form)


def test_not_you_on_the_page_of_customers(served: Served) -> None:
    person = Person(served)
    verifier, challenge = pkce()
    asked = {**ASK, "code_challenge": challenge, "prompt": "select_account"}
    page = person.sign_in(person.authorize("spa", **asked), "both")
    form = person.submit("/interaction", page, decision="other")
    assert 'name="password"' in form.text
    chosen = person.sign_in(form, "ann")
    assert "<bdi>Ann</bdi>" in chosen.text
    code = answer_of(person.submit("/interaction", chosen, customer="c-a").headers["location"])["code"]
    sent = {"grant_type": "authorization_code", "client_id": "spa", "redirect_uri": CALLBACK}
    tokens = person.http.post("/oauth2/token", data={**sent, "code": code, "code_verifier": verifier}).json()
    assert parts_of(tokens["id_token"])[1]["sub"] == "u-ann"


def test_not_you_on_the_page_of_consent(served: Served) -> None:
    person = Person(served)
    page = person.sign_in(person.authorize("partner", **ASK), "ann")
    form = person.submit("/interaction", page, decision="other")
    assert 'name="password"' in form.text
    asked = person.sign_in(form, "bob")
    assert "<bdi>Bob</bdi>" in asked.text
    assert "code" in answer_of(person.submit("/interaction", asked, decision="allow").headers["location"])


def test_who_is_not_it_may_cancel(served: Served) -> None:
    person = Person(served)
    page = person.submit("/interaction", person.sign_in(person.authorize("partner", **ASK), "ann"), decision="other")
    assert (
        answer_of(person.submit("/interaction", page, decision="deny").headers["location"])["error"] == "access_denied"
    )


@pytest.mark.parametrize("path", ["/oauth2/authorize", f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/authorize"])
@pytest.mark.parametrize("wrong", [False, True])
def test_cancel_on_sign_in(served: Served, path: str, wrong: bool) -> None:
    person = Person(served)
    page = person.authorize("spa", path=path, **ASK)
    if wrong:
        page = post(person, "/sign-in", page, username="ann@example.com", password=PASSWORD + "x")
    assert 'value="deny"' in page.text
    reply = person.submit("/interaction", page, decision="deny")
    assert reply.headers["location"].startswith(CALLBACK)
    answer = answer_of(reply.headers["location"])
    assert (answer["error"], answer["state"]) == ("access_denied", "st")
    assert answer["error_description"].startswith("AADB2C90091") == (path != "/oauth2/authorize")


def test_there_is_nothing_to_cancel_where_no_application_asked(served: Served) -> None:
    assert 'value="deny"' not in Person(served).get("/sign-in").text


def test_the_words_are_german_too(served: Served) -> None:
    person = Person(served)
    person.http.headers["accept-language"] = "de"
    page = person.authorize("partner", **ASK)
    assert "Abbrechen" in page.text
    assert "Anderes Konto verwenden" in person.sign_in(page, "ann").text
