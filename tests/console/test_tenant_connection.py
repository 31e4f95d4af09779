"""The page of a tenant's older system, over HTTP on both engines."""

import json

from hoistway.store.carried_accounts import ToCarry, add_waiting
from hoistway.store.db import Writer
from tests.console.test_console import events
from tests.portal.asking import operator, said
from tests.server import Served, change
from tests.world import TENANT, TENANT_NAME

PAGE = f"/console/tenants/{TENANT}/connection"
GIVEN = {
    "endpoint": "https://old.example.com/token", "client_id": "app", "scope": "openid app", "ends_at": "2099-06-30",
    "wrong_per_account": "3",
}  # fmt: skip


def test_a_tenant_is_connected_and_disconnected(served: Served) -> None:
    olga = operator(served)
    assert PAGE in olga.get(f"/console/tenants/{TENANT}").text
    assert "Not connected" in said(olga.get(PAGE).text)
    wrong = olga.post(PAGE, do="connect", **GIVEN | {"endpoint": "http://old.example.com/", "ends_at": "never"})
    assert wrong.status_code == 422
    assert "Give a day such as" in said(wrong.text)
    assert olga.post(PAGE, do="connect", **GIVEN | {"endpoint": "https://10.0.0.1/"}).status_code == 422
    olga.get(PAGE)
    assert olga.post(PAGE, do="connect", **GIVEN).status_code == 303

    async def wait(tx: Writer) -> None:
        await add_waiting(tx, [ToCarry("user", f"u-{number}", TENANT, f"u-{number}") for number in range(1234)])

    change(served.database, wait)
    shown = said(olga.get(PAGE).text)
    assert "Connected" in shown
    assert "Accounts never used yet 1,234" in shown
    assert 'value="2099-06-30"' in olga.get(PAGE).text
    assert olga.post(PAGE, do="disconnect", confirm="another").status_code == 422
    olga.get(PAGE)
    assert olga.post(PAGE, do="disconnect", confirm=TENANT_NAME).status_code == 303
    assert "Disconnected" in said(olga.get(PAGE).text)
    assert olga.post(PAGE, do="disconnect", confirm=TENANT_NAME).status_code == 404
    about = json.loads(events(served, "tenant.connected")[0])
    assert (about["before"]["old_endpoint"], about["after"]["old_endpoint"]) == ("", GIVEN["endpoint"])
    assert len(events(served, "tenant.disconnected")) == 1


def test_a_tenant_that_is_not_there(served: Served) -> None:
    assert operator(served).get("/console/tenants/nothing/connection").status_code == 404
