"""Nobody acts for a customer without a reason that is recorded, by any way in."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

import hoistway
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.routes import ROUTES
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.operators import set_flags
from hoistway.store.sessions import SESSIONS
from tests.flows.browser import Person
from tests.portal.asking import operator
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import change
from tests.store.test_schema import on
from tests.world import B

REASON = "They asked by telephone."
WAYS = [("POST", "/console/act-for")]
SOURCE = Path(hoistway.__file__).parent
# Whatever a new page might call it.
NAMED = dict.fromkeys(("customer", "customer_id", "acting_for", "act_for", "id", "wanted", "organisation"), "c-b")
FIELDS = {**NAMED, "reason": REASON, "confirm": "yes", "sure": "yes", "decision": "allow", "next": "/portal"}
READS = ("/portal/usage", "/portal/usage/requests", "/portal/subscriptions", "/portal/applications")


def acted(house: House) -> list[str | None]:
    """For whom the sessions act."""

    async def work(db: Database) -> list[str | None]:
        found = await db.all(
            Statement(lambda: select(SESSIONS.c.acting_for).where(SESSIONS.c.acting_for.is_not(None)), str), {}
        )
        return list(found)

    return on(house.served.database, work)


def stop(one: Visitor) -> None:
    one.get("/console")
    one.post("/console/act-for/end")


def assert_acts_not(house: House, one: Visitor) -> None:
    assert "You act for" not in one.get("/portal").text
    assert {one.get(path).status_code for path in READS} == {403}
    assert one.get("/portal/people").status_code == 403
    assert acted(house) == []
    assert house.entries("act_for.begun") == []


def test_every_way_into_acting_is_listed(house: House) -> None:
    """Row 60: of all requests that this server takes, from somebody who may act and names the customer in every way, those
    of WAYS alone begin it; each leaves its entry."""
    olga, found = operator(house.served), []
    for route in ROUTES:
        for method in route.methods:
            path = route.path.replace("{id}", "c-b").replace("{word}", "customers").replace("{customer}", "c-b")
            path = path.translate({ord("{"): None, ord("}"): None})
            if path in {"/oauth2/logout", "/portal/sign-out"}:
                continue
            olga.get("/console/act-for")
            if method == "GET":
                olga.http.get(path, params=FIELDS)
            else:
                olga.http.request(method, path, params=NAMED, data={"csrf": olga.csrf, **FIELDS})
            if acted(house):
                found.append((method, route.path))
                stop(olga)
    assert found == WAYS
    assert house.entries("act_for.begun") == [("u-olga", "c-b", {"reason": REASON})]


def test_one_function_begins_it_and_one_page_calls_it() -> None:
    """Row 60: a new caller is a new way in, and belongs into WAYS."""
    callers = [
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "act_in_session"
    ]
    assert sorted(set(callers)) == ["console/act_for.py"]
    writers = [
        str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if "values(acting_for=" in file.read_text()
    ]
    assert writers == ["store/sessions.py"]


@pytest.mark.parametrize("name", ["emil", "olga"])
def test_a_customer_named_in_a_request_is_that_applications_alone(house: House, name: str) -> None:
    """Row 60: the request of an application names the customer, by a link or by the page that chooses."""
    person = Person(house.served)
    assert person.tokens("spa", name, customer="c-b")["access_token"]
    challenge = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
    page = person.authorize("spa", scope="openid", prompt="select_account", **challenge)
    assert person.submit("/interaction", page, customer="c-b").headers["location"].startswith("http://127.0.0.1:8499/")
    one = Visitor(house.served.url)
    one.http.cookies = person.http.cookies
    assert_acts_not(house, one)


@pytest.mark.parametrize("reason", ["", "   ", "short", "x" * 501])
def test_it_needs_a_reason(house: House, reason: str) -> None:
    """Row 60"""
    olga = operator(house.served)
    assert olga.post("/console/act-for", customer="c-b", reason=reason).status_code == 422
    assert_acts_not(house, olga)


def test_an_employee_who_is_no_operator_may_not(house: House) -> None:
    """Row 60"""
    emil = Visitor(house.served.url)
    emil.get("/sign-in")
    emil.post("/sign-in", username="emil@example.com", password="correct-horse-battery")
    emil.get("/portal/inspector")
    assert emil.post("/console/act-for", customer="c-b", reason=REASON).status_code == 403
    assert emil.post("/portal/customer", customer="c-b").status_code == 403
    assert_acts_not(house, emil)


def test_it_ends_with_the_right_and_with_the_customer(house: House) -> None:
    """Row 60"""
    olga = operator(house.served)
    assert olga.post("/console/act-for", customer="c-b", reason=REASON).status_code == 303
    assert "You act for" in olga.get("/portal").text

    async def less(tx: Writer) -> None:
        await set_flags(tx, UserId("u-olga"), ("employee",))

    change(house.served.database, less)
    assert "You act for" not in olga.get("/portal").text
    assert olga.get("/portal/usage").status_code == 403

    async def again(tx: Writer) -> None:
        await set_flags(tx, UserId("u-olga"), ("employee", "operator"))
        await set_customer_disabled(tx, B, 1)

    change(house.served.database, again)
    assert olga.get("/portal/usage").status_code == 403


def test_an_operator_who_is_a_member_manages_nothing_without_acting(house: House) -> None:
    """Row 60: the role in the customer counts, not the flag."""

    async def joins(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-olga"), CustomerId("c-a"), "member", "all", 1))

    change(house.served.database, joins)
    olga = operator(house.served)
    assert olga.get("/portal/applications").status_code == 200
    assert olga.get("/portal/technical-accounts").status_code == 403
    assert olga.post("/portal/technical-accounts", name="Quietly").status_code == 403
    assert olga.post("/console/act-for", customer="c-a", reason=REASON).status_code == 303
    assert olga.get("/portal/technical-accounts").status_code == 200
    assert house.entries("act_for.begun")[0][:2] == ("u-olga", "c-a")
    assert olga.post("/portal/customer", customer="c-a").status_code == 303
    assert olga.get("/portal/technical-accounts").status_code == 403, "choosing one's own customer ends it"


def test_each_end_of_acting_has_its_entry(house: House) -> None:
    """Row 60: acting for another customer and signing out end it as the button does."""
    olga = house.opened("olga")
    for customer in ("c-a", "c-b", "c-b"):
        olga.get("/console/act-for")
        assert olga.post("/console/act-for", customer=customer, reason=REASON).status_code == 303
    assert [entry[:2] for entry in house.entries("act_for.ended")] == [("u-olga", "c-a")]
    olga.get("/portal")
    olga.post("/portal/sign-out")
    assert [entry[:2] for entry in house.entries("act_for.ended")] == [("u-olga", "c-b"), ("u-olga", "c-a")]
    assert acted(house) == []
