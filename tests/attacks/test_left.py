"""Row 56: what a member was given ends with the membership, by whichever way that ends: it does not come back with the person, and
for an employee it does not go on as acting."""

from collections.abc import Callable

import pytest

from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import ClientId, SiteId, UserId
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership, remove_membership
from tests.attacks.asking import bearer, parts_of, post, redeem, refresh
from tests.flows.browser import Person, answer_of, pkce
from tests.portal.house import House
from tests.server import change
from tests.world import SECRET, A


def allowed(house: House) -> tuple[str, str]:
    async def joins(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-emil"), A, "member", "some", 1), sites=[SiteId("c-a-s1")])

    change(house.served.database, joins)
    person, (verifier, challenge) = Person(house.served), pkce()
    asked = {
        "scope": "openid units.read",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "customer": "c-a",
    }
    page = person.sign_in(person.authorize("partner", **asked), "emil")
    reply = person.submit("/interaction", page, decision="allow")
    return answer_of(reply.headers["location"])["code"], verifier


def leaves(house: House) -> None:
    adam = house.opened("adam")
    adam.get("/portal/people/u-emil")
    reply = adam.post("/portal/people/u-emil", do="remove", confirm="Emil")
    assert reply.status_code == 303, reply.text
    house.clock.turn(5)


def units(house: House, token: str) -> int:
    reply = bearer(house.served, token)
    return len(reply.json()["items"]) if reply.status_code == 200 else 0


def test_an_access_token_does_not_open_more_once_the_membership_ended(house: House) -> None:
    code, verifier = allowed(house)
    token = redeem(house.served, code, verifier, "partner", client_secret=SECRET).json()["access_token"]
    before = units(house, token)
    assert before
    leaves(house)
    assert units(house, token) == 0, (
        f"{before} units as a member, now more, for a third party that was never allowed it"
    )


def test_a_code_ends_with_the_membership(house: House) -> None:
    code, verifier = allowed(house)
    leaves(house)
    reply = redeem(house.served, code, verifier, "partner", client_secret=SECRET)
    assert reply.status_code == 400, reply.json()
    assert house.entries("customer.acted_for") == []


def ann_leaves_in_the_portal(house: House) -> None:
    adam = house.opened("adam")
    adam.get("/portal/people/u-ann")
    assert adam.post("/portal/people/u-ann", do="remove", confirm="Ann").status_code == 303


def ann_leaves_elsewhere(house: House) -> None:
    """What an import, another program or a person at the database would write."""

    async def gone(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-ann"), A)

    change(house.served.database, gone)


def ann_comes_back(house: House) -> None:
    async def back(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-ann"), A, "member", "all", house.clock()))

    house.clock.turn(5)
    change(house.served.database, back)
    house.clock.turn(5)


@pytest.mark.parametrize("leaves", [ann_leaves_in_the_portal, ann_leaves_elsewhere])
def test_nothing_given_before_comes_back_with_the_member(house: House, leaves: Callable[[House], None]) -> None:
    served, ann = house.served, Person(house.served)
    code, verifier = ann.code("spa", "ann", "openid units.read offline_access")
    short = ann.tokens("spa", "ann", "openid units.read")["access_token"]
    family = ann.tokens("spa", "ann", "openid units.read offline_access")
    asked = {"response_type": "id_token token", "scope": "openid units.read"}
    implicit = answer_of(ann.authorize("implicit", **asked).headers["location"])["access_token"]
    tokens = (short, family["access_token"], implicit)
    assert [bearer(served, token).status_code for token in tokens] == [200] * 3
    leaves(house)
    ann_comes_back(house)
    assert redeem(served, code, verifier).json()["error"] == "invalid_grant"
    assert [bearer(served, token).status_code for token in tokens] == [401] * 3
    assert refresh(served, family["refresh_token"]).json()["error"] == "invalid_grant"
    assert bearer(served, ann.tokens("spa", "ann")["access_token"]).status_code == 200, "a new sign-in is good"


def narrowed_in_the_portal(house: House) -> None:
    adam = house.opened("adam")
    adam.get("/portal/people/u-ann")
    form = {"do": "change", "role": "member", "reach": "some", "sites": "c-a-s1"}
    assert adam.post("/portal/people/u-ann", **form).status_code == 303


def widened_in_the_portal(house: House) -> None:
    adam = house.opened("adam")
    adam.get("/portal/people/u-ann")
    assert adam.post("/portal/people/u-ann", do="change", role="administrator", reach="all").status_code == 303


@pytest.mark.parametrize(("changes", "status"), [(narrowed_in_the_portal, 400), (widened_in_the_portal, 200)])
def test_a_code_ends_where_the_membership_is_narrowed(
    house: House, changes: Callable[[House], None], status: int
) -> None:
    code, verifier = Person(house.served).code("spa", "ann", "openid units.read")
    changes(house)
    assert redeem(house.served, code, verifier).status_code == status


def test_who_left_a_moment_ago_acts(house: House) -> None:
    """The server remembers for two seconds that the person was a member; what it writes says what they are."""

    async def joins(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-emil"), A, "member", "all", 1))

    async def goes(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-emil"), A)

    change(house.served.database, joins)
    emil = Person(house.served)
    assert "acting_for" not in parts_of(emil.tokens("spa", "emil", customer="c-a")["access_token"])[1]
    change(house.served.database, goes)
    token = emil.tokens("spa", "emil", customer="c-a")["access_token"]
    assert [entry[:2] for entry in house.entries("customer.acted_for")] == [("u-emil", "c-a")]
    assert parts_of(token)[1]["acting_for"] == "c-a"


def test_a_member_s_refresh_token_is_none_of_an_employee_who_acts(house: House) -> None:
    """At an application that asks nobody for consent: of some units as a member, of all while acting."""

    async def joins(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-emil"), A, "member", "some", 1), sites=[SiteId("c-a-s1")])

    async def goes(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-emil"), A)

    change(house.served.database, joins)
    emil = Person(house.served)
    token = emil.tokens("spa", "emil", "openid units.read offline_access", customer="c-a")["refresh_token"]
    first = refresh(house.served, token).json()
    few = units(house, first["access_token"])
    change(house.served.database, goes)
    house.clock.turn(5)
    reply = refresh(house.served, first["refresh_token"])
    assert reply.json().get("error") == "invalid_grant", f"{few} units as a member, now all"
    acting = emil.tokens("spa", "emil", "openid units.read offline_access", customer="c-a")
    again = refresh(house.served, acting["refresh_token"])
    assert units(house, again.json()["access_token"]) > few, "what began as acting goes on as acting"


def both_allow(house: House) -> tuple[Person, dict[str, str], dict[str, str]]:
    """`both` allows the third party `partner` to read the units of c-a while they are away."""
    person, (verifier, challenge) = Person(house.served), pkce()
    scope = "openid units.read offline_access"
    asked = {"scope": scope, "customer": "c-a", "code_challenge": challenge, "code_challenge_method": "S256"}
    page = person.sign_in(person.authorize("partner", **asked), "both")
    code = answer_of(person.submit("/interaction", page, decision="allow").headers["location"])["code"]
    return person, redeem(house.served, code, verifier, "partner", client_secret=SECRET).json(), asked


def both_leaves_and_comes_back(house: House) -> None:
    async def gone(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-both"), A)

    async def back(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-both"), A, "member", "all", house.clock()))

    for work in (gone, back):
        house.clock.turn(5)
        change(house.served.database, work)
    house.clock.turn(5)


def off_and_on(path: str, name: str) -> Callable[[House], None]:
    """By the console's own forms."""

    def switched(house: House) -> None:
        olga = house.opened("olga")
        for form in ({"do": "disable", "confirm": name}, {"do": "enable"}):
            house.clock.turn(5)
            olga.get(path)
            assert olga.post(path, **form).status_code == 303
        house.clock.turn(5)

    return switched


def application_off_and_on(house: House) -> None:
    """Its secrets ended with it, so it gets a new one, with the same text."""
    off_and_on("/console/applications/partner", "Partner")(house)
    row = ClientSecret("new", ClientId("partner"), secret_digest(SECRET), "new", 1)
    change(house.served.database, lambda tx: add_secret(tx, row))
    house.clock.turn(5)


def switched_elsewhere(house: House, at: int | None) -> None:
    async def work(tx: Writer) -> None:
        await set_customer_disabled(tx, A, at)

    change(house.served.database, work)
    house.clock.turn(5)


def off_and_on_elsewhere(house: House) -> None:
    """Another program."""
    switched_elsewhere(house, house.clock())
    switched_elsewhere(house, None)


ENDS = {
    "membership": both_leaves_and_comes_back,
    "application": application_off_and_on,
    "customer": off_and_on("/console/customers/c-a", "Customer c-a"),
    "customer elsewhere": off_and_on_elsewhere,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_consent_ends_with_what_it_was_given_for(house: House, end: Callable[[House], None]) -> None:
    """Nothing is given for it silently, `/account/applications` doesn't show it, and what is allowed anew counts."""
    person, _tokens, asked = both_allow(house)
    silent = person.authorize("partner", prompt="none", **asked).headers["location"]
    assert "code" in answer_of(silent), "the consent counts until then"
    end(house)
    reply = person.authorize("partner", prompt="none", **asked)
    assert answer_of(reply.headers["location"]).get("error") == "consent_required"
    assert "Partner" not in person.http.get("/account/applications").text
    page = person.authorize("partner", **asked)
    answer = person.submit("/interaction", page, decision="allow").headers["location"]
    assert "code" in answer_of(answer)
    assert "code" in answer_of(person.authorize("partner", prompt="none", **asked).headers["location"])


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_introspection_says_of_a_refresh_token_what_the_token_endpoint_says(
    house: House, end: Callable[[House], None]
) -> None:
    _person, tokens, _asked = both_allow(house)
    asked = {"client_id": "partner", "client_secret": SECRET, "token": tokens["refresh_token"]}
    assert post(house.served, "/oauth2/introspect", **asked).json()["active"] is True
    end(house)
    assert post(house.served, "/oauth2/introspect", **asked).json() == {"active": False}
    refused = refresh(house.served, tokens["refresh_token"], "partner", client_secret=SECRET)
    assert refused.json()["error"] == "invalid_grant"


def test_introspection_of_a_refresh_token_while_its_customer_is_disabled(house: House) -> None:
    _person, tokens, _asked = both_allow(house)
    switched_elsewhere(house, house.clock())
    asked = {"client_id": "partner", "client_secret": SECRET, "token": tokens["refresh_token"]}
    assert post(house.served, "/oauth2/introspect", **asked).json() == {"active": False}
