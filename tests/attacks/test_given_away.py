"""Row 61: what operators allowed an application of one customer, they did not allow the customer that it is given to."""

from msgspec.structs import replace

from hoistway.applications.granting import origins_of
from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.clients import find_client, put_client
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from tests.flows.browser import Person, answer_of, pkce
from tests.portal.house import House
from tests.server import change
from tests.world import A, B


def test_an_application_that_is_given_away_asks_again(house: House) -> None:
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
