"""Decisions of operators are told by mail, in the reader's language, with links that no Host header decides."""

import re
import time
from collections.abc import Iterator
from email.message import EmailMessage

import httpx2
import pytest

from hoistway.products.subscribing import subscribe
from hoistway.protocol.ids import CustomerId, ProductId, RequestId, UserId
from hoistway.settings import MailServer
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.products import add_product, find_product
from hoistway.store.profiles import change_profile
from hoistway.store.requests import Request, add_request
from hoistway.store.users import add_user, find_user
from hoistway.web.portal_words import PORTAL_WORDS
from tests.console.two import careful_server, choose_role, decide_on, proposed
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.limits.selling import product
from tests.mail.server import Mailbox, mail_server
from tests.mail.test_mail import bodies
from tests.portal.asking import asked, decide, operator, visitor
from tests.server import Served, change, populate, serving
from tests.world import NOW, user

WITHIN = 20.0
NOTICES = {words["mail_new_sign_in_subject"] for words in PORTAL_WORDS.values()}


async def _german(tx: Writer) -> None:
    await add_user(tx, user("greta", CustomerId("c-a")))
    await put_membership(tx, Membership(UserId("u-greta"), CustomerId("c-a"), "member", "all", NOW))
    await change_profile(tx, UserId("u-greta"), name="Greta", locale="de")


@pytest.fixture(scope="module", params=ENGINES)
def posting(request: pytest.FixtureRequest) -> Iterator[tuple[Served, Mailbox]]:
    """A server with a mail server beside it."""
    url = fresh_database(request.param, populate)
    change(url, _german)
    with mail_server(Mailbox()) as box:
        mail = MailServer("127.0.0.1", box.port, "offered", "lifts@id.example")
        with serving(url, mail=mail) as server:
            yield server, box
    drop_database(url)


def decisions(box: Mailbox) -> list[EmailMessage]:
    """Without notices of sign-ins, which come when they come."""
    return [mail for mail in box.mails if mail["subject"] not in NOTICES]


def arrived(box: Mailbox, count: int) -> None:
    """The server looks into its outbox every few seconds."""
    give_up = time.monotonic() + WITHIN
    while len(decisions(box)) < count and time.monotonic() < give_up:
        time.sleep(0.1)
    assert len(decisions(box)) == count


@pytest.mark.parametrize(
    ("name", "decision", "subject", "words"),
    [
        ("ann", "ask", "Question about Lift board", "has a question about your request"),
        ("ann", "reject", "Lift board was rejected", "was rejected"),
        ("greta", "approve", "Lift board ist bewilligt", "wurde bewilligt"),
    ],
)
def test_a_decision_is_told(
    posting: tuple[Served, Mailbox], name: str, decision: str, subject: str, words: str
) -> None:
    served, box = posting
    before = len(decisions(box))
    request_id = asked(visitor(served, name), name="Lift board")
    olga = operator(served)
    olga.get(f"/console/requests/{request_id}")
    olga.http.headers["x-forwarded-host"] = "evil.example"
    assert decide(olga, request_id, decision, "Said <b>here</b>.").status_code == 303
    arrived(box, before + 1)
    mail = decisions(box)[-1]
    assert (mail["to"], mail["subject"]) == (f"{name}@example.com", subject)
    plain, html = bodies(mail)
    assert words in plain
    assert "> Said <b>here</b>." in plain
    assert "Said &lt;b&gt;here&lt;/b&gt;." in html
    for text in (plain, html):
        assert f"{served.url}/portal/requests/{request_id}" in text
        assert "evil.example" not in text


def test_a_host_header_changes_no_link(posting: tuple[Served, Mailbox]) -> None:
    served, box = posting
    before = len(decisions(box))
    request_id = asked(visitor(served, "ann"), name="Lift board")
    olga = operator(served)
    olga.get(f"/console/requests/{request_id}")
    form = {"csrf": olga.csrf, "decision": "reject", "text": "No."}
    reply = olga.http.post(f"/console/requests/{request_id}", data=form, headers={"host": "evil.example"})
    assert reply.status_code == 303
    arrived(box, before + 1)
    assert "evil.example" not in "".join(bodies(decisions(box)[-1]))


