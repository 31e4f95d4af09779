"""Ids with a slash, usual for equipment numbers: `%2F` is data, in the API, the portal and the console (RFC 3986 section 2.2)."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, unquote

import httpx2
import pytest

from hoistway.authn.client import secret_digest
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, SiteId, UnitId
from hoistway.routes import ROUTES
from hoistway.routing import find_route
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client
from hoistway.store.customers import Customer, add_customer
from hoistway.store.db import Writer
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.sites import Site, put_sites
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from tests.attacks.asking import bearer, daemon_token
from tests.portal.asking import operator, visitor
from tests.server import Served, change
from tests.world import DIGEST, NOW, A, client

IDS = ("4711/12", "4711/", "/12", "a//b", "../x", "4711%2F12", "4711/12?x=1#y", "Ä/ö 7", "%", "units/units")
C = CustomerId("c/1")


async def _world(tx: Writer) -> None:
    await add_customer(tx, Customer(C, "Slash & Co", NOW))
    for index, one in enumerate(IDS):
        site = Site(SiteId(f"s/{index}"), f"House {index}", "Street", "1", "Town", "DE", NOW)
        await put_sites(tx, [site])
        await put_units(tx, [Unit(UnitId(one), site.id, "elevator", NOW)])
        await put_access(tx, [UnitAccess(customer, UnitId(one), "owner", site.id, "elevator") for customer in (A, C)])
    account = ServiceAccount(ServiceAccountId("sa/1"), "svc-1", "svc-1", "Slashed", A, DIGEST, NOW, NOW)
    await add_service_account(tx, account)
    kept = client("old/app", "daemon", grants=("client_credentials",), service_account_id=account.id, customer_id=A)
    await add_client(tx, kept, frozenset())
    await add_secret(tx, ClientSecret("secret/1", ClientId("old/app"), secret_digest("x" * 40), "xxxxxx", NOW))


@pytest.fixture(scope="module", autouse=True)
def _slashes(served: Served) -> None:
    change(served.database, _world)


@pytest.fixture
def token(served: Served) -> str:
    return daemon_token(served)


@pytest.mark.parametrize("unit", IDS)
def test_a_unit_is_read_by_its_id(served: Served, token: str, unit: str) -> None:
    reply = bearer(served, token, f"/api/v1/units/{quote(unit, safe='')}")
    assert (reply.status_code, reply.json().get("unitId")) == (200, unit), reply.text


def test_every_unit_of_the_list_is_found(served: Served, token: str) -> None:
    items = bearer(served, token, limit="1000").json()["items"]
    assert set(IDS) <= {unit["unitId"] for unit in items}
    for unit in items:
        assert bearer(served, token, f"/api/v1/units/{quote(unit['unitId'], safe='')}").json() == unit


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/units/4711/12", 404), ("/api/v1%2Funits/US-c-a-10", 404), ("/api%2fv1/units", 404), ("/api/v1/units/4711%252F12", 404),
        ("/api/v1/units/US-c-b-10%2F", 404), ("/static/..%2f..%2fpages.py", 404), ("/static/%2e%2e%2fpages.py", 404),
        ("/portal/guides/..%2F..%2Fsettings", 404), ("/console%2Fkeys", 404), ("/oauth2%2Ftoken", 404),
    ],
)  # fmt: skip
def test_a_slash_that_is_data_separates_nothing(served: Served, token: str, path: str, status: int) -> None:
    headers = {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=served.url) as http:
        reply = http.send(http.build_request("GET", path, headers=headers))
    assert reply.status_code == (200 if unquote(path.rpartition("/")[2]) in IDS else status), reply.text


def links(page: str, prefix: str) -> Iterator[str]:
    for found in re.findall(r'(?:href|action)="([^"]+)"', page):
        address = unescape(found).partition("#")[0]
        if address.startswith(prefix) and "%2F" in address.partition("?")[0]:
            yield address


def test_the_console_links_to_what_it_lists(served: Served) -> None:
    """And each page that is reached so posts to itself."""
    olga = operator(served)
    pages = {
        word: olga.get(f"/console/{word}").text for word in ("units", "sites", "customers", "accounts", "applications")
    }
    found = {word: set(links(page, f"/console/{word}/")) for word, page in pages.items()}
    assert {word: len(ones) for word, ones in found.items() if ones} == {
        "units": 8, "sites": len(IDS), "customers": 1, "accounts": 1, "applications": 1,
    }  # fmt: skip
    seen, waiting = set[str](), sorted(set().union(*found.values()))
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        reply = olga.get(address)
        assert reply.status_code == 200, address
        waiting += links(reply.text, "/console/")
    unit = "/console/units/4711%2F12"
    page = olga.get(unit).text
    assert "4711/12" in page
    switched = olga.post(unit, do="disable", confirm="4711/12")
    assert (switched.status_code, switched.headers["location"].partition("?")[0]) == (303, unit)
    assert olga.post(unit, do="enable").status_code == 303
    olga.close()


def test_the_portal_links_to_an_application(served: Served) -> None:
    adam = visitor(served, "adam")
    (address,) = set(links(adam.get("/portal/applications").text, "/portal/applications/"))
    assert address == "/portal/applications/old%2Fapp"
    page = adam.get(address).text
    for one in set(links(page, "/portal/applications/old%2Fapp")):
        route, params = find_route(one.partition("?")[0].replace("%2F", "\ud800"))
        assert route is not None
        assert params["client_id"] == "old\ud800app"
    assert adam.post(f"{address}/secrets", lifetime="0").status_code == 201
    unsigned = httpx2.get(f"{served.url}{address}")
    assert unsigned.headers["location"] == f"/sign-in?next={quote(address, safe='')}"
    adam.close()


def test_every_route_with_a_parameter_takes_a_slash() -> None:
    for route in ROUTES:
        if "{" in route.path:
            path = re.sub(r"\{\w+\}", "a\ud800b", route.path)
            found, params = find_route(path)
            assert found is not None, route.path
            assert set(params.values()) == {"a\ud800b"}, route.path
