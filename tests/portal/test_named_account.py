"""A request for a daemon names the technical account that it is to use, over HTTP on both engines."""

import re

import pytest

from hoistway.protocol.ids import ServiceAccountId
from hoistway.store.db import Writer
from hoistway.store.service_accounts import set_service_account_disabled
from tests.attacks.asking import parts_of, password, post
from tests.portal.asking import PRODUCTION, ask, asked, decide, made_secret, operator, said
from tests.portal.house import House
from tests.server import change
from tests.world import API_URI, NOW

DAEMON = {**PRODUCTION, "name": "Night run", "type": "daemon", "redirect_uris": "", "account": "sa-a"}


def switch(house: House, at: int | None) -> None:
    async def work(tx: Writer) -> None:
        await set_service_account_disabled(tx, ServiceAccountId("sa-a"), at)

    change(house.served.database, work)


def test_the_daemon_keeps_the_sub_that_the_password_gave(house: House) -> None:
    adam = house.opened("adam")
    before = password(house.served, "daemon-a", scope=API_URI).json()["access_token"]
    adam.get("/portal/applications/new")
    assert '<option value="sa-a">' in adam.page
    assert "sa-b" not in adam.page
    request_id = asked(adam, **DAEMON)
    assert "Technical account Daemon a daemon-a" in said(adam.get(f"/portal/requests/{request_id}").text)
    olga = operator(house.served)
    assert "Technical account Daemon a daemon-a" in said(olga.get(f"/console/requests/{request_id}").text)
    assert decide(olga, request_id, "approve").status_code == 303
    adam.get(f"/portal/requests/{request_id}")
    found = re.search(r"/portal/applications/([0-9a-f-]{36})\"", adam.page)
    assert found is not None
    secret = made_secret(adam, found[1])
    given = post(
        house.served, grant_type="client_credentials", client_id=found[1], client_secret=secret, scope="units.read"
    )
    assert given.status_code == 200, given.text
    was, now = parts_of(before)[1], parts_of(given.json()["access_token"])[1]
    assert (was["sub"], was["customer"]) == (now["sub"], now["customer"])
    assert [entry[2]["account"] for entry in house.entries("request.approved")] == ["sa-a"]


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"account": "sa-b"}, "There is no such technical account of yours"),
        ({"account": "none"}, "There is no such technical account of yours"),
        ({"environment": "sandbox"}, "The sandbox has simulated accounts alone"),
        ({"type": "desktop", "redirect_uris": "http://127.0.0.1/cb"}, "Only a daemon uses a technical account"),
    ],
)
def test_another_ones_is_unknown(house: House, changes: dict[str, str], because: str) -> None:
    adam = house.opened("adam")
    reply = ask(adam, **{**DAEMON, **changes})
    assert reply.status_code == 422
    assert because in said(reply.text)
    assert house.entries("request.submitted") == []


def test_a_disabled_one_is_refused_when_asked_and_when_approved(house: House) -> None:
    adam = house.opened("adam")
    switch(house, NOW)
    reply = ask(adam, **DAEMON)
    assert (reply.status_code, "is disabled" in said(reply.text)) == (422, True)
    assert house.entries("request.submitted") == []
    switch(house, None)
    request_id = asked(adam, **DAEMON)
    switch(house, NOW)
    olga = operator(house.served)
    reply = decide(olga, request_id, "approve")
    assert (reply.status_code, "The technical account is disabled" in said(reply.text)) == (422, True)
    assert house.entries("request.approved") == []
    assert decide(olga, request_id, "reject", "No").status_code == 303


def test_only_administrators_name_one(house: House) -> None:
    ann = house.opened("ann")
    ann.get("/portal/applications/new")
    assert "sa-a" not in ann.page
    reply = ask(ann, **DAEMON)
    assert (reply.status_code, "There is no such technical account" in said(reply.text)) == (422, True)


def test_without_one_the_daemon_gets_a_new_one(house: House) -> None:
    adam = house.opened("adam")
    request_id = asked(adam, **{**DAEMON, "account": ""})
    assert decide(operator(house.served), request_id, "approve").status_code == 303
    assert [entry[2].get("account") for entry in house.entries("request.approved")] == [None]
