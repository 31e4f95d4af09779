"""The next person at the same browser: what the one before opened, allowed or chose gives them nothing."""

from urllib.parse import urlsplit

import httpx2

from tests.flows.browser import Person, hidden
from tests.server import Served
from tests.world import is_named

CHALLENGE = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}


def posted(person: Person, path: str, page: httpx2.Response, **fields: str) -> httpx2.Response:
    """Without following, so that what the browser was sent to can be kept."""
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), **fields}
    return person.http.post(path, data=form)


def becomes(person: Person, name: str) -> None:
    """Somebody else signs in at this browser."""
    person.http.get("/oauth2/logout")
    page = person.get("/sign-in")
    assert posted(
        person, "/sign-in", page, username=f"{name}@example.com", password="correct-horse-battery"
    ).is_redirect


def assert_gives_nothing(reply: httpx2.Response) -> None:
    assert "code=" not in reply.headers.get("location", ""), reply.headers
    assert reply.status_code in {200, 303, 400}


def test_the_ticket_after_consent(served: Served) -> None:
    """Row 52: Ann allows, and leaves before her browser has gone on; Bob opens the address, and is asked himself."""
    person = Person(served)
    page = person.sign_in(person.authorize("partner", scope="openid units.read", **CHALLENGE), "ann")
    address = posted(person, "/interaction", page, decision="allow").headers["location"]
    becomes(person, "bob")
    reply = person.http.get(address)
    assert_gives_nothing(reply)
    assert 'value="allow"' in reply.text, "the page of consent, for Bob"


def test_the_page_of_consent(served: Served) -> None:
    """Row 52: Ann's page is still open in another tab; Bob presses what she did not."""
    person = Person(served)
    page = person.sign_in(person.authorize("partner", scope="openid", **CHALLENGE, prompt="consent"), "both")
    page = page if 'value="allow"' in page.text else person.submit("/interaction", page, customer="c-a")
    assert 'value="allow"' in page.text
    becomes(person, "bob")
    reply = person.follow(posted(person, "/interaction", page, decision="allow"))
    assert_gives_nothing(reply)
    assert 'value="allow"' in reply.text


def test_the_ticket_after_signing_in(served: Served) -> None:
    """Row 52: a request that wants a fresh sign-in got Ann's; Bob's session does not count as one."""
    person = Person(served)
    page = person.authorize("spa", scope="openid", prompt="login", **CHALLENGE)
    address = posted(person, "/sign-in", page, username="ann@example.com", password="correct-horse-battery").headers[
        "location"
    ]
    becomes(person, "bob")
    reply = person.http.get(address)
    assert_gives_nothing(reply)
    assert 'name="password"' in reply.text


def test_the_customer_chosen(served: Served) -> None:
    """Row 52: the choice of one person is none of the next one's, who belongs to the same two customers or to neither."""
    person = Person(served)
    page = person.sign_in(person.authorize("spa", scope="openid", prompt="select_account", **CHALLENGE), "both")
    address = posted(person, "/interaction", page, customer="c-b").headers["location"]
    for name in ("ann", "emil", "both"):
        becomes(person, name)
        reply = person.http.get(address)
        assert_gives_nothing(reply)
        assert 'name="customer"' in reply.text, name


def test_the_page_that_asks_about_signing_out(served: Served) -> None:
    """Row 52: Ann's open question signs Bob out no more than a link would: he is asked himself."""
    person = Person(served)
    person.sign_in(person.get("/sign-in"), "ann")
    page = person.get("/oauth2/logout", post_logout_redirect_uri=served.home)
    becomes(person, "bob")
    reply = posted(person, "/oauth2/logout", page)
    assert "You are signed in as <bdi>Bob</bdi>" in reply.text
    assert "Bob" in person.get("/portal").text
    again = posted(person, "/oauth2/logout", reply)
    assert urlsplit(again.headers.get("location", "")).netloc == ""
    assert not is_named("Bob", person.get("/portal").text)
