"""In the console's forms a customer or technical account is named by its id or its exact name; over HTTP on both engines."""

import pytest

from hoistway.console.named import OFFERED, TOLD
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.clients import find_client
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Writer
from hoistway.store.service_accounts import find_service_account_by_name
from tests.console.test_making import operator
from tests.portal.asking import said
from tests.portal.house import House
from tests.server import change
from tests.store.test_schema import on
from tests.world import NOW

SEVERAL = {"en": "Several are called Twice: write the id", "de": "Mehrere heißen Twice: Geben Sie die Kennung"}


def customers(house: House, **named: str) -> None:
    async def work(tx: Writer) -> None:
        for row_id, name in named.items():
            await add_customer(tx, Customer(CustomerId(row_id), name, NOW))

    change(house.served.database, work)


PLACES = (
    ("/console/accounts/new", {"username": "fresh", "name": "Fresh"}, "customer"),
    ("/console/users/u-ann/customers", {"do": "give", "role": "member", "reach": "all"}, "customer"),
    ("/console/applications/daemon/owner", {"confirm": "Daemon"}, "customer"),
)


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize(("path", "form", "field"), PLACES)
def test_unknown_and_ambiguous_names_are_told_with_what_is_like_them(
    house: House, path: str, form: dict[str, str], field: str, lang: str
) -> None:
    customers(house, one="Twice", two="Twice", **{f"n{number}": f"Housing {number:02}" for number in range(TOLD + 2)})
    olga = operator(house.served, lang)
    page = olga.get(path).text
    assert '<datalist id="known-customers">' in page
    assert '<option value="one">Twice</option>' in page
    assert 'value="sandbox"' not in page
    refused = olga.post(path, **form, **{field: "Twice"})
    assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True)
    assert SEVERAL[lang] in said(refused.text)
    assert "Twice (one), Twice (two)" in said(refused.text)
    assert 'value="Twice"' in refused.text, "what was typed stays"
    refused = olga.post(path, **form, **{field: "housing"})
    told = ", ".join(f"Housing {number:02} (n{number})" for number in range(TOLD))
    assert f"{told}, …" in said(refused.text)
    assert "(n10)" not in said(refused.text)
    assert olga.post(path, **form, **{field: "nobody at all"}).status_code == 422
    olga.close()


def test_an_exact_name_is_as_good_as_the_id(house: House) -> None:
    customers(house, plain="Only One", **{"Only One": "Another"})
    olga = operator(house.served)
    olga.get("/console/accounts/new")
    assert olga.post("/console/accounts/new", username="fresh", name="Fresh", customer="Another").status_code in {
        200,
        303,
    }
    row = on(house.served.database, lambda db: find_service_account_by_name(db, "fresh"))
    assert row is not None
    assert row.customer_id == "Only One"
    olga.get("/console/accounts/new")
    olga.post("/console/accounts/new", username="other", name="Other", customer="Only One")
    row = on(house.served.database, lambda db: find_service_account_by_name(db, "other"))
    assert row is not None
    assert row.customer_id == "Only One", "an id comes first"
    here = "/console/applications/daemon/owner"
    olga.get(here)
    assert olga.post(here, customer="Customer c-b", confirm="Daemon").status_code == 303
    client = on(house.served.database, lambda db: find_client(db, ClientId("daemon")))
    assert client is not None
    assert client.customer_id == "c-b"
    olga.close()


def test_an_application_s_account_is_named_by_its_user_name(house: House) -> None:
    olga, here = operator(house.served), "/console/applications/daemon"
    olga.get(here)
    refused = olga.post(here, do="change", fields="account", account="daemon")
    assert (refused.status_code, "(sa-a)" in said(refused.text)) == (422, True)
    assert olga.post(here, do="change", fields="account", account="daemon-a").status_code == 303
    client = on(house.served.database, lambda db: find_client(db, ClientId("daemon")))
    assert client is not None
    assert client.service_account_id == "sa-a"
    olga.close()


def test_of_very_many_customers_none_is_offered(house: House) -> None:
    customers(house, **{f"m{number}": f"Many {number}" for number in range(OFFERED)})
    assert "known-customers" not in operator(house.served).get("/console/accounts/new").text
