"""Who somebody was at the old system's provider proves an account that moved in, as far as the rules of linking go."""

from collections.abc import Iterator

import pytest

from hoistway.store.db import Writer
from hoistway.store.filling import fill_tables
from hoistway.store.providers import PROVIDERS
from hoistway.store.sessions import SESSIONS
from tests.engines import ENGINES
from tests.federation.connected import (
    DOMAIN,
    ID,
    back,
    events_of,
    known,
    led,
    make_person,
    provider,
    rows_of,
    serving_with,
)
from tests.federation.liar import Liar
from tests.federation.liar import liar as liar
from tests.flows.browser import Person, answer_of
from tests.server import Served, change
from tests.world import PASSWORD, A, B

OTHER = f"other@{DOMAIN}"


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    with serving_with(request.param, provider(liar.url)) as served:
        liar.claims = {"email": "dave@private.example", "email_verified": False}
        yield served


def was(served: Served, user_id: str, subject: str = "s-1") -> None:
    """At an issuer that is the customer's provider, letter for letter."""
    [row] = rows_of(served.database, PROVIDERS)
    at(served, row["issuer"], user_id, subject)


def at(served: Served, issuer: str, user_id: str, subject: str) -> None:
    async def put(tx: Writer) -> None:
        await fill_tables(tx, {"former_identities": [(issuer, subject, user_id)]})

    change(served.database, put)


def test_the_account_is_found_whatever_the_address(here: Served, liar: Liar) -> None:
    make_person(here.database, "dave", A)
    was(here, "u-dave")
    person = Person(here)
    reply = back(person, liar.sends_back(led(person, OTHER)))
    assert "code" in answer_of(reply.headers["location"])
    assert known(here) == {"s-1": "u-dave"}
    (told,) = events_of(here.database, "user.linked")
    assert (told["actor"], told["customer"]) == ("u-dave", A)
    assert ID in str(told["detail"])


def test_where_another_customer_relies_on_it_the_person_proves_themselves(here: Served, liar: Liar) -> None:
    make_person(here.database, "dave", A, B)
    was(here, "u-dave")
    person = Person(here)
    page = back(person, liar.sends_back(led(person, OTHER)))
    assert (page.status_code, page.url.path) == (200, "/sign-in/second")
    assert (known(here), rows_of(here.database, SESSIONS)) == ({}, [])
    person.submit("/sign-in/second", page, password=PASSWORD)
    assert known(here) == {"s-1": "u-dave"}


@pytest.mark.parametrize("whose", ["of another customer", "another issuer", "another subject", "staff"])
def test_it_counts_for_nothing_else(here: Served, liar: Liar, whose: str) -> None:
    make_person(here.database, "dave", B if whose == "of another customer" else A)
    if whose == "another issuer":
        at(here, "https://idp.example", "u-dave", "s-1")
    elif whose == "staff":
        was(here, "u-olga")
    else:
        was(here, "u-dave", "s-2" if whose == "another subject" else "s-1")
    person = Person(here)
    reply = back(person, liar.sends_back(led(person, OTHER)))
    assert "code=" not in reply.headers.get("location", "")
    assert known(here) == {}
