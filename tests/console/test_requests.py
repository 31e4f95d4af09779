"""The operators' queue: what waits, what to look at, decisions that are first or late, and two pairs of eyes."""

import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, update

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.audit_search import search_audit
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Database, Statement, Writer, nothing
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.requests import REQUESTS
from hoistway.store.users import add_user
from tests.attacks.asking import bearer, post
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person, answer_of
from tests.portal.asking import PRODUCTION, approved, asked, decide, granted, made_secret, operator, said, visitor
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import NOW, PASSWORD, user

LEGACY = {"type": "web", "flows_implicit": "yes", "reason": "The kiosks of 2016 know nothing else."}


def day(after: int) -> str:
    return (datetime.now(UTC) + timedelta(days=after)).date().isoformat()


def actors(served: Served, event: str) -> list[str]:
    """Who did it for whom, the newest first."""

    async def work(db: Database) -> list[str]:
        rows = await search_audit(db, {"event": [event]}, since=None, until=None, before="", most=50)
        return [f"{row.actor} {row.customer_id}" for row in rows]

    return on(served.database, work)


def granted_by(one: Visitor, request_id: str) -> str:
    """The client id of the application that came of a request."""
    one.get(f"/portal/requests/{request_id}")
    found = re.search(r"/portal/applications/([0-9a-f-]{36})", one.page)
    assert found is not None, said(one.page)
    return found[1]


def test_the_longest_waiting_comes_first_and_filters_are_in_the_address(served: Served) -> None:
    ann, bob, olga = visitor(served, "ann"), visitor(served, "bob"), operator(served)
    first, second = asked(ann, name="Queue one"), asked(bob, name="Queue two")
    change(served.database, _a_minute_ago(first))
    olga.get("/console/requests")
    words = said(olga.page)
    assert words.index("Queue one") < words.index("Queue two")
    assert "Customer c-b" in words
    decide(olga, first, "reject", "No.")
    decide(olga, second, "approve")
    for show, shown, hidden in (("rejected", "one", "two"), ("approved", "two", "one")):
        olga.get(f"/console/requests?show={show}")
        assert f"Queue {shown}" in said(olga.page)
        assert f"Queue {hidden}" not in said(olga.page)
    olga.get("/console/requests?show=nonsense")
    assert "Queue one" not in olga.page


def _a_minute_ago(request_id: str) -> Callable[[Writer], Awaitable[None]]:
    clause = update(REQUESTS).where(REQUESTS.c.id == bindparam("b_id")).values(created_at=REQUESTS.c.created_at - 60)

    async def work(tx: Writer) -> None:
        await tx.run(Statement(lambda: clause, nothing), {"b_id": request_id})

    return work


def test_the_queue_has_pages(served: Served) -> None:
    people = [visitor(served, name) for name in ("ann", "bob", "ann")]
    change(served.database, _third_customer)
    people[2] = visitor(served, "third")
    wanted = {f"Page {number:02} of {index}" for number in range(18) for index in range(3)}
    for name in sorted(wanted):
        asked(people[int(name[-1])], name=name)
    olga, seen, path = operator(served), set(), "/console/requests"
    for _ in range(5):
        olga.get(path)
        seen |= set(re.findall(r"Page \d\d of \d", olga.page))
        more = re.search(r'href="(/console/requests\?[^"]+)" rel="next"', olga.page)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
    assert seen == wanted
    assert "after=" in path


async def _third_customer(tx: Writer) -> None:
    await add_customer(tx, Customer(CustomerId("c-third"), "Customer third", NOW))
    await add_user(tx, user("third", CustomerId("c-third")))
    await put_membership(tx, Membership(UserId("u-third"), CustomerId("c-third"), "member", "all", NOW))


def test_risks_stand_beside_the_request(served: Served) -> None:
    adam, olga = visitor(served, "adam"), operator(served)
    withdraw_all(adam)
    approved(served, adam, name="Elevator board", redirect_uris="https://known.example/cb", type="web")
    change(served.database, _fourth_customer)
    fourth, uris = visitor(served, "fourth"), "http://localhost:9/cb\nhttps://known.example/x"
    odd = asked(fourth, **LEGACY, name="Elevat0r b0ard", redirect_uris=uris)
    olga.get(f"/console/requests/{odd}")
    words = said(olga.page)
    for sentence in (
        "Asks for the implicit flow", "another customer's application: Elevator board",
        "No application of this customer uses the host known.example yet", "own machine", "The kiosks of 2016",
        "known for less than 30 days",
    ):  # fmt: skip
        assert sentence in words, sentence
    brand = asked(fourth, name="Hoistway login")
    olga.get(f"/console/requests/{brand}")
    assert "looks like that of this service" in said(olga.page)


