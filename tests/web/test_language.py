"""The switch between languages at the foot of pages, over HTTP on both engines."""

import re
from html import unescape
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx2
import pytest

from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person, answer_of
from tests.portal.signing_in import Visitor
from tests.server import Served


def switch(page: str) -> tuple[str, str]:
    """(language offered, address that the form asks for)"""
    form = re.search(r'<form class="languages" action="/language">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    back = re.search(r'name="back" value="([^"]*)"', form[1])
    to = re.search(r'name="to" value="(..)"', form[1])
    assert back is not None
    assert to is not None
    return to[1], f"/language?{urlencode({'back': unescape(back[1]), 'to': to[1]})}"


def lang(page: str) -> str:
    found = re.search(r'<html lang="(..)">', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "path",
    [
        "/portal",
        "/portal/guides/refresh?from=a%26b",
        "/sign-in?next=/portal/usage",
        "/portal/nowhere",
        "/oauth2/logout",
    ],
)
def test_the_choice_wins_and_stays_on_the_page(served: Served, path: str) -> None:
    visitor = Visitor(served.url)
    assert lang(visitor.get(path).text) == "en"
    offered, address = switch(visitor.page)
    assert offered == "de"
    reply = visitor.http.get(address)
    assert (reply.status_code, unquote(reply.headers["location"])) == (303, unquote(path))
    assert re.search(
        r"hoistway_language=de; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax", reply.headers["set-cookie"]
    )
    assert lang(visitor.get(path).text) == "de"
    assert switch(visitor.page)[0] == "en"
    assert lang(visitor.get("/portal/token?ui_locales=en").text) == "de"
    visitor.http.get(switch(visitor.page)[1])
    assert lang(visitor.get("/portal").text) == "en"


def test_an_authorization_request_goes_on(served: Served) -> None:
    person = Person(served)
    asked = {"scope": "openid units.read", "redirect_uri": f"{served.home}callback", "state": "kept", **CHALLENGE}
    page = person.authorize("spa", **asked)
    assert lang(page.text) == "en"
    back = person.http.get(served.url + switch(page.text)[1])
    assert urlsplit(back.headers["location"]).path == "/interaction"
    page = person.http.get(served.url + back.headers["location"])
    assert lang(page.text) == "de"
    answer = answer_of(person.sign_in(page, "ann").headers["location"])
    assert answer["state"] == "kept"
    assert "code" in answer


def test_pages_that_answer_a_form_offer_none(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("ann")
    visitor.get("/portal/applications/new")
    wrong = visitor.post("/portal/applications/new", name="")
    assert wrong.status_code == 422
    assert 'class="languages"' not in wrong.text


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "",
        "/" + "a" * 30_000,
    ],
)
def test_it_leads_nowhere_else(served: Served, back: str) -> None:
    reply = httpx2.get(f"{served.url}/language?{urlencode({'to': 'de', 'back': back})}")
    if reply.status_code == 303:
        assert reply.headers["location"] == "/portal"
    else:
        assert reply.status_code == 400


@pytest.mark.parametrize("to", ["", "fr", "de; Domain=evil.example"])
def test_other_languages_are_refused(served: Served, to: str) -> None:
    reply = httpx2.get(f"{served.url}/language?{urlencode({'to': to, 'back': '/portal'})}")
    assert reply.status_code == 400
    assert "set-cookie" not in reply.headers
    assert parse_qs(urlsplit(str(reply.url)).query)["back"] == ["/portal"]


def test_a_cookie_that_says_something_else_is_as_none(served: Served) -> None:
    reply = httpx2.get(f"{served.url}/portal", headers={"cookie": "hoistway_language=<b>", "accept-language": "de"})
    assert lang(reply.text) == "de"
