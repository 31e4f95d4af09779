"""Requests for subscriptions under two pairs of eyes, and what an operator is told to look at."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from html import unescape

import httpx2
import pytest

from hoistway.products.subscribing import subscribe
from hoistway.protocol.ids import SubscriptionId
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Database, Writer
from hoistway.store.open import open_database
from hoistway.store.products import add_product, find_product
from hoistway.store.subscription_lists import subscriptions_of
from hoistway.store.subscription_moves import confirm_subscription
from hoistway.store.subscriptions import Subscription, end_subscription, find_subscription
from hoistway.store.users import add_user
from tests.console.test_console import events
from tests.engines import ENGINES, drop_database, fresh_database
from tests.limits.selling import product
from tests.portal.asking import operator, visitor
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import NOW, A, B, user

ASKED = product("asked", approval="asked")


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    """Where two operators must approve; olga and otto are two."""
    url = fresh_database(request.param, populate)

    async def more(tx: Writer) -> None:
        await add_user(tx, user("otto", None, "employee", "operator"))
        await add_product(tx, ASKED)

    change(url, more)
    with serving(url, four_eyes=True) as server:
        yield server
    drop_database(url)


def waiting(served: Served, by: str = "u-adam") -> str:
    made: list[str] = []

    async def work(tx: Writer) -> None:
        made.append((await subscribe(tx, ASKED, A, name="Mine", by=by, now=NOW)).subscription.id)

    change(served.database, work)
    return made[0]


def found(served: Served, subscription_id: str) -> Subscription:
    async def work(db: Database) -> Subscription | None:
        return await find_subscription(db, SubscriptionId(subscription_id))

    row = on(served.database, work)
    assert row is not None
    return row


def said(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page))


def decide(one: Visitor, subscription_id: str, do: str, message: str = "", **more: str) -> str:
    """Where it leads, "" where it is refused."""
    one.get(f"/console/subscriptions/{subscription_id}")
    reply = one.post(f"/console/subscriptions/{subscription_id}", do=do, message=message, **more)
    return reply.headers["location"] if reply.status_code == 303 else ""


def test_two_operators_approve_and_one_is_never_both(careful: Served) -> None:
    olga, otto, adam = operator(careful), operator(careful, "otto"), visitor(careful, "adam")
    subscription_id = waiting(careful)
    olga.get(f"/console/subscriptions/{subscription_id}")
    assert "Another operator must confirm" in said(olga.page)
    assert decide(olga, subscription_id, "approve", "Fine by me.", ends_on="2099-01-01").endswith("approved_first")
    row = found(careful, subscription_id)
    assert (row.state, row.first_by, row.message) == ("submitted", "u-olga", "")
    adam.get(f"/portal/subscriptions/{subscription_id}")
    assert "Fine by me" not in adam.page
    olga.get(f"/console/subscriptions/{subscription_id}")
    assert 'value="approve"' not in olga.page
    assert decide(olga, subscription_id, "approve") == ""
    otto.get(f"/console/subscriptions/{subscription_id}")
    assert "Olga approved it" in said(otto.page)
    assert decide(otto, subscription_id, "approve", "Welcome.").endswith("notice_subscription_approved")
    row = found(careful, subscription_id)
    assert (row.state, row.message, row.decided_by) == ("active", "Welcome.", "u-otto")
    assert row.ends_at is not None, "the end that the first operator set holds"
    assert len(events(careful, "subscription.approved_first")) == 1
    assert len(events(careful, "subscription.approved")) == 1


def test_a_question_between_two_approvals_begins_anew(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    subscription_id = waiting(careful)
    assert decide(olga, subscription_id, "approve").endswith("approved_first")
    assert decide(otto, subscription_id, "ask", "What for?").endswith("asked")
    assert found(careful, subscription_id).first_by is None
    assert decide(otto, subscription_id, "approve").endswith("approved_first")
    assert decide(olga, subscription_id, "reject", "Not now.").endswith("rejected")


def test_who_asked_is_no_pair_of_eyes(careful: Served) -> None:
    olga = operator(careful)
    subscription_id = waiting(careful, by="u-olga")
    assert decide(olga, subscription_id, "approve") == ""
    assert found(careful, subscription_id).first_by is None


def test_what_to_look_at(careful: Served) -> None:
    olga = operator(careful)
    first, second = waiting(careful), waiting(careful)
    olga.get(f"/console/subscriptions/{second}")
    assert "What to look at" in olga.page
    assert "more of this product" in said(olga.page)
    for one in (first, second):
        assert decide(olga, one, "reject", "Enough.").endswith("rejected")
    olga.get(f"/console/subscriptions/{second}")
    assert "What to look at" not in olga.page


def test_a_second_approval_needs_the_first_that_was_seen(careful: Served) -> None:
    olga = operator(careful)
    subscription_id = waiting(careful)
    assert decide(olga, subscription_id, "approve").endswith("approved_first")

    async def confirm(first: str, by: str) -> Subscription | None:
        db = await open_database(careful.database)
        async with db.write() as tx:
            moved = await confirm_subscription(tx, SubscriptionId(subscription_id), first, by=by, now=NOW, message="")
        await db.close()
        return moved

    assert asyncio.run(confirm("u-olga", "u-olga")) is None
    assert asyncio.run(confirm("u-emil", "u-otto")) is None
    assert decide(olga, subscription_id, "ask", "What for?").endswith("asked")
    assert asyncio.run(confirm("u-olga", "u-otto")) is None, "a question came between"
    assert found(careful, subscription_id).state == "submitted"


def test_an_end_that_passed_while_it_waited_leaves_it_decidable(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    subscription_id = waiting(careful)
    assert decide(olga, subscription_id, "approve", ends_on="2099-01-01").endswith("approved_first")

    async def passed(tx: Writer) -> None:
        await end_subscription(tx, SubscriptionId(subscription_id), NOW - 1)

    change(careful.database, passed)
    assert decide(otto, subscription_id, "approve") == ""
    assert decide(otto, subscription_id, "ask", "Until when?").endswith("asked")
    assert found(careful, subscription_id).ends_at is None
    assert decide(olga, subscription_id, "approve").endswith("approved_first")
    assert decide(otto, subscription_id, "approve").endswith("notice_subscription_approved")
    assert found(careful, subscription_id).state == "active"


OPEN = product("open")


@pytest.fixture
def selling(served: Served) -> Served:
    async def more(tx: Writer) -> None:
        for one in (OPEN, ASKED):
            if await find_product(tx, one.id) is None:
                await add_product(tx, one)

    change(served.database, more)
    return served


def send(one: Visitor, page: str, **form: str) -> httpx2.Response:
    one.get(page)
    return one.post(page, **form)


def subscribe_by_hand(one: Visitor, shown: str, **form: str) -> httpx2.Response:
    """With the form that shows this product."""
    page = "/console/customers/c-a/subscriptions/new"
    one.get(f"{page}?product={shown}")
    return one.post(page, **form)


def test_the_form_is_for_the_product_that_it_shows(selling: Served) -> None:
    olga = operator(selling)
    assert subscribe_by_hand(olga, "asked", product="open", name="Switched", application="", api="").status_code == 409
    olga.get("/console/customers/c-a/subscriptions/new?product=asked")
    assert "Customer API" in said(olga.page)
    assert 'name="product" value="asked"' in olga.page
    olga.get("/console/customers/c-a/subscriptions/new?product=nothing")
    assert 'name="application"' not in olga.page


def disabled(at: int | None) -> Callable[[Writer], Awaitable[None]]:
    async def work(tx: Writer) -> None:
        await set_customer_disabled(tx, B, at)

    return work


def test_nothing_is_subscribed_for_a_disabled_customer(selling: Served) -> None:
    olga, page = operator(selling), "/console/customers/c-b/subscriptions/new"
    olga.get(f"{page}?product=open")
    token = olga.tokens[page]
    change(selling.database, disabled(NOW))
    try:
        olga.get(f"{page}?product=open")
        assert "This customer is disabled" in said(olga.page)
        assert page not in olga.tokens
        olga.http.post(page, data={"csrf": token, "product": "open", "name": "Late", "application": "", "api": ""})
        assert on(selling.database, lambda db: subscriptions_of(db, B)) == []
    finally:
        change(selling.database, disabled(None))


def test_an_operator_subscribes_a_customer_and_hands_over_the_keys(selling: Served) -> None:
    olga, form = operator(selling), "/console/customers/c-a/subscriptions/new"
    assert f'href="{form}"' in olga.get("/console/customers/c-a").text
    choice = olga.get(form).text
    assert '<option value="open"' in choice
    assert 'name="application"' not in choice, "the product is chosen first"
    made = subscribe_by_hand(olga, "open", product="open", name="By hand", application="", api="")
    assert made.status_code == 200, said(made.text)
    (onward,) = re.findall(r'href="(/console/subscriptions/[^"]+)"', made.text)
    shown = olga.get(onward).text
    assert "By hand" in shown
    assert f'href="{onward}/keys"' in shown
    assert olga.get(f"{onward}/keys").text.count("…</code>") == 2
    fresh = send(olga, f"{onward}/keys", slot="primary", overlap="3600")
    assert fresh.status_code == 200, said(fresh.text)
    row = found(selling, onward.rsplit("/", 1)[1])
    assert (row.state, row.customer_id, row.asked_by) == ("active", "c-a", "u-olga")
    for event in ("subscription.added", "subscription.key_regenerated"):
        assert any(row.id in str(entry) for entry in events(selling, event)), event
    assert olga.get(f"{onward}/keys").text.count("…</code>") == 3, "the one before works for an hour more"


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"product": "nothing"}, "Choose a product that is offered."),
        ({"api": "another"}, "This product does not include that API."),
        ({"name": ""}, "name"),
        ({"application": "app-of-b"}, "application"),
    ],
)
def test_what_cannot_be_subscribed_is_said(selling: Served, wrong: dict[str, str], because: str) -> None:
    olga = operator(selling)
    form = {"product": "open", "name": "Wrong", "application": "", "api": ""}
    refused = subscribe_by_hand(olga, wrong.get("product", "open"), **{**form, **wrong})
    assert refused.status_code == 422
    assert because in said(refused.text)


def test_the_operator_who_asks_does_not_approve(careful: Served) -> None:
    olga, otto = operator(careful), operator(careful, "otto")
    asked = subscribe_by_hand(olga, "asked", product="asked", name="By hand", application="", api="")
    address = asked.headers["location"].split("?")[0]
    assert asked.status_code == 303
    subscription_id = address.rsplit("/", 1)[1]
    assert decide(olga, subscription_id, "approve") == ""
    assert decide(otto, subscription_id, "approve").endswith("approved_first")
    assert found(careful, subscription_id).state == "submitted"


def test_neither_the_simulated_customer_nor_what_is_not_there(selling: Served) -> None:
    olga = operator(selling)
    assert olga.get("/console/customers/sandbox/subscriptions/new").status_code == 404
    assert olga.get("/console/customers/none/subscriptions/new").status_code == 404
    assert olga.get("/console/subscriptions/none/keys").status_code == 404
