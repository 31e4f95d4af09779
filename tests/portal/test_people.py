"""The people of a customer, as its administrators see and change them, over HTTP on both engines."""

import re
from html import unescape

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.users import add_user, set_user_disabled
from tests.attacks.asking import CHALLENGE, assert_refused_token, bearer, redeem, refresh, refusal
from tests.flows.browser import Person, answer_of, pkce
from tests.portal.asking import said
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import change
from tests.world import NOW, PASSWORD, A, is_named, user

HERE = "/portal/people"
OFFLINE = "openid offline_access units.read"


def units_seen(house: House, token: str) -> list[str]:
    reply = bearer(house.served, token)
    assert reply.status_code == 200, reply.text
    return [unit["unitId"] for unit in reply.json()["items"]]


def changed(visitor: Visitor, name: str, **form: str) -> int:
    path = f"{HERE}/u-{name}"
    visitor.get(path)
    return visitor.post(path, do="change", **form).status_code


def test_administrators_see_their_people_alone(house: House) -> None:
    house.opened("few").close()
    adam = house.opened("adam")
    assert f'href="{HERE}"' in adam.page
    assert adam.get(HERE).status_code == 200
    page = said(adam.page)
    assert "Adam (you) adam@example.com Administrator All units just now" in page
    assert "Few few@example.com Member Some sites and units just now" in page
    assert "Ann ann@example.com Member All units none on record" in page
    assert not is_named("Bob", page)
    for name in ("bob", "olga", "emil", "nobody"):
        assert adam.get(f"{HERE}/u-{name}").status_code == 404
        assert adam.post(f"{HERE}/u-{name}", do="remove", confirm=name.title()).status_code == 404
    assert adam.post(f"{HERE}/u-ann", do="promote").status_code == 404
    assert adam.post(f"{HERE}/u-ann", do="change", role="operator", reach="all").status_code == 404
    german = house.opened("adam", "de")
    german.get(HERE)
    assert "Einzelne Standorte und Anlagen" in german.page


def test_members_see_neither_link_nor_page(house: House) -> None:
    ann = house.opened("ann")
    assert HERE not in ann.page
    for path in (HERE, f"{HERE}/u-few", f"{HERE}/u-ann"):
        assert ann.get(path).status_code == 403
    ann.get("/portal/customer")
    for form in ({"do": "remove", "confirm": "Few"}, {"do": "change", "role": "administrator", "reach": "all"}):
        assert ann.post(f"{HERE}/u-few", **form).status_code == 403
    assert Visitor(house.served.url).get(HERE).headers["location"].startswith("/sign-in")


def test_many_people_come_in_pages(house: House) -> None:
    async def work(tx: Writer) -> None:
        for number in range(60):
            await add_user(tx, user(f"crowd{number:02}", A))
            await put_membership(tx, Membership(UserId(f"u-crowd{number:02}"), A, "member", "all", NOW))

    change(house.served.database, work)
    adam, found = house.opened("adam"), set()
    path, pages = HERE, 0
    while path:
        adam.get(path)
        pages += 1
        found |= set(re.findall(r'href="/portal/people/(u-crowd[0-9]+)"', adam.page))
        more = re.search(r'href="([^"]+)" rel="next"', adam.page)
        path = unescape(more[1]) if more else ""
    assert (len(found), pages) == (60, 2)


def test_reach_is_narrowed_and_widened(house: House) -> None:
    token = Person(house.served).tokens("spa", "ann", OFFLINE)["access_token"]
    assert len(units_seen(house, token)) == 10
    adam = house.opened("adam")
    adam.get(f"{HERE}/u-ann")
    assert "House 1 of c-a" in adam.page
    assert not is_named("c-b", adam.page)
    form = {"role": "member", "reach": "some", "sites_c-a-s2": "yes", "units": "US-c-a-11"}
    assert changed(adam, "ann", **form) == 303
    house.clock.turn(5)
    assert units_seen(house, token) == ["US-c-a-11", *(f"US-c-a-2{i}" for i in range(5))]
    adam.get(f"{HERE}/u-ann")
    assert 'name="sites_c-a-s2" value="yes" checked' in adam.page
    assert 'name="sites_c-a-s1" value="yes" checked' not in adam.page
    assert changed(adam, "ann", role="member", reach="all") == 303
    house.clock.turn(5)
    assert len(units_seen(house, token)) == 10
    first = {"user": "u-ann", "role": "member", "reach": "some", "sites": 1, "units": 1}
    assert house.entries("membership.changed")[-1] == ("u-adam", "c-a", first)
    # Saved again as it is: nothing to record.
    assert changed(adam, "ann", role="member", reach="all") == 303
    assert len(house.entries("membership.changed")) == 2


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Choose a site, name a unit"),
        ({"units": "US-c-b-11"}, "US-c-b-11 is not a unit of your customer"),
        ({"sites": "c-b-s1"}, "c-b-s1 is not a site in which your customer has units"),
        ({"units": "<script>alert(1)</script>"}, "&lt;script&gt;alert(1)&lt;/script&gt; is not a unit"),
        ({"units": " ".join(f"u{number}" for number in range(501))}, "At most 500"),
    ],
)
def test_what_is_not_the_customers_opens_nothing(house: House, form: dict[str, str], sentence: str) -> None:
    adam = house.opened("adam")
    assert changed(adam, "ann", role="administrator", reach="some", **form) == 422
    assert sentence in adam.page
    assert "<script>alert" not in adam.page
    assert 'value="administrator" checked' in adam.page
    assert house.entries("membership.changed") == []