async def _fourth_customer(tx: Writer) -> None:
    now = int(datetime.now(UTC).timestamp())
    await add_customer(tx, Customer(CustomerId("c-fourth"), "Customer fourth", now))
    await add_user(tx, user("fourth", CustomerId("c-fourth")))
    await put_membership(tx, Membership(UserId("u-fourth"), CustomerId("c-fourth"), "member", "all", now))


def test_a_legacy_flow_is_given_until_the_day_that_the_operator_chose(served: Served) -> None:
    adam, olga = visitor(served, "adam"), operator(served)
    withdraw_all(adam)
    request_id = asked(adam, **LEGACY, name="Kiosk")
    for until in ("", "2020-01-01", "nonsense", day(400), "9999-12-31"):
        reply = decide(olga, request_id, "approve", until=until)
        assert reply.status_code == 422
        assert "within the next 365" in reply.text
    olga.get(f"/console/requests/{request_id}")
    assert f'value="{day(90)}"' in olga.page
    assert decide(olga, request_id, "approve", until=day(30)).status_code == 303
    client_id = granted_by(adam, request_id)
    adam.get(f"/portal/applications/{client_id}")
    assert day(30) in adam.page
    person = Person(served)
    where = {"scope": "units.read", "response_type": "token"}
    page = person.sign_in(person.authorize(client_id, **where), "ann")
    answer = answer_of(person.submit("/interaction", page, decision="allow").headers["location"])
    assert bearer(served, answer["access_token"]).status_code == 200


def withdraw_all(one: Visitor) -> None:
    """So that the next request finds room."""
    one.get("/portal/applications")
    for request_id in set(re.findall(r"/portal/requests/([0-9a-f-]{36})", one.page)):
        one.post(f"/portal/requests/{request_id}", do="withdraw")


def test_the_password_grant_for_a_daemon(served: Served) -> None:
    """By the customer's own technical account, with the application's secret beside it."""
    adam, olga = visitor(served, "adam"), operator(served)
    withdraw_all(adam)
    daemon = {"type": "daemon", "redirect_uris": "", "flows_password": "yes", "reason": "Their firmware is of 2014."}
    request_id = asked(adam, name="Firmware", **daemon)
    assert decide(olga, request_id, "approve", until=day(10)).status_code == 303
    client_id = granted_by(adam, request_id)
    secret = made_secret(adam, client_id)
    form = {"grant_type": "password", "username": "daemon-a", "password": PASSWORD, "scope": "units.read"}
    reply = post(served, client_id=client_id, client_secret=secret, **form)
    assert reply.status_code == 200, reply.text
    assert post(served, client_id=client_id, **form).status_code == 401


def test_of_two_operators_at_once_one_decides(served: Served) -> None:
    adam = visitor(served, "adam")
    withdraw_all(adam)
    request_id = asked(adam, name="Raced for")
    bosses = [operator(served) for _ in range(6)]
    for boss in bosses:
        boss.get(f"/console/requests/{request_id}")

    def send(number: int) -> int:
        kind = "approve" if number % 2 else "reject"
        reply = bosses[number].post(f"/console/requests/{request_id}", decision=kind, text="Decided.")
        return int(reply.status_code)

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(send, range(6)))
    assert (answers[0], {*answers[1:]} <= {409, 422}) == (303, True)
    adam.get(f"/portal/requests/{request_id}")
    assert adam.page.count("Decided.") == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"decision": "", "text": "Kept."}, "Choose what to do"),
        ({"decision": "maybe", "text": "Kept."}, "Choose what to do"),
        ({"decision": "ask", "text": " "}, "Write a message"),
        ({"decision": "reject", "text": "x" * 4001}, "at most 4000"),
    ],
)
def test_a_decision_without_what_it_needs(served: Served, form: dict[str, str], words: str) -> None:
    adam, olga = visitor(served, "adam"), operator(served)
    withdraw_all(adam)
    request_id = asked(adam, name="Undecided")
    reply = decide(olga, request_id, **form)
    assert reply.status_code == 422
    assert words in said(reply.text)
    assert form["text"] in reply.text
    adam.get(f"/portal/requests/{request_id}")
    assert "In review" in adam.page


