"""Row 59: what one operator stopped is opened again by one, or the product that guards an API is taken out of the way."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from hoistway.authn.offers import MOST_PRODUCTS
from hoistway.products.beginning import opens_api
from hoistway.protocol.ids import ApiId, ClientId, ProductId
from hoistway.store.apis import add_api, find_api, set_api_disabled
from hoistway.store.clients import LegacyException, find_client, put_client, set_client_disabled
from hoistway.store.db import Database, Writer
from hoistway.store.products import add_product, list_products, put_product, set_product_disabled
from hoistway.web.templates.filters import date
from tests.attacks.asking import bearer, daemon_token
from tests.cli.running import manage, run
from tests.console.two import careful_server, decide_on, product_row, proposed, trail
from tests.engines import ENGINES, drop_database, fresh_database
from tests.limits.selling import product
from tests.portal.asking import operator, said
from tests.server import Clock, Served, change, populate, serving
from tests.store.test_schema import on

FORM = {
    "name": "New", "description": "About it.", "rate_calls": "", "rate_period": "60", "quota_calls": "",
    "quota_period": "86400", "terms": "", "subscriptions_limit": "", "approval": "asked", "key_use": "required",
}  # fmt: skip
TOMORROW = int(time.time()) + 86_400


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


def is_off(served: Served, kind: str, row_id: str) -> bool:
    async def work(db: Database) -> bool:
        row = await (find_api(db, ApiId(row_id)) if kind == "api" else find_client(db, ClientId(row_id)))
        assert row is not None
        return row.disabled_at is not None

    return on(served.database, work)


@pytest.mark.parametrize(
    ("name", "opens"),
    [
        ("by-itself", {"approval": "automatic"}),
        ("no-key", {"approval": "asked", "key_use": "optional"}),
        ("no-key-yet", {"approval": "asked", "keys_from": TOMORROW, "before_keys": "optional"}),
    ],
)
def test_a_product_that_asks_nobody_is_enabled_by_two(careful: Served, name: str, opens: dict[str, Any]) -> None:
    async def off(tx: Writer) -> None:
        await add_product(tx, product(name, **opens))
        await set_product_disabled(tx, ProductId(name), 5)

    change(careful.database, off)
    olga = operator(careful)
    olga.get(f"/console/products/{name}")
    waits = proposed(olga.post(f"/console/products/{name}", do="enable"))
    assert product_row(careful, name).disabled_at == 5
    assert decide_on(olga, waits, "approve") == ""
    assert decide_on(operator(careful, "otto"), waits, "approve") == "approved"
    assert product_row(careful, name).disabled_at is None
    assert trail(careful, "product.enabled")[0] == (
        "u-otto",
        {
            "id": name,
            "before": {"disabled": "yes"},
            "after": {"disabled": "no"},
            "proposal": waits,
            "proposed_by": "u-olga",
        },
    )
    olga.get(f"/console/products/{name}")
    assert olga.post(f"/console/products/{name}", do="disable", confirm=name.title()).status_code == 303
    assert product_row(careful, name).disabled_at is not None, "stopping it needs nobody"


def test_a_product_that_asks_is_enabled_by_one(careful: Served) -> None:
    async def off(tx: Writer) -> None:
        await add_product(tx, product("closed", approval="asked", keys_from=5))
        await set_product_disabled(tx, ProductId("closed"), 5)

    change(careful.database, off)
    olga = operator(careful)
    olga.get("/console/products/closed")
    reply = olga.post("/console/products/closed", do="enable")
    assert reply.headers["location"].endswith("notice_enabled")
    assert product_row(careful, "closed").disabled_at is None


@pytest.mark.parametrize("why", ["implied", "exception"])
def test_an_application_that_asks_nobody_is_enabled_by_two(careful: Served, why: str) -> None:
    granted = (LegacyException("password", "until it can", TOMORROW, "cli", 1),) if why == "exception" else ()

    async def off(tx: Writer) -> None:
        row = await find_client(tx, ClientId("spa"))
        assert row is not None
        await put_client(
            tx, replace(row, consent="implied" if why == "implied" else "asked", exceptions=granted), frozenset()
        )
        await set_client_disabled(tx, row.id, 5)

    change(careful.database, off)
    olga, page = operator(careful), "/console/applications/spa"
    olga.get(page)
    waits = proposed(olga.post(page, do="enable"))
    assert is_off(careful, "application", "spa")
    assert decide_on(operator(careful, "otto"), waits, "approve") == "approved"
    assert not is_off(careful, "application", "spa")


def test_an_application_that_asks_is_enabled_by_one(careful: Served) -> None:
    ended = (LegacyException("password", "it could", 6, "cli", 1),)

    async def off(tx: Writer) -> None:
        row = await find_client(tx, ClientId("partner"))
        assert row is not None
        await put_client(tx, replace(row, consent="asked", exceptions=ended), frozenset())
        await set_client_disabled(tx, row.id, 5)

    change(careful.database, off)
    olga, page = operator(careful), "/console/applications/partner"
    olga.get(page)
    assert olga.post(page, do="enable").headers["location"].endswith("notice_enabled")
    assert not is_off(careful, "application", "partner")


@pytest.mark.parametrize("why", ["no product", "product without key", "guarded"])
def test_an_api_that_a_token_alone_opens_is_enabled_by_two(careful: Served, why: str) -> None:
    async def off(tx: Writer) -> None:
        for row in await list_products(tx):
            await put_product(tx, replace(row, apis=()))
        if why != "no product":
            optional = why == "product without key"
            await put_product(tx, product("asked", approval="asked", key_use="optional" if optional else "required"))
        await set_api_disabled(tx, ApiId("customer-api"), 5)

    change(careful.database, off)
    olga, page = operator(careful), "/console/apis/customer-api"
    olga.get(page)
    reply = olga.post(page, do="enable")
    if why == "guarded":
        assert reply.headers["location"].endswith("notice_enabled")
    else:
        waits = proposed(reply)
        assert is_off(careful, "api", "customer-api")
        assert decide_on(operator(careful, "otto"), waits, "approve") == "approved"
    assert not is_off(careful, "api", "customer-api")


@dataclass
class Crowd:
    served: Served
    clock: Clock


@pytest.fixture(scope="module", params=ENGINES)
def crowd(request: pytest.FixtureRequest) -> Iterator[Crowd]:
    """As many products as may be; "asked" guards the API."""
    url, clock = fresh_database(request.param, populate), Clock()

    async def fill(tx: Writer) -> None:
        await add_product(tx, product("asked", approval="asked"))
        for number in range(MOST_PRODUCTS - len(await list_products(tx))):
            await add_product(tx, product(f"a-{number:04}", approval="asked", apis=(ApiId("other"),)))

    change(url, fill)
    with serving(url, now=clock, four_eyes=True) as server:
        yield Crowd(server, clock)
    drop_database(url)


@pytest.mark.parametrize("how", ["taken out", "no key", "a key from tomorrow", "disabled"])
def test_the_only_product_of_an_api_is_no_way_around_its_keys(careful: Served, how: str) -> None:
    async def prepare(tx: Writer) -> None:
        for row in await list_products(tx):
            await put_product(tx, replace(row, apis=()))
        other = await find_api(tx, ApiId("customer-api"))
        assert other is not None
        if await find_api(tx, ApiId("other")) is None:
            await add_api(
                tx, replace(other, id=ApiId("other"), audience="https://other", uri="https://other", scopes=())
            )
        both = (ApiId("customer-api"), ApiId("other"))
        await put_product(tx, product("asked", approval="asked", apis=both))
        await set_api_disabled(tx, ApiId("customer-api"), None)
        await set_product_disabled(tx, ProductId("asked"), None)

    change(careful.database, prepare)
    olga = operator(careful)
    olga.get("/console/products/asked")
    form = {"do": "change", "id": "asked", **FORM, "apis_customer-api": "yes", "apis_other": "yes"}
    if how == "disabled":
        reply = olga.post("/console/products/asked", do="disable", confirm="Asked")
        assert reply.headers["location"].endswith("notice_disabled")
        assert product_row(careful, "asked").disabled_at is not None
    else:
        said_otherwise = {
            "taken out": {"apis_customer-api": ""},
            "no key": {"key_use": "optional"},
            "a key from tomorrow": {"keys_from": date(TOMORROW + 86_400)},
        }
        waits = proposed(olga.post("/console/products/asked", **(form | said_otherwise[how])))
        row = product_row(careful, "asked")
        assert (row.apis, row.key_use, row.keys_from) == (("customer-api", "other"), "required", None)
        assert decide_on(olga, waits, "withdraw") == "withdrawn"

    async def opened(db: Database) -> bool:
        return await opens_api(db, ApiId("customer-api"), int(time.time()))

    assert not on(careful.database, opened)


def test_no_product_is_made_that_no_call_would_know(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    olga = operator(crowd.served)
    olga.get("/console/products/new")
    reply = olga.post("/console/products/new", id="one-more", **FORM, **{"apis_customer-api": "yes"})
    assert reply.status_code == 422
    assert "change one that nobody uses" in said(reply.text)
    words = ["--name", "More", "--description", "More.", "--api", "customer-api", "--approval", "--now"]
    manage(monkeypatch, crowd.served)
    assert "change one that nobody uses" in run("product", "add", "one-more", *words, code=1).stderr


def test_a_product_that_was_pushed_out_leaves_no_api_open(crowd: Crowd) -> None:
    """A database of a version that made as many as anybody liked: what can't be read may be what guards the API."""
    token = daemon_token(crowd.served)
    assert bearer(crowd.served, token).status_code == 401

    async def push(tx: Writer) -> None:
        await put_product(tx, product("asked", approval="asked", apis=(ApiId("other"),)))
        await add_product(tx, product("z-guard", approval="asked"))

    change(crowd.served.database, push)
    crowd.clock.turn(3)
    assert bearer(crowd.served, token).status_code == 401
