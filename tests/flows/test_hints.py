"""Whom an application expects: `id_token_hint` (OpenID Connect Core section 3.1.2.1) and `login_hint`."""

from itertools import count
from typing import Any

import pytest

from hoistway import clock
from hoistway.protocol.ids import UserId
from hoistway.store.change_row import change_row
from hoistway.store.db import Writer
from tests.attacks.asking import CHALLENGE, parts_of, post
from tests.flows.browser import Person, answer_of
from tests.server import Served, change, populate, serving
from tests.world import API_URI, PASSWORD, TENANT_NAME

UNITS = "openid units.read"
B2C = f"/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0/authorize"


def hint_of(served: Served, name: str, client_id: str = "spa", **asked: str) -> str:
    return Person(served).tokens(client_id, name, "openid profile", **asked)["id_token"]


def ask(person: Person, client_id: str = "spa", **asked: str) -> Any:
    return person.authorize(client_id, **{"scope": UNITS, **CHALLENGE, **asked})


def outcome(reply: Any) -> str:
    """`code`, the error, or `page`."""
    if reply.status_code != 303:
        assert reply.status_code == 200, reply.text
        return "page"
    answer = answer_of(reply.headers["location"])
    return "code" if "code" in answer else str(answer.get("error", reply.headers["location"]))


def test_another_person_is_not_given_silently(served: Served) -> None:
    anns, bob = hint_of(served, "ann"), Person(served)
    bobs = bob.tokens("spa", "bob", "openid")["id_token"]
    assert outcome(ask(bob, prompt="none", id_token_hint=bobs)) == "code"
    assert outcome(ask(bob, prompt="none", id_token_hint=anns)) == "login_required"
    assert outcome(ask(bob, prompt="none", id_token_hint=anns, login_hint="bob@example.com")) == "login_required"
    b2c = ask(bob, path=B2C, scope=f"openid {API_URI}", prompt="none", id_token_hint=anns)
    assert outcome(b2c) == "interaction_required"
    assert outcome(ask(Person(served), prompt="none", id_token_hint=anns)) == "login_required"


def test_without_prompt_none_that_person_signs_in(served: Served) -> None:
    anns, person = hint_of(served, "ann"), Person(served)
    person.tokens("spa", "bob", "openid")
    page = ask(person, id_token_hint=anns)
    assert 'value="ann@example.com"' in page.text
    signed = person.sign_in(page, "ann")
    assert outcome(signed) == "code"
    assert outcome(ask(person, prompt="none", id_token_hint=anns)) == "code"


def test_who_signs_in_as_somebody_else_is_not_given_either(served: Served) -> None:
    """The standard's words: otherwise an error must be returned."""
    anns, person = hint_of(served, "ann"), Person(served)
    reply = person.sign_in(ask(person, id_token_hint=anns), "bob")
    assert outcome(reply) == "login_required"
    assert "Somebody else signed in" in answer_of(reply.headers["location"])["error_description"]


@pytest.mark.parametrize("kind", ["nonsense", "access", "altered", "foreign"])
def test_a_hint_that_can_not_be_read_names_nobody(served: Served, kind: str) -> None:
    person = Person(served)
    tokens = person.tokens("spa", "ann", "openid profile")
    head, body, signature = tokens["id_token"].split(".")
    hint = {
        "nonsense": "x", "access": tokens["access_token"], "altered": f"{head}.{body}.{signature[::-1]}",
        "foreign": f"{head}.{body}.",
    }[kind]  # fmt: skip
    assert outcome(ask(person, prompt="none", id_token_hint=hint)) == "login_required"
    page = ask(person, id_token_hint=hint)
    assert outcome(page) == "page"
    assert outcome(person.sign_in(page, "ann")) == "code"


def test_the_hints_customer_counts_as_customer_does(served: Served) -> None:
    """A renewal stays with its customer, whatever was chosen elsewhere meanwhile; what is asked for goes first."""
    person = Person(served)
    first = person.tokens("spa", "both", "openid", customer="c-a")["id_token"]
    page = ask(person, scope="openid", prompt="select_account", id_token_hint=first)
    assert outcome(page) == "page", "the person asked to choose"
    assert outcome(person.submit("/interaction", page, customer="c-b")) == "code"

    def renewed(**asked: str) -> str:
        tokens = person.tokens("spa", "both", "openid", prompt="none", **asked)
        return str(parts_of(tokens["id_token"])[1]["customer"])

    assert renewed() == "c-b"
    assert renewed(id_token_hint=first) == "c-a"
    assert renewed(id_token_hint=first, customer="c-b") == "c-b"


def test_a_hint_opens_no_customer_that_is_not_theirs(served: Served) -> None:
    """Left since; an employee's, with whom a third party asks each time."""
    emils, person = hint_of(served, "emil", customer="c-b"), Person(served)
    person.sign_in(person.get("/sign-in"), "emil")
    assert outcome(ask(person, "partner", prompt="none", id_token_hint=emils)) == "consent_required"


def test_a_technical_accounts_token_names_no_person(served: Served) -> None:
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}
    hint = post(served, **form, scope=f"openid {API_URI}").json()["id_token"]
    person = Person(served)
    person.tokens("spa", "ann", "openid")
    assert outcome(ask(person, prompt="none", id_token_hint=hint)) == "login_required"


def test_an_email_address_is_as_good_as_the_user_name(served: Served) -> None:
    async def rename(tx: Writer) -> None:
        await change_row(tx, "users", UserId("u-few"), {"emails": '["Few.Person@Mail.Example","few2@mail.example"]'})

    change(served.database, rename)
    person = Person(served)
    person.tokens("spa", "few", "openid")
    for hint in ("few@example.com", "FEW@example.com", "few.person@mail.example", "few2@mail.example", "u-few"):
        assert outcome(ask(person, prompt="none", login_hint=hint)) == "code"
        assert outcome(ask(person, login_hint=hint)) == "code"
    for other in ("ann@example.com", "few@mail.example"):
        assert outcome(ask(person, prompt="none", login_hint=other)) == "login_required"
        assert outcome(ask(person, login_hint=other)) == "page"


def test_a_sign_in_counts_although_the_second_changed_meanwhile(database_url: str) -> None:
    """Each look at the clock finds a later second: whoever has just signed in for the request is not asked to do it again."""
    populate(database_url)
    seconds = count(clock.now())
    with serving(database_url, now=lambda: next(seconds)) as served:
        for asked in ({"prompt": "login"}, {"max_age": "0"}, {"login_hint": "ann@example.com"}):
            person = Person(served)
            assert outcome(person.sign_in(ask(person, **asked), "ann")) == "code", asked
