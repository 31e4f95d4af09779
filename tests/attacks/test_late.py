"""Row 56: what a process gave out of its memory, after the disabling, is newer than `ended_at` and would outlive it."""

from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from hoistway.applications.granting import origins_of
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.store.clients import find_client, put_client, set_client_disabled
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.service_accounts import set_service_account_disabled
from tests.attacks.asking import bearer, daemon_token, refresh, web_tokens
from tests.portal.house import House
from tests.server import change
from tests.world import SECRET, A, B

SWITCHES: dict[str, Callable[[Writer, int | None], Awaitable[bool]]] = {
    "application": lambda tx, at: set_client_disabled(tx, ClientId("daemon"), at),
    "customer": lambda tx, at: set_customer_disabled(tx, CustomerId("c-a"), at),
    "account": lambda tx, at: set_service_account_disabled(tx, ServiceAccountId("sa-a"), at),
}


@pytest.mark.parametrize("what", SWITCHES)
def test_a_token_made_after_the_disabling_is_no_good_after_enabling(house: House, what: str) -> None:
    switch = SWITCHES[what]
    before = daemon_token(house.served)  # the directory remembers the living rows for two seconds

    async def off(tx: Writer) -> None:
        await switch(tx, house.clock())

    async def on_again(tx: Writer) -> None:
        await switch(tx, None)

    change(house.served.database, off)
    house.clock.turn(1)
    late = daemon_token(house.served)  # given although it is disabled: that is the memory, and promised to last seconds
    house.clock.turn(5)
    assert bearer(house.served, late).status_code == 401
    change(house.served.database, on_again)
    house.clock.turn(5)
    assert bearer(house.served, before).status_code == 401
    assert bearer(house.served, late).status_code == 401, "what was given while it was disabled lives on for an hour"


def test_a_refresh_in_the_second_after_a_transfer_gives_nothing_that_lasts(house: House) -> None:
    """The former owner's program, with the secret that was just removed, on what the directory remembers."""

    async def owned(tx: Writer) -> None:
        found = await find_client(tx, ClientId("web"))
        assert found is not None
        await put_client(tx, replace(found, customer_id=A), origins_of(found))
        await put_membership(tx, Membership(UserId("u-adam"), B, "administrator", "all", 1))

    change(house.served.database, owned)
    first = web_tokens(house.served, "ann", "openid units.read offline_access")
    adam = house.opened("adam")
    adam.post("/portal/customer", customer="c-a")
    adam.get("/portal/applications/web")
    house.clock.turn(5)
    again = refresh(house.served, first["refresh_token"], "web", client_secret=SECRET).json()
    reply = adam.post("/portal/applications/web/transfer", customer="c-b", transfer_confirm="Web")
    assert reply.status_code == 303, reply.text
    house.clock.turn(1)
    late = refresh(house.served, again["refresh_token"], "web", client_secret=SECRET)
    house.clock.turn(10)
    assert bearer(house.served, again["access_token"]).status_code == 401
    if late.status_code == 200:
        assert bearer(house.served, late.json()["access_token"]).status_code == 401, "of the former owner, for an hour"
