"""The first page of the portal for whoever is signed in, over HTTP on both engines: what each role sees, and of whom."""

import re
from collections.abc import Iterator

import pytest

from hoistway.settings import DAY
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client
from hoistway.store.db import Busy, Writer
from tests.engines import ENGINES
from tests.portal.asking import said, visitor
from tests.portal.glancing import serving_glanced
from tests.portal.signing_in import Visitor
from tests.server import Clock, Served, change
from tests.world import PASSWORD, B, client


@pytest.fixture(scope="module", params=ENGINES)
def glanced(request: pytest.FixtureRequest) -> Iterator[Served]:
    yield from serving_glanced(request.param)


def glance_of(page: str) -> str:
    """Of the page before what everybody sees."""
    return said(page.split('id="apis"')[0].split("<main")[1])


def links(page: str) -> set[str]:
    return set(re.findall(r'href="([^"]+)"', page.split('id="apis"')[0].split("<main")[1]))


ENDING = "ending-a app Secret hws_soon… ends in 10 days last used 1 day ago"
KEY = "runs a Key hwk_a… ends in 3 days never used"
SUBSCRIPTION = "runs a Subscription ends in 20 days"
ERRORS = "ending-a app API calls 1,407 refused"


def test_a_stranger_sees_no_more_than_before(glanced: Served) -> None:
    one = Visitor(glanced.url)
    one.get("/portal")
    assert "Three steps to the first call" in one.page
    assert "At a glance" not in one.page


def test_whoever_belongs_to_no_customer_hears_what_to_do(glanced: Served) -> None:
    glance = glance_of(visitor(glanced, "out").page)
    assert "belongs to no customer. Ask an administrator" in glance
    for word in ("To review", "Waiting requests", "Ends in", "Errors", "First steps", "app", "mine", "act for"):
        assert word not in glance


def test_a_member_sees_what_is_theirs_and_the_customers(glanced: Served) -> None:
    one = visitor(glanced, "ann")
    glance = glance_of(one.page)
    assert "What concerns Customer c-a now." in glance
    for sentence in (
        "asked a Application, 1 minute ago Waits for your answer mine a Application, 1 minute ago Waits for an operator",
        "waits a Subscription, just now Waits for an operator",
        f"Ends in the next 30 days {KEY} {ENDING} {SUBSCRIPTION} Errors",
        f"{ERRORS} ",
        "Unknown application Token requests 2 failed",
    ):
        assert sentence in glance
    # Secrets of applications in production are for administrators to make.
    for word in ("theirs", "gone", "over", "hws_late", "hws_off", "bare-a", "First steps", "To review", " b ", "-b"):
        assert word not in glance
    assert {"/portal/requests/r-asked-a", "/portal/subscriptions/s-waits-a", "/portal/applications/ending-a"} <= links(
        one.page
    )


def test_every_link_leads_somewhere(glanced: Served) -> None:
    one = visitor(glanced, "adam")
    found = links(one.page)
    assert len(found) > 10
    for link in found:
        assert one.http.get(link.replace("&amp;", "&")).status_code == 200, link


def test_an_administrator_sees_what_everybody_asked_for(glanced: Served) -> None:
    glance = glance_of(visitor(glanced, "adam").page)
    for sentence in ("mine a", "asked a", "theirs a", "waits a", ENDING, KEY, SUBSCRIPTION, ERRORS):
        assert sentence in glance
    assert "First steps Make a secret for bare-a app Without one it gets no token." in glance
    assert "Make the first call" not in glance
    for word in ("To review", " b ", "-b"):
        assert word not in glance


def test_another_customers_things_are_never_there(glanced: Served) -> None:
    glance = glance_of(visitor(glanced, "bob").page)
    for sentence in ("mine b", "asked b", "waits b", "ending-b app", "runs b", "hwk_b"):
        assert sentence in glance
    assert not re.search(r"\b(mine|asked|theirs|waits|runs) a\b|-a\b|hwk_a", glance)


def test_a_person_of_two_customers_sees_the_one_in_hand(glanced: Served) -> None:
    one = visitor(glanced, "both")
    # Nothing was asked for by this person.
    assert "Waiting requests" not in glance_of(one.page)
    assert "ending-a app" in glance_of(one.page)
    one.post("/portal/customer", customer="c-b")
    one.get("/portal")
    assert "ending-b app" in glance_of(one.page)
    assert "-a app" not in glance_of(one.page)


def test_whoever_begins_sees_the_first_steps(glanced: Served) -> None:
    glance = glance_of(visitor(glanced, "eve").page)
    assert "Nothing waits, nothing ends in the next 30 days, and no call of today was refused or failed." in glance
    assert "First steps Request an application" in glance
    assert "Make the first call" in glance
    assert "Make a secret" not in glance


REVIEW = "To review Requests for applications 4 Requests for subscriptions 2"


def test_an_operator_sees_what_is_to_be_reviewed(glanced: Served) -> None:
    one = visitor(glanced, "olga")
    glance = glance_of(one.page)
    assert REVIEW in glance
    assert "Begin to act for one, with a reason" in glance
    assert {"/console/requests", "/console/subscriptions", "/console/act-for"} <= links(one.page)
    assert "/console/changes" not in links(one.page)
    for word in ("Waiting requests", "Ends in", "Errors", "First steps", "ending-", "mine"):
        assert word not in glance


def test_an_auditor_sees_it_and_is_not_told_to_act(glanced: Served) -> None:
    one = visitor(glanced, "audra")
    assert REVIEW in glance_of(one.page)
    assert "/console/act-for" not in links(one.page)


def test_an_operator_who_acts_sees_that_customer(glanced: Served) -> None:
    one = visitor(glanced, "olga")
    one.get("/console/act-for?customer=c-a")
    reply = one.post("/console/act-for", customer="c-a", reason="A call of theirs", password=PASSWORD)
    assert reply.status_code == 303, said(reply.text)
    one.get("/portal")
    glance = glance_of(one.page)
    for sentence in (REVIEW, "theirs a", ENDING, "Make a secret for bare-a app"):
        assert sentence in glance
    assert not re.search(r"\bmine b\b|-b app", glance)


def test_the_page_comes_while_errors_cannot_be_counted(glanced: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_args: object) -> None:
        raise Busy("other searches took too long")

    monkeypatch.setattr("hoistway.portal.glance.errors_by_application", busy)
    glance = glance_of(visitor(glanced, "ann").page)
    assert "They could not be counted just now" in glance
    assert ENDING in glance


def test_lists_are_short_whatever_there_is(glanced: Served) -> None:
    async def work(tx: Writer) -> None:
        for number in range(12):
            row = client(f"many-{number}", "web", customer_id=B)
            await add_client(tx, row)
            secret = ClientSecret(f"many-{number}", row.id, row.id.encode(), "hws_many", 1, Clock().at + DAY)
            await add_secret(tx, secret)

    change(glanced.database, work)
    page = visitor(glanced, "bob").page
    assert page.count("hws_many") == 5


def test_in_german(glanced: Served) -> None:
    glance = glance_of(visitor(glanced, "adam", "de").page)
    for sentence in (
        "Auf einen Blick", "Was Customer c-a gerade betrifft.", "asked a Anwendung, vor einer Minute Wartet auf Ihre Antwort",
        "Geheimnis hws_soon… endet in 10 Tagen zuletzt genutzt vor einem Tag",
        "ending-a app API-Aufrufe 1.407 abgelehnt", "Geheimnis für bare-a app erzeugen",
    ):  # fmt: skip
        assert sentence in glance
