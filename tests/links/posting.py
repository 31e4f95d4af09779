"""A server with a mail server beside it, and what tests of links read in letters."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx2

from hoistway.settings import MailServer
from hoistway.web.portal_words import PORTAL_WORDS
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person, hidden
from tests.mail.server import Mailbox, mail_server
from tests.mail.test_mail import bodies
from tests.server import Clock, Served, populate, serving
from tests.world import PASSWORD

WITHIN = 20.0
NEW = "another-horse-battery"
NOTICES = {words["mail_new_sign_in_subject"] for words in PORTAL_WORDS.values()}


class Posted:
    """A server, its clock, and the mailbox that its letters reach."""

    def __init__(self, served: Served, box: Mailbox, clock: Clock) -> None:
        self.served, self.box, self.clock = served, box, clock

    def letters(self, count: int, to: str) -> list[EmailMessage]:
        """Waits until so many have come to the address, but for notices of sign-ins, which tests of those await; the server looks
        into its outbox every few seconds."""
        give_up = time.monotonic() + WITHIN
        while (
            len(found := [one for one in self.box.mails if one["to"] == to and one["subject"] not in NOTICES]) < count
        ):
            assert time.monotonic() < give_up, f"{len(found)} of {count} letters to {to}"
            time.sleep(0.1)
        assert len(found) == count
        return found

    def settled(self) -> None:
        """Waits until everything that was asked for so far has been dealt with: a letter to another person comes last."""
        before = len([one for one in self.box.mails if one["to"] == "bob@example.com"])
        ask(Person(self.served), "bob@example.com")
        self.letters(before + 1, "bob@example.com")


@contextmanager
def posting(engine: EngineName) -> Iterator[Posted]:
    url, clock = fresh_database(engine, populate), Clock()
    with mail_server(Mailbox()) as box:
        mail = MailServer("127.0.0.1", box.port, "offered", "lifts@id.example")
        with serving(url, mail=mail, now=clock) as served:
            yield Posted(served, box, clock)
    drop_database(url)


def link_in(letter: EmailMessage, path: str) -> str:
    """The address in the letter, from its path on; the same in both parts."""
    plain, html = bodies(letter)
    found = re.search(rf"https?://\S+{re.escape(path)}\?link=[A-Za-z0-9_-]{{43}}", plain)
    assert found, plain
    assert f'href="{found[0]}"' in html
    parts = urlsplit(found[0])
    return f"{parts.path}?{parts.query}"


def ask(person: Person, username: str, **headers: str) -> httpx2.Response:
    page = person.http.get("/reset")
    return person.http.post("/reset", data={"csrf": hidden(page.text, "csrf"), "username": username}, headers=headers)


def choose(person: Person, link: str, password: str = NEW) -> httpx2.Response:
    """Opens the link and sets the password."""
    page = person.http.get(link)
    assert page.status_code == 200, page.text
    form = {name: hidden(page.text, name) for name in ("csrf", "link")}
    return person.http.post("/reset/new", data={**form, "password": password})


def sign_in(served: Served, name: str, password: str = PASSWORD) -> tuple[Person, httpx2.Response]:
    person = Person(served)
    page = person.get("/sign-in", next="/portal")
    form = {"csrf": hidden(page.text, "csrf"), "username": f"{name}@example.com", "password": password}
    return person, person.http.post("/sign-in?next=/portal", data=form)


def opened(served: Served, link: str) -> httpx2.Response:
    """In a browser that was never here."""
    person = Person(served)
    return person.http.get(link)
