"""A forgotten password: asked for on a page, set by a link in a mail, and what ends with the old one."""

from collections.abc import Iterator

import pytest

from hoistway.accounts.resetting import BY_NAME
from hoistway.protocol.ids import UserId
from hoistway.store.audit_search import search_audit
from hoistway.store.db import Database, Writer
from hoistway.store.profiles import change_profile
from tests.attacks.asking import refresh, refusal
from tests.engines import EngineName
from tests.factors import require, with_codes
from tests.flows.browser import Person, hidden
from tests.links.posting import NEW, Posted, ask, choose, link_in, opened, posting, sign_in
from tests.mail.test_mail import bodies
from tests.server import change, serving
from tests.store.test_schema import on

ANN = "ann@example.com"
LIFE = 30 * 60
SHORT = "zq8#Lw!t7V"


@pytest.fixture
def post(engine_name: EngineName) -> Iterator[Posted]:
    with posting(engine_name) as posted:
        yield posted


def events(post: Posted, name: str) -> int:
    async def read(db: Database) -> int:
        return len(await search_audit(db, {"event": [name]}, since=None, until=None, before="", most=9))

    return on(post.served.database, read)


def test_a_forgotten_password(post: Posted) -> None:
    served = post.served
    before, reply = sign_in(served, "ann")
    assert reply.status_code == 303
    tokens = Person(served).tokens("spa", "ann", "openid offline_access units.read")
    post.clock.turn(5)
    person = Person(served)
    assert 'href="/reset"' in person.get("/sign-in").text
    reply = ask(person, " ANN@example.com ")
    assert (reply.status_code, "Look into your mailbox" in reply.text) == (200, True)
    letter = post.letters(1, ANN)[0]
    assert letter["subject"] == "Reset your password"
    link = link_in(letter, "/reset/new")
    assert served.url in bodies(letter)[0]
    # Looking at the page changes nothing: filters of mail do.
    assert sign_in(served, "ann")[1].status_code == 303
    reply = choose(Person(served), link)
    assert (reply.status_code, "Your new password is set" in reply.text) == (200, True)
    assert "set-cookie" not in {name for name in reply.headers if "session" in reply.headers[name]}
    assert before.get("/portal/applications").status_code == 303, "the sign-in of before has ended"
    assert refusal(refresh(served, tokens["refresh_token"])) == (400, "invalid_grant")
    assert sign_in(served, "ann")[1].status_code == 400
    assert sign_in(served, "ann", NEW)[1].status_code == 303
    assert post.letters(2, ANN)[1]["subject"] == "Your password was changed"
    assert (events(post, "user.reset_mailed"), events(post, "user.password_reset")) == (1, 1)
    assert opened(served, link).status_code == 410


async def _english(tx: Writer) -> None:
    await change_profile(tx, UserId("u-ann"), name="Ann", locale="en")


def test_the_language_of_the_person_and_else_of_the_page(post: Posted) -> None:
    german = Person(post.served)
    german.http.headers["accept-language"] = "de"
    assert "Sehen Sie in Ihr Postfach" in ask(german, ANN).text
    assert post.letters(1, ANN)[0]["subject"] == "Passwort zurücksetzen"
    change(post.served.database, _english)
    ask(german, ANN)
    assert post.letters(2, ANN)[1]["subject"] == "Reset your password"


def test_a_password_that_may_not_be_leaves_the_link_as_it_is(post: Posted) -> None:
    ask(Person(post.served), ANN)
    link = link_in(post.letters(1, ANN)[0], "/reset/new")
    for password, words in (
        ("short", "at least 15"),
        ("x" * 1025, "at most 1,024"),
        ("", "at least 15"),
        ("passwordpassword", "guess"),
    ):
        reply = choose(Person(post.served), link, password)
        assert (reply.status_code, words in reply.text) == (400, True), password
    assert choose(Person(post.served), link).status_code == 200


def test_eight_characters_are_enough_beside_a_second_factor(post: Posted) -> None:
    """SP 800-63B-4 section 3.1.1.2: where the person has one, or must have one; otherwise fifteen."""
    ann = Person(post.served)
    ask(ann, "ann@example.com")
    (letter,) = post.letters(1, "ann@example.com")
    link = link_in(letter, "/reset/new")
    assert "At least 15 characters" in ann.http.get(link).text
    assert choose(ann, link, SHORT).status_code == 400
    require(post.served.database, "all")
    assert "At least 8 characters" in ann.http.get(link).text
    require(post.served.database, None)
    assert choose(ann, link, SHORT).status_code == 400
    with_codes(post.served.database, "ann")
    assert choose(ann, link, SHORT[:7]).status_code == 400
    assert choose(ann, link, SHORT).status_code == 200


def test_a_link_is_good_for_thirty_minutes(post: Posted) -> None:
    ask(Person(post.served), ANN)
    link = link_in(post.letters(1, ANN)[0], "/reset/new")
    post.clock.turn(LIFE - 1)
    assert opened(post.served, link).status_code == 200
    post.clock.turn(1)
    gone = opened(post.served, link)
    assert (gone.status_code, "Ask for a new link" in gone.text) == (410, True)


def test_without_a_mail_server_the_page_says_so(migrated_url: str) -> None:
    with serving(migrated_url) as served:
        page = Person(served).get("/reset")
        assert (page.status_code, "No mail server is set up here" in page.text) == (200, True)
        assert 'name="username"' not in page.text


def test_what_a_form_lacks_is_said(post: Posted) -> None:
    reply = ask(Person(post.served), "  ")
    assert (reply.status_code, "Give the user name" in reply.text) == (400, True)
    person = Person(post.served)
    person.get("/reset")
    late = person.http.post("/reset", data={"csrf": "x" * 43, "username": ANN})
    assert (late.status_code, hidden(late.text, "username")) == (400, ANN)


def test_who_asks_too_often_is_told_when_to_try_again(post: Posted) -> None:
    for _ in range(BY_NAME):
        assert ask(Person(post.served), "nobody@example.com").status_code == 200
    post.clock.turn(1800)
    reply = ask(Person(post.served), "nobody@example.com")
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "1800")
    assert "Try again in 30 minutes." in reply.text
    post.clock.turn(1800)
    assert ask(Person(post.served), "nobody@example.com").status_code == 200