def test_a_request_that_does_not_exist(served: Served) -> None:
    olga = operator(served)
    for name in ("none", "x" * 300, "%C2%85"):
        assert olga.get(f"/console/requests/{name}").status_code == 404


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server that wants two operators for each approval."""
    url = fresh_database(request.param, populate)

    async def another(tx: Writer) -> None:
        await add_user(tx, user("otto", None, "employee", "operator"))

    change(url, another)
    with serving(url, four_eyes=True) as server:
        yield server
    drop_database(url)


def test_two_operators_approve_and_one_is_never_both(careful: Served) -> None:
    ann, olga, otto = visitor(careful, "ann"), operator(careful), operator(careful, "otto")
    request_id = asked(ann, **LEGACY, name="Twice looked at")
    first = decide(olga, request_id, "approve", "Fine by me.", until=day(20))
    assert first.headers["location"].endswith("approved_first")
    ann.get(f"/portal/requests/{request_id}")
    assert "In review" in ann.page
    assert "a second operator must confirm" in ann.page
    olga.get(f"/console/requests/{request_id}")
    assert "another operator must confirm" in said(olga.page)
    assert 'value="approve"' not in olga.page
    assert olga.post(f"/console/requests/{request_id}", decision="approve", text="").status_code == 422
    otto.get("/console/requests?show=confirm")
    assert "Twice looked at" in otto.page
    otto.get(f"/console/requests/{request_id}")
    assert "Olga approved it" in said(otto.page)
    assert 'name="until"' not in otto.page
    second = decide(otto, request_id, "approve", until=day(300))
    assert second.headers["location"].endswith("notice_queue_approved")
    ann.get(f"/portal/applications/{granted_by(ann, request_id)}")
    assert day(20) in ann.page, "the end that the first operator set holds"
    assert actors(careful, "request.approved_first")[0] == "u-olga c-a"
    assert actors(careful, "request.approved")[0] == "u-otto c-a"


def test_a_question_between_two_approvals_begins_anew(careful: Served) -> None:
    ann, olga, otto = visitor(careful, "ann"), operator(careful), operator(careful, "otto")
    request_id = asked(ann, name="Asked between")
    decide(olga, request_id, "approve")
    assert decide(otto, request_id, "ask", "Who is it for?").status_code == 303
    ann.get(f"/portal/requests/{request_id}")
    ann.post(f"/portal/requests/{request_id}", do="answer", text="For us.")
    assert decide(otto, request_id, "approve").headers["location"].endswith("approved_first")
    assert decide(olga, request_id, "approve").headers["location"].endswith("notice_queue_approved")


def test_who_asked_decides_nothing_of_it(careful: Served) -> None:
    """An operator who acts for a customer and asks is no pair of eyes."""
    olga, otto = operator(careful), operator(careful, "otto")
    reply = olga.post("/console/act-for", customer="c-a", reason="Sets up their first application.")
    assert reply.status_code == 303
    request_id = asked(olga, **{**PRODUCTION, "name": "Asked by an operator"})
    mine = decide(olga, request_id, "approve")
    assert mine.status_code == 422
    assert "another operator must decide" in mine.text
    assert decide(otto, request_id, "approve").headers["location"].endswith("approved_first")
    assert decide(olga, request_id, "approve").status_code == 422
    assert granted(olga), "the sandbox needs nobody"


def test_many_approvals_at_once_make_one_application(careful: Served) -> None:
    ann = visitor(careful, "ann")
    request_id = asked(ann, name="Raced for by two")
    bosses = [operator(careful, name) for name in ("olga", "otto", "olga", "otto")]
    for boss in bosses:
        boss.get(f"/console/requests/{request_id}")

    def send(number: int) -> str:
        reply = bosses[number].post(f"/console/requests/{request_id}", decision="approve", text="")
        return str(reply.headers.get("location", "late")).rpartition("_")[2]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert answers.count("first") == 1
    assert answers.count("approved") <= 1
    ann.get("/portal/applications")
    assert len(re.findall(r"applications/[0-9a-f-]{36}\"><bdi>Raced for by two", ann.page)) == answers.count("approved")


@pytest.mark.parametrize("lang", ["en", "de"])
def test_a_request_names_the_application_that_came_of_it_and_who_hears_of_it(served: Served, lang: str) -> None:
    """Without a mail server nobody is told; the page says what is true with one too."""
    adam, olga = visitor(served, "adam"), operator(served)
    withdraw_all(adam)
    olga.http.headers["accept-language"] = lang
    request_id = asked(adam, name="Named board")
    reply = decide(olga, request_id, "approve")
    page = said(olga.get(reply.headers["location"]).text)
    kind, approved_now = {
        "en": ("What Application, Named board", "Approved. Who asked sees it in the portal."),
        "de": ("Was Anwendung, Named board", "Bewilligt. Wer den Antrag gestellt hat, sieht es im Portal."),
    }[lang]
    assert approved_now in page
    assert kind in page
