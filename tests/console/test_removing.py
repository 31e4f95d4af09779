"""What is deleted for good, what keeps it from being deleted, and that no table is forgotten."""

import json

import pytest

from hoistway.protocol.ids import ClientId, SiteId, UnitId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.client_uses import mark_clients_used
from hoistway.store.clients import set_client_disabled
from hoistway.store.db import Writer
from hoistway.store.removing import HOOKS, KINDS, PARTS
from hoistway.store.sites import find_site
from hoistway.store.tables import TABLES
from hoistway.store.units import Unit, put_units
from hoistway.web.portal_words import PORTAL_WORDS
from tests.console.test_console import events
from tests.portal.asking import operator, said
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import NOW, TENANT, TENANT_NAME


def delete(olga: Visitor, address: str, title: str) -> int:
    return olga.post(address, do="delete", confirm_delete=title).status_code


def test_every_table_that_refers_to_a_thing_is_judged() -> None:
    """Rows that refer to it would go along with it, unseen."""
    hooked = {(kind, hook.table.name) for kind, hooks in HOOKS.items() for hook in hooks}
    for table in TABLES:
        for key in table.foreign_keys:
            for kind, one in KINDS.items():
                if key.column.table is one:
                    assert (kind, table.name) in hooked | PARTS, f"{table.name}.{key.parent.name} refers to {kind}"
    assert HOOKS.keys() == KINDS.keys()
    for hooks in HOOKS.values():
        assert all(f"hangs_{hook.what}" in PORTAL_WORDS["de"] for hook in hooks)


def test_a_customer_goes_once_nothing_hangs_on_it(served: Served) -> None:
    olga = operator(served)
    page = said(olga.get("/console/customers/c-a").text)
    assert "can’t be deleted" in page
    assert "Technical accounts: " in page
    assert delete(olga, "/console/customers/c-a", "Customer c-a") == 422
    assert olga.post("/console/customers/new", id="c-short", name="Short").status_code == 303
    assert delete(olga, "/console/customers/c-short", "Long") == 422
    assert delete(olga, "/console/customers/c-short", "Short") == 303
    assert olga.get("/console/customers/c-short").status_code == 404
    gone = json.loads(events(served, "customer.removed")[0])
    assert (gone["id"], gone["title"]) == ("c-short", "Short")


def test_what_is_hung_on_it_while_the_form_is_open_keeps_it(served: Served) -> None:
    olga = operator(served)
    olga.post("/console/sites/new", id="s-full", name="Full")
    olga.get("/console/sites/s-full")

    async def hang(tx: Writer) -> None:
        await put_units(tx, [Unit(UnitId("US-hung"), SiteId("s-full"), "elevator", NOW)])

    change(served.database, hang)
    refused = olga.http.post(
        "/console/sites/s-full",
        data={"csrf": olga.tokens["/console/sites/s-full"], "do": "delete", "confirm_delete": "Full"},
    )
    assert refused.status_code == 422
    assert "Units: 1" in said(refused.text)
    assert on(served.database, lambda db: find_site(db, SiteId("s-full"))) is not None
    assert delete(olga, "/console/units/US-hung", "US-hung") == 303
    assert delete(olga, "/console/sites/s-full", "Full") == 303


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/console/apis/customer-api", "Customer API"),
        (f"/console/customers/{SANDBOX}", "Sandbox"),
        ("/console/users/u-ann", "Ann"),
    ],
)
def test_what_the_server_needs_and_people_are_not_deleted(served: Served, address: str, title: str) -> None:
    olga = operator(served)
    assert 'value="delete"' not in olga.get(address).text
    assert delete(olga, address, title) == 404


def test_an_application_that_was_used_stays(served: Served) -> None:
    olga = operator(served)
    olga.post("/console/applications/new", id="app-short", name="Short-lived", type="web")
    address = "/console/applications/app-short"
    assert delete(olga, address, "Short-lived") == 422, "programs may use it at this moment"
    change(served.database, lambda tx: set_client_disabled(tx, ClientId("app-short"), NOW))  # type: ignore[arg-type,return-value]
    change(served.database, lambda tx: mark_clients_used(tx, {ClientId("app-short"): NOW}))
    assert "It was given tokens" in said(olga.get(address).text)
    assert delete(olga, address, "Short-lived") == 422
    olga.post("/console/applications/new", id="app-never", name="Never used", type="web")
    change(served.database, lambda tx: set_client_disabled(tx, ClientId("app-never"), NOW))  # type: ignore[arg-type,return-value]
    assert delete(olga, "/console/applications/app-never", "Never used") == 303
    assert json.loads(events(served, "application.removed")[0])["title"] == "Never used"


def test_a_tenant_is_made_changed_and_never_deleted_while_it_answers(served: Served) -> None:
    olga = operator(served)
    new = {"names": "acme.example\nacme.onmicrosoft.com", "policies": "B2C_1A_in=sign_in"}
    for wrong in (
        {"names": TENANT_NAME},
        {"names": "two words"},
        {"policies": "x=y"},
        {"policies": ""},
        {"id": "no-guid"},
    ):
        assert olga.post("/console/tenants/new", **{**new, **wrong}).status_code == 422, wrong
    made = olga.post("/console/tenants/new", **new)
    address = made.headers["location"].partition("?")[0]
    discovery = "/acme.example/B2C_1A_in/v2.0/.well-known/openid-configuration"
    assert olga.http.get(discovery).status_code == 200
    assert (
        olga.post(
            address, do="change", names="acme.onmicrosoft.com", policies="B2C_1A_in=sign_in\nB2C_1A_ropc=ropc"
        ).status_code
        == 303
    )
    page = olga.get(address).text
    assert "B2C_1A_ropc" in page
    assert "acme.example" not in page
    assert "acme.onmicrosoft.com" in olga.get("/console/tenants?q=ACME").text
    assert delete(olga, address, "acme.onmicrosoft.com") == 422
    assert delete(olga, f"/console/tenants/{TENANT}", TENANT_NAME) == 422