@pytest.mark.parametrize(
    ("act", "subject", "words"),
    [
        ("approve", "Das Abonnement Nachtlauf ist bewilligt", "wurde bewilligt"),
        ("reject", "Das Abonnement Nachtlauf wurde abgelehnt", "wurde abgelehnt"),
        ("ask", "Frage zum Abonnement Nachtlauf", "hat eine Frage"),
    ],
)
def test_a_decision_about_a_subscription_is_told(
    posting: tuple[Served, Mailbox], act: str, subject: str, words: str
) -> None:
    served, box = posting
    before, name = len(decisions(box)), f"asked-{act}"

    async def work(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-greta"), CustomerId("c-a"), "administrator", "all", NOW))
        await add_product(tx, product(name, approval="asked"))

    change(served.database, work)
    greta = visitor(served, "greta")
    greta.get(f"/portal/products/{name}")
    page = greta.post(f"/portal/products/{name}/subscriptions", name="Nachtlauf").headers["location"].split("?")[0]
    olga, path = operator(served), page.replace("/portal/", "/console/")
    olga.get(path)
    opened = olga.tokens[path]
    assert olga.post(path, do=act, message="Said <b>here</b>.").status_code == 303
    # Decided once: the second answer changes nothing and tells nobody. A question can be asked until it is decided.
    if act != "ask":
        late = olga.http.post(path, data={"csrf": opened, "do": act, "message": "Again."})
        assert late.status_code == 409, "the form shows what it was before"
        olga.get(path)
        assert olga.post(path, do=act, message="Again.").status_code == 422
    arrived(box, before + 1)
    mail = decisions(box)[-1]
    assert (mail["to"], mail["subject"]) == ("greta@example.com", subject)
    plain, html = bodies(mail)
    assert words in plain
    assert "> Said <b>here</b>." in plain
    assert "Said &lt;b&gt;here&lt;/b&gt;." in html
    assert f"{served.url}{page}" in plain


@pytest.mark.parametrize("what", ["subscription", "request"])
def test_what_an_operator_asked_for_is_told_to_the_customer(posting: tuple[Served, Mailbox], what: str) -> None:
    """Nobody else knows of it; at most five, and in their own language."""
    served, box = posting
    before, name = len(decisions(box)), f"acted-{what}"
    product_id = ProductId(name)
    request = Request(
        RequestId(name), CustomerId("c-a"), UserId("u-olga"), "application", name, "single-page",
        ("https://new.example/cb",), "Shows lifts.", ("code",), "", "production", "submitted", None, NOW, NOW,
    )  # fmt: skip

    async def work(tx: Writer) -> None:
        for number in range(6):
            if await find_user(tx, UserId(f"u-chief{number}")) is None:
                await add_user(tx, user(f"chief{number}", CustomerId("c-a")))
            member = Membership(UserId(f"u-chief{number}"), CustomerId("c-a"), "administrator", "all", 1)
            await put_membership(tx, member)
        await change_profile(tx, UserId("u-chief0"), name="Chief", locale="de")
        await add_request(tx, request)
        await add_product(tx, product(name, approval="asked"))
        row = await find_product(tx, product_id)
        assert row is not None
        done.append((await subscribe(tx, row, CustomerId("c-a"), name=name, by="u-olga", now=NOW)).subscription.id)

    done: list[str] = []
    change(served.database, work)
    olga = operator(served)
    if what == "request":
        assert decide(olga, name, "reject", "No.").status_code == 303
    else:
        olga.get(f"/console/subscriptions/{done[0]}")
        assert olga.post(f"/console/subscriptions/{done[0]}", do="reject", message="No.").status_code == 303
    arrived(box, before + 5)
    mails = {str(mail["to"]): bodies(mail)[0] for mail in decisions(box)[before:]}
    assert set(mails) == {f"chief{number}@example.com" for number in range(5)}
    assert "weil Sie den Kunden verwalten" in " ".join(mails["chief0@example.com"].split())
    assert "because you administer the customer" in " ".join(mails["chief1@example.com"].split())


def test_whoever_begins_to_work_for_the_operator_gets_one_letter_with_the_link(engine_name: EngineName) -> None:
    """It leads to the new password that they need now, not to a page that sends another letter."""
    with mail_server(Mailbox()) as box:
        mail = MailServer("127.0.0.1", box.port, "offered", "lifts@id.example")
        with careful_server(engine_name, mail=mail) as served:
            waits = proposed(choose_role(operator(served), "ann", "auditor"))
            assert decide_on(operator(served, "opal"), waits, "approve") == "approved"
            arrived(box, 1)
            (letter,) = decisions(box)
            assert letter["subject"] == "You work for the operator now"
            (link,) = set(re.findall(r"http://\S+/reset/new\?link=[A-Za-z0-9_-]+", bodies(letter)[0]))
            page = httpx2.get(link, timeout=30)
            assert (page.status_code, 'name="password"' in page.text) == (200, True)
