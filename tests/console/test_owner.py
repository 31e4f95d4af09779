"""Owners and secrets of applications, as operators change them; over HTTP on both engines."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import bindparam, update

from hoistway.protocol.ids import ClientId, RequestId
from hoistway.store.audit import latest_entries
from hoistway.store.clients import Client, find_client
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.requests import REQUESTS, find_request
from tests.console.test_making import shown_once
from tests.console.two import careful_server, decide_on, proposed, trail
from tests.engines import ENGINES
from tests.portal.asking import asked, decide, operator, said
from tests.portal.house import House
from tests.server import Served, change
from tests.store.test_schema import on

ABOUT = Statement(
    lambda: update(REQUESTS).where(REQUESTS.c.id == bindparam("b_id")).values(client_id=bindparam("client")), nothing
)
OWNER, SECRETS = "/console/applications/daemon/owner", "/console/applications/daemon/secrets"


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


def stored(served: Served) -> Client:
    row = on(served.database, lambda db: find_client(db, ClientId("daemon")))
    assert row is not None
    return row


def test_an_application_is_given_to_another_customer(house: House) -> None:
    olga = house.opened("olga")
    page = olga.get("/console/applications/daemon").text
    assert OWNER in page
    assert SECRETS in page
    for wrong, field in (
        ({"customer": "c-x"}, "customer"), ({"customer": "sandbox"}, "customer"), ({"customer": "c-a"}, "customer"),
        ({"customer": ""}, "customer"), ({"confirm": "Other"}, "confirm"),
    ):  # fmt: skip
        refused = olga.post(OWNER, **{"customer": "c-b", "confirm": "Daemon", **wrong})
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True), wrong
    done = olga.post(OWNER, customer="c-b", confirm="Daemon")
    assert done.headers["location"] == "/console/applications/daemon?notice=notice_app_given"
    row = stored(house.served)
    assert (row.customer_id, row.service_account_id == "sa-a", row.ended_at) == ("c-b", False, house.clock())
    assert [entry[1] for entry in house.entries("application.transferred")] in (["c-a", "c-b"], ["c-b", "c-a"])
    sides = {
        str(entry[1]): (entry[2]["before"], entry[2]["after"]) for entry in house.entries("application.transferred")
    }
    assert sides == {"c-a": ({"owner": "c-a"}, {}), "c-b": ({}, {"owner": "c-b"})}


def test_what_the_former_owner_wrote_stays_theirs(house: House) -> None:
    """Between strangers: neither a decided request nor an open one is read by the new owner's people."""
    adam, olga, words = house.opened("adam"), house.opened("olga"), "Shows our own buildings to our caretakers."
    done, open_ = asked(adam, name="Decided one", purpose=words), asked(adam, name="Second one", purpose=words)
    decide(olga, done, "approve")
    row = on(house.served.database, lambda db: find_request(db, RequestId(done)))
    assert row is not None
    given = row.client_id

    async def about(tx: Writer) -> None:
        await tx.run(ABOUT, {"b_id": open_, "client": given})

    change(house.served.database, about)
    olga.get(f"/console/applications/{given}/owner")
    reply = olga.post(f"/console/applications/{given}/owner", customer="c-b", confirm="Decided one")
    assert reply.status_code == 303, reply.text
    bob = house.opened("bob")
    for request_id in (done, open_):
        assert bob.get(f"/portal/requests/{request_id}").status_code == 404
        assert adam.get(f"/portal/requests/{request_id}").status_code == 200
    row = on(house.served.database, lambda db: find_request(db, RequestId(open_)))
    assert row is not None
    assert (row.state, row.customer_id) == ("withdrawn", "c-a")


def test_the_portals_own_application_stays(house: House) -> None:
    olga = house.opened("olga")
    assert olga.get("/console/applications/developer-portal").status_code == 200
    assert "/console/applications/developer-portal/owner" not in olga.page
    assert olga.get("/console/applications/developer-portal/owner").status_code == 404
    assert olga.get("/console/applications/nothing/owner").status_code == 404
    assert olga.get("/console/applications/spa/secrets").status_code == 404, "it has none"


def test_another_owner_waits_for_a_second_operator(careful: Served) -> None:
    """With the scopes that were approved for the one customer it would open the units of the other."""
    olga, otto = operator(careful), operator(careful, "otto")
    olga.get(OWNER)
    waits = proposed(olga.post(OWNER, customer="c-b", confirm="Daemon"))
    assert stored(careful).customer_id == "c-a"
    assert "Owner" in said(otto.get(f"/console/changes/{waits}").text)
    assert decide_on(olga, waits, "approve") == ""
    assert decide_on(otto, waits, "approve") == "approved"
    assert stored(careful).customer_id == "c-b"
    assert {who for who, _ in trail(careful, "application.transferred")} == {"u-otto"}
    proposed_ = on(careful.database, lambda db: latest_entries(db, "change.proposed"))
    approved_ = on(careful.database, lambda db: latest_entries(db, "change.approved"))
    assert {one.customer_id for one in (*proposed_, *approved_)} == {None}, "they name both customers"


def test_a_secret_is_made_shown_once_used_and_revoked(house: House) -> None:
    olga = house.opened("olga")
    olga.get(SECRETS)
    (value,) = shown_once(olga.post(SECRETS, do="make", lifetime="90").text)
    asked = {"grant_type": "client_credentials", "scope": "units.read"}
    proof = {"client_id": "daemon", "client_secret": value}
    house.clock.turn(5)
    token = f"{house.served.url}/oauth2/token"
    assert httpx2.post(token, data=asked | proof, timeout=30).status_code == 200
    assert value not in json.dumps([str(one) for one in house.entries("secret.added")])
    ((who, customer, detail),) = house.entries("secret.added")
    assert (who, customer) == ("u-olga", "c-a")
    assert value.startswith(str(detail["prefix"]))
    assert value not in olga.get(SECRETS).text
    full = olga.post(SECRETS, do="make", lifetime="90")
    assert (full.status_code, "Two secrets work now" in said(full.text)) == (422, True)
    assert olga.post(SECRETS, do="revoke", secret=str(detail["secret"]), confirm="x").status_code == 422
    assert olga.post(SECRETS, do="revoke", secret="none", confirm="x").status_code == 404
    done = olga.post(SECRETS, do="revoke", secret=str(detail["secret"]), confirm=str(detail["prefix"]))
    assert done.headers["location"] == f"{SECRETS}?notice=notice_app_secret_revoked"
    house.clock.turn(5)
    assert httpx2.post(token, data=asked | proof, timeout=30).status_code == 401
    assert house.entries("secret.revoked")[0][1] == "c-a"
