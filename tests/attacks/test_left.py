"""Row 56: what an employee allowed a third party's application as a member ends with the membership, and does not go on as acting."""

from hoistway.protocol.ids import SiteId, UserId
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from tests.attacks.asking import bearer, redeem
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
