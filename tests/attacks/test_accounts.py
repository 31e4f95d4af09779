"""Guessing: who exists is not told, and no way around the counting. Each test has its own server, for addresses are counted."""

import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.attacks.asking import password, refusal
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person, hidden
from tests.server import Clock, Served, populate, serving
from tests.world import API_URI, PASSWORD


@pytest.fixture
def own_served(engine_name: EngineName) -> Iterator[Served]:
    """Behind one proxy, so that guesses may come from several addresses; its clock stands still, so no lock ends."""
    url = fresh_database(engine_name, populate)
    with serving(url, now=Clock(), trusted_proxies=1) as server:
        yield server
    drop_database(url)


def guess(served: Served, username: str, word: str, address: str = "192.0.2.1") -> httpx2.Response:
    person = Person(served)
    page = person.get("/sign-in")
    form = {"csrf": hidden(page.text, "csrf"), "username": username, "password": word}
    return person.http.post("/sign-in", data=form, headers={"x-forwarded-for": address})


def plain(reply: httpx2.Response, *words: str) -> str:
    """The page without what is random in it."""
    text = re.sub(r'(name="(?:csrf|ticket)"[^>]*value=")[^"]*', r"\1", reply.text)
    for word in (*words, reply.headers["x-correlation-id"]):
        text = text.replace(word, "")
    return text


def test_an_unknown_name_on_the_sign_in_page(own_served: Served) -> None:
    """Row 40: status, text and headers are those of a wrong password; a technical account is no person."""
    seen = set()
    for name in ("ann@example.com", "xyz@example.com", "daemon-a", "u-ann", ""):
        reply = guess(own_served, name, "wrong")
        headers = tuple(sorted(set(reply.headers) - {"content-length"}))
        text = plain(reply, f' value="{name}"', " autofocus") if name else None
        seen.add((reply.status_code, headers, text)) if name else None
        assert reply.status_code == 400
    assert len(seen) == 1


def test_an_unknown_name_by_the_password_grant(own_served: Served) -> None:
    """Row 40: also a person's name, whose password is right."""
    seen = set()
    for name, word in (("daemon-a", "wrong"), ("daemon-x", "wrong"), ("ann@example.com", PASSWORD)):
        reply = password(own_served, name, word, scope=API_URI)
        assert refusal(reply) == (400, "invalid_grant")
        seen.add((plain(reply), tuple(sorted(reply.headers))))
    assert len(seen) == 1


def test_another_address_does_not_help_later(own_served: Served) -> None:
    """Row 41: one guess after the other; then even the right password waits, from wherever, however the name is spelled."""
    for number in range(10):
        assert guess(own_served, "gone@example.com", f"wrong-{number}", f"198.51.100.{number}").status_code == 400
    for name in ("gone@example.com", "GONE@example.com"):
        right = guess(own_served, name, PASSWORD, "203.0.113.9")
        assert right.status_code == 429
        assert int(right.headers["retry-after"]) > 0
        assert "set-cookie" not in right.headers
