"""Guesses don't keep the owner out of the browser in which they signed in before, wherever it is; nor does it help a guesser."""

import secrets

import httpx2
from sqlalchemy import bindparam, update

from hoistway.authn.counting import BROWSERS
from hoistway.protocol.ids import UserId
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.known_browsers import KNOWN_BROWSERS
from hoistway.store.users import set_user_password
from tests.attacks.asking import at_once
from tests.attacks.test_accounts import guess, own_served
from tests.attacks.test_guesses import assert_counted
from tests.flows.browser import Person, hidden
from tests.server import Served, change
from tests.world import DIGEST, NOW, PASSWORD

__all__ = ["own_served"]

_AGE = Statement(
    lambda: update(KNOWN_BROWSERS).values(created_at=KNOWN_BROWSERS.c.created_at - bindparam("by")), nothing
)
HOME, AWAY = "192.0.2.1", "203.0.113.9"


def type_in(person: Person, name: str, word: str, address: str) -> httpx2.Response:
    """As `guess`, in a browser that keeps its cookies."""
    page = person.get("/sign-in")
    form = {"csrf": hidden(page.text, "csrf"), "username": f"{name}@example.com", "password": word}
    return person.http.post("/sign-in", data=form, headers={"x-forwarded-for": address})


def known(served: Served, name: str = "ann") -> Person:
    """A browser in which this person signed in, and is signed in no more."""
    person = Person(served)
    assert type_in(person, name, PASSWORD, HOME).status_code == 303
    person.http.cookies.delete("hoistway_session")
    return person


def lock(served: Served, name: str = "ann") -> None:
    """From everywhere but the owner's networks."""
    at_once(24, lambda i: guess(served, f"{name}@example.com", f"wrong-{i}", f"198.51.100.{i}"))
    assert guess(served, f"{name}@example.com", PASSWORD, AWAY).status_code == 429


def test_the_owner_enters_in_a_known_browser(own_served: Served) -> None:
    """Row 58: on the way, in a network that nobody knows, while others guess."""
    person = known(own_served)
    lock(own_served)
    assert type_in(person, "ann", PASSWORD, AWAY).status_code == 303


def test_the_owner_enters_where_others_used_up_what_the_network_may(own_served: Served) -> None:
    """Row 58."""
    person, word = known(own_served), secrets.token_hex(4)
    at_once(60, lambda i: guess(own_served, f"{word}-{i}@example.com", "wrong", AWAY))
    assert guess(own_served, "ann@example.com", PASSWORD, AWAY).status_code == 429
    assert type_in(person, "ann", PASSWORD, AWAY).status_code == 303


def test_a_browser_is_known_to_its_owner_alone(own_served: Served) -> None:
    """Row 41: who signed in as somebody else guesses like everybody."""
    person = known(own_served, "bob")
    lock(own_served)
    assert type_in(person, "ann", PASSWORD, AWAY).status_code == 429
    stranger = Person(own_served)
    stranger.http.cookies.set("hoistway_known", secrets.token_urlsafe(32))
    assert type_in(stranger, "ann", PASSWORD, AWAY).status_code == 429


def test_a_known_browser_is_counted_by_itself(own_served: Served) -> None:
    """Row 41: a stolen one has ten guesses, from how many networks they come; the owner's other places are not touched."""
    person = known(own_served)
    replies = [type_in(person, "ann", f"wrong-{i}", f"198.51.100.{i}") for i in range(16)]
    assert_counted(replies, 10)
    assert type_in(person, "ann", PASSWORD, AWAY).status_code == 429
    assert guess(own_served, "ann@example.com", PASSWORD, HOME).status_code == 303


def test_a_new_password_makes_every_browser_unknown(own_served: Served) -> None:
    """Row 41: who knew the password before is a stranger after it changed."""
    person = known(own_served)

    async def write(tx: Writer) -> None:
        await set_user_password(tx, UserId("u-ann"), DIGEST, NOW + 60)

    change(own_served.database, write)
    lock(own_served)
    assert type_in(person, "ann", PASSWORD, AWAY).status_code == 429


def test_another_cookie_of_the_same_browser_is_no_other_browser(own_served: Served) -> None:
    """Row 41: whoever signs in there as somebody new gets the browser another cookie, and no further guesses."""
    person = known(own_served)
    assert_counted([type_in(person, "ann", f"wrong-{i}", f"198.51.100.{i}") for i in range(12)], 10)
    before = person.http.cookies["hoistway_known"]
    assert type_in(person, "bob", PASSWORD, AWAY).status_code == 303
    person.http.cookies.delete("hoistway_session")
    assert person.http.cookies["hoistway_known"] != before
    assert type_in(person, "ann", PASSWORD, AWAY).status_code == 429


def test_all_browsers_of_a_person_have_a_bound(own_served: Served) -> None:
    """Row 41: whoever has many of them."""
    looked_at = 0
    for number in range(8):
        person = known(own_served)
        age_browsers(own_served, number)
        replies = [type_in(person, "ann", f"wrong-{number}-{i}", AWAY) for i in range(10)]
        looked_at += sum(reply.status_code == 400 for reply in replies)
    assert looked_at == BROWSERS.free


def age_browsers(served: Served, number: int) -> None:
    """As though those that are known had become so at other times: the clock stands still."""

    async def write(tx: Writer) -> None:
        await tx.run(_AGE, {"by": 1_000 * (number + 1)})

    change(served.database, write)
