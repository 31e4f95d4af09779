"""An application that is given away: what operators allowed one customer they did not allow the other, and what one wrote the other
does not read."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import bindparam, update

from hoistway.applications.granting import origins_of
from hoistway.protocol.ids import ClientId, CustomerId, ProductId, RequestId, SubscriptionId, UserId
from hoistway.store.clients import find_client, put_client
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.products import add_product
from hoistway.store.request_lists import requests_for_client
from hoistway.store.requests import REQUESTS, Request, find_request
from hoistway.store.subscription_lists import subscriptions_of
from hoistway.store.subscriptions import Subscription, add_subscription
from tests.console.two import careful_server, trail
from tests.engines import ENGINES
from tests.flows.browser import Person, answer_of, pkce
from tests.limits.selling import product
from tests.portal.asking import approved, asked, operator, said
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import NOW, A, B, is_named

C = CustomerId("c-c")
ABOUT = Statement(
    lambda: update(REQUESTS).where(REQUESTS.c.id == bindparam("b_id")).values(client_id=bindparam("client")), nothing
)


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


def test_an_application_that_is_given_away_asks_again(house: House) -> None:
    """Row 61: consent that two operators implied ends with the owner."""

    async def work(tx: Writer) -> None:
        found = await find_client(tx, ClientId("web"))
        assert found is not None
        owned = replace(found, customer_id=A, consent="implied")  # as two operators left it
        await put_client(tx, owned, origins_of(owned))
        await put_membership(tx, Membership(UserId("u-adam"), B, "administrator", "all", 1))

    change(house.served.database, work)
    adam = house.opened("adam")
    adam.post("/portal/customer", customer="c-a")
    adam.get("/portal/applications/web")
    reply = adam.post("/portal/applications/web/transfer", customer="c-b", transfer_confirm="Web")
    assert reply.status_code == 303, reply.text
    assert {entry[2]["consent_before"] for entry in house.entries("application.transferred")} == {"implied"}
    house.clock.turn(5)
    ann, (_verifier, challenge) = Person(house.served), pkce()
    page = ann.authorize("web", scope="openid units.read", code_challenge=challenge, code_challenge_method="S256")
    reply = ann.sign_in(page, "ann")
    assert "code" not in answer_of(reply.headers.get("location", "")), "B's application got Ann's data of A unasked"


def stored(served: Served, request_id: str) -> Request:
    row = on(served.database, lambda db: find_request(db, RequestId(request_id)))
    assert row is not None
    return row


async def administers(tx: Writer) -> None:
    """both, of B and C."""
    await add_customer(tx, Customer(C, "Customer c-c", NOW))
    for customer in (B, C):
        await put_membership(tx, Membership(UserId("u-both"), customer, "administrator", "all", NOW))


def test_requests_of_an_earlier_owner_stay_theirs(house: House) -> None:
    """Row 34: an operator gives A's application to B; then somebody who administers B and C gives it to C."""
    change(house.served.database, administers)
    adam, olga, words = house.opened("adam"), house.opened("olga"), "Shows our own buildings to our caretakers."
    given = approved(house.served, adam, name="Wanderer", purpose=words)
    decided = on(house.served.database, lambda db: requests_for_client(db, A, ClientId(given)))[0].id
    open_ = asked(adam, name="Still open", purpose=words)
    assert olga.post(f"/console/applications/{given}/owner", customer="c-b", confirm="Wanderer").status_code == 303
    # As a program of the version before left it: it did not withdraw what was open.

    async def about(tx: Writer) -> None:
        await tx.run(ABOUT, {"b_id": open_, "client": given})

    change(house.served.database, about)
    both = house.opened("both")
    both.post("/portal/customer", customer="c-b")
    reply = both.post(f"/portal/applications/{given}/transfer", customer="c-c", transfer_confirm="Wanderer")
    assert reply.status_code == 303, reply.text
    both.post("/portal/customer", customer="c-c")
    both.get(f"/portal/applications/{given}")
    assert words not in both.page
    row = stored(house.served, open_)
    assert (row.customer_id, row.state, row.changed_at) == (A, "withdrawn", house.clock())
    for request_id in (decided, open_):
        assert both.get(f"/portal/requests/{request_id}").status_code == 404
        assert adam.get(f"/portal/requests/{request_id}").status_code == 200


