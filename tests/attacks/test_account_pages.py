"""Rows 36 to 38 for what people do with their own account: nobody else's form, frame or script."""

from collections.abc import Iterator

import httpx2
import pytest

from hoistway.settings import MailServer
from tests.attacks.test_pages import FORGED, SCRIPTS
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import code_at, with_codes
from tests.flows.browser import Person, hidden
from tests.portal.house import House
from tests.server import Clock, populate, serving

SESSION = "hoistway_session"


@pytest.fixture
def mailing(engine_name: EngineName) -> Iterator[House]:
    """With a mail server, which is away: without one nobody can ask for a reset."""
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock, mail=MailServer("127.0.0.1", 9, "offered", "lifts@id.example")) as served:
        yield House(served, clock)
    drop_database(url)


def second_step(house: House) -> tuple[Person, httpx2.Response]:
    """After the right password of somebody who has a second factor."""
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    return person, person.sign_in(person.get("/sign-in", next="/account"), "ann")


@pytest.mark.parametrize(("form", "headers"), FORGED)
def test_a_forged_second_step(house: House, form: dict[str, str], headers: dict[str, str]) -> None:
    """Row 36: with the right code, so that the victim would work in the attacker's account; the attacker's browser has it."""
    person, page = second_step(house)
    sent = {"csrf": hidden(page.text, "csrf"), "code": code_at(house.clock.at), **form}
    reply = person.http.post("/sign-in/second?next=/account", data=sent, headers=headers)
    assert reply.status_code != 303 or "/sign-in" in reply.headers["location"]
    assert SESSION not in person.http.cookies


def pages(house: House) -> dict[str, httpx2.Response]:
    person, asked = Person(house.served), Person(house.served)
    _, second = second_step(house)
    person.sign_in(person.get("/sign-in"), "bob")
    found = {
        path: person.get(path)
        for path in ("/account", "/account/profile", "/account/password", "/account/applications")
    }
    found |= {path: person.get(path) for path in ("/account/factors", "/account/data")}
    ask = asked.get("/reset")
    return {
        **found, "second": second, "/reset": ask,
        "asked": asked.http.post("/reset", data={"csrf": hidden(ask.text, "csrf"), "username": "ann@example.com"}),
        "/reset/new": asked.get("/reset/new", link="x"), "/invitation": asked.get("/invitation", link="x"),
    }  # fmt: skip


def test_no_page_of_an_account_in_a_frame(mailing: House) -> None:
    """Row 37: nor do any of them send a Referer elsewhere or stay in a cache."""
    for name, page in pages(mailing).items():
        assert page.headers["content-type"].startswith("text/html"), name
        assert page.status_code in {200, 410}, name
        policy = page.headers["content-security-policy"].split("; ")
        assert {"frame-ancestors 'none'", "base-uri 'none'"} <= set(policy), name
        assert page.headers["x-frame-options"] == "DENY", name
        assert page.headers["cache-control"] == "no-store", name
        assert page.headers["referrer-policy"] == "no-referrer", name
        assert "postMessage" not in page.text, name


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_from_what_people_type_of_their_account(mailing: House, script: str) -> None:
    """Row 38: the name for a reset, a link, where a sign-in leads, one's own name."""
    person = Person(mailing.served)
    ask = person.get("/reset")
    found = [
        person.http.post("/reset", data={"csrf": hidden(ask.text, "csrf"), "username": script}),
        person.http.post("/reset", data={"csrf": script, "username": script}),
        person.get("/reset/new", link=script),
        person.get("/invitation", link=script),
        person.get("/sign-in", next=script),
        person.get("/sign-in/second", next=script),
    ]
    person.sign_in(person.get("/sign-in"), "few")
    form = person.get("/account/profile")
    wrong = {"csrf": hidden(form.text, "csrf"), "name": script, "locale": script}
    found += [person.http.post("/account/profile", data=wrong), person.get("/account/profile"), person.get("/account")]
    for page in found:
        assert script not in page.text
        assert "<b>" not in page.text
