"""Who may open a page of the portal, over HTTP on both engines."""

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership, remove_membership
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.world import NOW, B


def test_a_stranger_signs_in_and_comes_back(served: Served) -> None:
    visitor = Visitor(served.url)
    assert visitor.get("/portal").status_code == 200
    assert 'href="/sign-in?next=/portal"' in visitor.page
    visitor.sign_in("ann")
    assert "Ann" in visitor.page
    assert "Customer c-a" in visitor.page
    assert 'href="/console"' not in visitor.page
    visitor.close()


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "/portal\\..", "/portalx", "/portal/\n/x",
        "/oauth2/logout", "/portal/\t", "/portal@evil.example", "/portal.evil.example",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(served: Served, target: str) -> None:
    visitor = Visitor(served.url)
    reply = visitor.http.get("/sign-in", params={"next": target})
    assert "next=" not in reply.text
    visitor.close()


def test_forms_need_their_token_and_their_origin(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("both")
    assert visitor.http.post("/portal/customer", data={"customer": "c-b"}).status_code == 400
    assert visitor.http.post("/portal/customer", data={"csrf": "x", "customer": "c-b"}).status_code == 400
    visitor.http.headers["origin"] = "https://evil.example"
    assert visitor.post("/portal/customer", customer="c-b").status_code == 400
    visitor.close()


def test_a_person_of_two_customers_looks_at_one_and_then_the_other(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("both")
    assert '<span class="who-customer"><bdi>Customer c-a</bdi>' in visitor.page
    reply = visitor.post("/portal/customer", customer="c-b")
    assert (reply.status_code, reply.headers["location"]) == (303, "/portal?notice=notice_customer")
    visitor.get(reply.headers["location"])
    assert '<span class="who-customer"><bdi>Customer c-b</bdi>' in visitor.page
    assert "another customer" in visitor.page
    visitor.close()


def test_nobody_looks_at_a_customer_that_is_not_theirs(served: Served) -> None:
    visitor = Visitor(served.url).sign_in("both")
    assert visitor.post("/portal/customer", customer="c-x").status_code == 404
    visitor.close()


def test_a_place_counts_from_the_moment_it_is_given_and_until_it_is_taken(house: House) -> None:
    """Nothing that is remembered from before decides which customer the session is for."""
    database, ann = house.served.database, house.opened("ann")

    async def given(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-ann"), B, "member", "all", NOW))

    async def disabled(tx: Writer) -> None:
        await set_customer_disabled(tx, B, NOW)

    async def taken(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-ann"), B)

    assert ann.post("/portal/customer", customer="c-b").status_code == 404
    change(database, given)
    assert ann.post("/portal/customer", customer="c-b").status_code == 303
    assert ann.post("/portal/customer", customer="c-a").status_code == 303
    change(database, disabled)
    assert ann.post("/portal/customer", customer="c-b").status_code == 404
    change(database, taken)
    assert ann.post("/portal/customer", customer="c-b").status_code == 404
    assert '<span class="who-customer"><bdi>Customer c-a</bdi>' in ann.get("/portal").text


def test_the_policy_of_the_pages_lets_nothing_in(served: Served) -> None:
    visitor = Visitor(served.url)
    policy = visitor.get("/portal").headers["content-security-policy"]
    visitor.close()
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(("path", "status"), [("/portal/nowhere", 404), ("/console", 403), ("/portal/people", 403)])
def test_a_refusal_in_the_portal_leads_back_to_it(served: Served, path: str, status: int) -> None:
    visitor = Visitor(served.url).sign_in("ann")
    assert visitor.get(path).status_code == status
    assert '<a href="/portal">To the developer portal</a>' in visitor.page
    assert "application" not in visitor.page.split("<main>")[1].split("<h2")[0]
    visitor.close()


def test_a_refusal_elsewhere_leaves_the_way_to_the_application(served: Served) -> None:
    visitor = Visitor(served.url)
    assert visitor.get("/oauth2/authorize?client_id=nobody").status_code == 400
    assert "/portal" not in visitor.page
    assert "Start again in the application" in visitor.page
    visitor.close()


def test_what_is_not_there_is_told_in_the_readers_language_alone(served: Served) -> None:
    visitor = Visitor(served.url, "de").sign_in("ann")
    assert visitor.get("/portal/applications/nobody").status_code == 404
    assert "Gehört die Seite einem anderen Ihrer Kunden" in visitor.page
    assert 'lang="en"' not in visitor.page.split("<main>")[1].split("</main>")[0]
    visitor.close()