def test_each_side_of_a_transfer_hears_of_itself_alone(house: House) -> None:
    """Row 62: A is not told to whom its application went, nor C from whom it came; by page and by an operator."""
    change(house.served.database, administers)
    adam, both, olga = house.opened("adam"), house.opened("both"), house.opened("olga")
    given = approved(house.served, adam, name="Wanderer")
    assert olga.post(f"/console/applications/{given}/owner", customer="c-b", confirm="Wanderer").status_code == 303
    both.post("/portal/customer", customer="c-b")
    assert (
        both.post(f"/portal/applications/{given}/transfer", customer="c-c", transfer_confirm="Wanderer").status_code
        == 303
    )
    entries = house.entries("application.transferred")
    assert sorted(str(customer) for _, customer, _ in entries) == ["c-a", "c-b", "c-b", "c-c"]
    for _, customer, detail in entries:
        assert {one for one in ("c-a", "c-b", "c-c") if is_named(one, str(detail))} == {customer}, detail
    adam.get("/portal/activity?event=application.transferred")
    assert is_named("c-a", said(adam.page))
    assert not is_named("c-b", said(adam.page))


def acting(served: Served) -> Visitor:
    one = operator(served)
    one.get("/console/act-for?customer=c-a")
    assert one.post("/console/act-for", customer="c-a", reason="They asked by telephone.").status_code == 303
    return one


def test_who_acts_for_a_customer_gives_nothing_of_it_to_their_own(careful: Served) -> None:
    """Row 59: an operator with a place in B acts for A: that is one person, where the console wants two."""

    async def place(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-olga"), B, "administrator", "all", NOW))

    change(careful.database, place)
    olga, here = acting(careful), "/portal/applications/daemon"
    shown = said(olga.get(here).text)
    assert "Customer c-b" not in olga.page.partition('id="transfer"')[2]
    assert f"{here}/transfer" not in olga.page
    assert "at its page in the console" in shown
    assert "/console/applications/daemon/owner" in olga.page
    refused = olga.post(f"{here}/transfer", customer="c-b", transfer_confirm="Daemon")
    assert refused.status_code == 403
    assert "/console/applications/daemon/owner" in refused.text
    row = on(careful.database, lambda db: find_client(db, ClientId("daemon")))
    assert row is not None
    assert row.customer_id == A
    assert trail(careful, "application.transferred") == []


def test_the_former_owner_does_not_read_what_the_application_is_called_now(house: House) -> None:
    """Row 62: A's subscriptions name an application of A; once it is B's, its id alone, whatever B calls it."""
    row = Subscription(
        SubscriptionId("s-given"), A, ClientId("web"), ProductId("p-given"), None, "S", "active", "", "t", None, NOW, NOW,
    )  # fmt: skip

    async def owned_by(tx: Writer, customer: CustomerId, name: str) -> None:
        found = await find_client(tx, ClientId("web"))
        assert found is not None
        owned = replace(found, customer_id=customer, name=name)
        await put_client(tx, owned, origins_of(owned))

    async def sold(tx: Writer) -> None:
        await add_product(tx, product("p-given"))
        await add_subscription(tx, row)
        await owned_by(tx, A, "Ours")

    change(house.served.database, sold)
    adam = house.opened("adam")
    for customer, name, seen in ((A, "Ours", "Ours"), (B, "Theirs", "web")):
        change(house.served.database, lambda tx: owned_by(tx, customer, name))  # noqa: B023
        listed = on(house.served.database, lambda db: subscriptions_of(db, A))
        assert [one.application for one in listed if one.subscription.id == row.id] == [seen]
        for path in ("/portal/subscriptions", "/portal/subscriptions/s-given"):
            adam.get(path)
            assert "Theirs" not in adam.page