def test_somebody_administers_always(house: House) -> None:
    adam = house.opened("adam")
    assert changed(adam, "adam", role="member", reach="all") == 422
    assert "last administrator" in adam.page
    assert adam.post(f"{HERE}/u-adam", do="remove", confirm="Adam").status_code == 422
    assert changed(adam, "ann", role="administrator", reach="all") == 303
    ann = house.opened("ann")
    assert ann.get(HERE).status_code == 200
    adam.get(f"{HERE}/u-adam")
    reply = adam.post(f"{HERE}/u-adam", do="change", role="member", reach="all")
    assert reply.headers["location"] == "/portal?notice=notice_changed"
    assert adam.get(HERE).status_code == 403
    ann.get(f"{HERE}/u-ann")
    assert ann.post(f"{HERE}/u-ann", do="remove", confirm="Ann").status_code == 422


def test_who_is_disabled_does_not_count_as_administrator(house: House) -> None:
    async def work(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-gone"), A, "administrator", "all", NOW))
        await set_user_disabled(tx, UserId("u-gone"), NOW)

    change(house.served.database, work)
    adam = house.opened("adam")
    adam.get(HERE)
    assert "Account disabled" in adam.page
    assert changed(adam, "adam", role="member", reach="all") == 422
    adam.get(f"{HERE}/u-gone")
    assert adam.post(f"{HERE}/u-gone", do="remove", confirm="Gone").status_code == 303


@pytest.mark.parametrize("form", [{"do": "remove", "confirm": "Adam"}, {"do": "change", "role": "member"}])
def test_the_last_one_stays_while_the_account_is_disabled(house: House, form: dict[str, str]) -> None:
    """Enabled again, nobody would administer the customer."""

    async def work(tx: Writer) -> None:
        await set_user_disabled(tx, UserId("u-adam"), NOW)

    change(house.served.database, work)
    olga = acting(house, "c-a")
    olga.get(f"{HERE}/u-adam")
    assert olga.post(f"{HERE}/u-adam", reach="all", **form).status_code == 422
    assert "last administrator" in olga.page


def test_removing_ends_access_to_this_customer_alone(house: House) -> None:
    both, (verifier, challenge) = Person(house.served), pkce()
    asked = {"scope": OFFLINE, "code_challenge": challenge, "code_challenge_method": "S256"}
    reply = both.submit("/interaction", both.sign_in(both.authorize("spa", **asked), "both"), customer="c-a")
    at_a = redeem(house.served, answer_of(reply.headers["location"])["code"], verifier).json()
    for customer in ("c-a", "c-b"):
        page = both.authorize("partner", scope="openid", customer=customer, **CHALLENGE)
        both.submit("/interaction", page, decision="allow")
    adam = house.opened("adam")
    adam.get(f"{HERE}/u-both")
    assert adam.post(f"{HERE}/u-both", do="remove", confirm="bot").status_code == 422
    reply = adam.post(f"{HERE}/u-both", do="remove", confirm="Both")
    assert reply.headers["location"] == f"{HERE}?notice=notice_person_removed"
    house.clock.turn(5)
    assert refusal(refresh(house.served, at_a["refresh_token"])) == (400, "invalid_grant")
    assert_refused_token(bearer(house.served, at_a["access_token"]))
    assert adam.get(f"{HERE}/u-both").status_code == 404
    assert house.entries("membership.removed") == [("u-adam", "c-a", {"user": "u-both", "refresh_tokens": 1})]
    other = house.opened("both")
    assert "Customer c-b" in other.page
    assert "Customer c-a" not in other.page
    assert other.get("/account/applications").status_code == 200
    assert "Customer c-b" in said(other.page)
    assert "Customer c-a" not in said(other.page)


def acting(house: House, customer: str) -> Visitor:
    olga = Visitor(house.served.url)
    olga.get("/sign-in?next=/console")
    olga.post("/sign-in?next=/console", username="olga@example.com", password=PASSWORD)
    olga.get(f"/console/act-for?customer={customer}")
    olga.post("/console/act-for", customer=customer, reason="They asked by telephone.")
    return olga


def test_an_operator_who_acts_for_the_customer_may_too(house: House) -> None:
    olga = acting(house, "c-b")
    assert olga.get(HERE).status_code == 200
    assert "You act for" in olga.page
    assert changed(olga, "bob", role="administrator", reach="all") == 303
    assert house.entries("membership.changed")[0][:2] == ("u-olga", "c-b")
    assert olga.get(f"{HERE}/u-ann").status_code == 404


def test_administrators_search_their_people_by_beginnings(house: House) -> None:
    adam = house.opened("adam")
    for text, found in (("AD", {"adam"}), ("few@", {"few"}), ("bob", set()), ("dam", set()), ("u-ann", set())):
        adam.get(f"{HERE}?q={text}")
        assert set(re.findall(rf'href="{HERE}/u-(\w+)"', adam.page)) == found, text
        assert ("the middle of a word finds nobody" in said(adam.page)) == (not found), text
    assert 'value="u-ann"' in adam.page, "what was typed stays"
    german = house.opened("adam", "de")
    german.get(f"{HERE}?q=bob")
    assert "Mitten aus einem Wort wird niemand gefunden" in said(german.page)
