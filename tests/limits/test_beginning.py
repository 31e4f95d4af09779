"""A product that needs keys cuts no running program off by surprise: at the console, on both engines."""

import re
from collections.abc import Iterator

import pytest

from hoistway.products.beginning import CutsOff, begun, check_beginning
from hoistway.protocol.ids import ClientId, ProductId
from hoistway.protocol.limits import Limit
from hoistway.store.db import Database, Writer
from hoistway.store.keyless_uses import Keyless, KeylessProgram, find_keyless
from hoistway.store.migrate import migrate
from hoistway.store.products import Product, find_product
from tests.attacks.changes import PRODUCT
from tests.limits.keyless import count_calls, day_in
from tests.limits.selling import Shop, product
from tests.portal.signing_in import Visitor
from tests.store.before import Old, on_connection
from tests.store.test_schema import on
from tests.world import NOW

NEW = {
    **PRODUCT, "id": "gold", "name": "Gold", "rate_calls": "100", "rate_period": "60", "quota_calls": "", "quota_period": "86400",
    "approval": "automatic",
}  # fmt: skip
SAYS = "would be refused at once (applications: 1, customers: 1)"
SOME = Keyless(1, 1, (KeylessProgram(ClientId("daemon"), "Daemon", 1, 1, NOW),))


@pytest.fixture
def olga(shop: Shop) -> Iterator[Visitor]:
    visitor = Visitor(shop.served.url).sign_in("olga")
    yield visitor
    visitor.close()


def calls_were_counted(shop: Shop) -> None:
    async def work(tx: Writer) -> None:
        await count_calls(tx, shop.clock(), "daemon")
        await count_calls(tx, shop.clock(), "spa", subscription="sub-1")
        await count_calls(tx, shop.clock(), "web", days_ago=40)
        await count_calls(tx, shop.clock(), "ropc", status=401)

    shop.write(work)


def row_of(shop: Shop, product_id: str) -> Product | None:
    async def find(db: Database) -> Product | None:
        return await find_product(db, ProductId(product_id))

    return on(shop.served.database, find)


def test_a_product_says_whom_it_would_refuse_and_begins_on_a_day(shop: Shop, olga: Visitor) -> None:
    calls_were_counted(shop)
    assert shop.statuses(1) == [200]
    olga.get("/console/products/new")
    assert olga.post("/console/products/new", **NEW).status_code == 422
    assert SAYS in olga.page
    assert re.findall(r'href="/console/applications/(\w+)"', olga.page) == ["daemon"], "and no program that has a key"
    assert row_of(shop, "gold") is None
    day, begins = day_in(shop.clock(), 3)
    assert olga.post("/console/products/new", **NEW, keys_from=day).status_code == 303
    shop.clock.turn(2)
    for path in ("/portal/products", "/console/products"):
        olga.get(path)
        assert f"Needed from {day}" in olga.page
    olga.get("/portal/products/gold")
    assert f"From {day} (UTC) each call needs a key" in olga.page
    shop.clock.turn(begins - shop.clock() - 3)
    reply = shop.call()
    assert (reply.status_code, "ratelimit" in reply.headers) == (200, False), "as without the product"
    assert shop.call(path="/api/v1/me/limits").json()["key_required"] is False
    shop.clock.turn(5)
    reply = shop.call()
    assert reply.status_code == 401
    assert reply.json()["message"].startswith("Access denied due to missing subscription key")
    _subscription, keys = shop.subscribe(product("gold"))
    assert shop.statuses(1, keys["primary"]) == [200]
    # The API asks for keys already: another product changes nothing for anybody.
    olga.sign_in("olga").get("/console/products/new")
    assert olga.post("/console/products/new", **{**NEW, "id": "silver"}).status_code == 303


def test_it_begins_at_once_where_that_is_said(shop: Shop, olga: Visitor) -> None:
    calls_were_counted(shop)
    olga.get("/console/products/new")
    assert olga.post("/console/products/new", **NEW, keys_now="yes").status_code == 303
    shop.clock.turn(2)
    assert shop.statuses(1) == [401]


def test_an_open_product_that_needs_keys_from_a_day_on_stays_open_under_its_limits(shop: Shop, olga: Visitor) -> None:
    shop.offer(product("gold", key_use="optional", rate=Limit(2, 3600)))
    calls_were_counted(shop)
    olga.get("/console/products/gold")
    changed = {name: value for name, value in NEW.items() if name != "id"} | {"rate_calls": "2", "rate_period": "3600"}
    assert olga.post("/console/products/gold", do="change", **changed).status_code == 422
    assert SAYS in olga.page
    row = row_of(shop, "gold")
    assert row is not None
    assert row.key_use == "optional"
    day, begins = day_in(shop.clock(), 3)
    assert olga.post("/console/products/gold", do="change", **changed, keys_from=day).status_code == 303
    shop.clock.turn(2)
    assert shop.statuses(3) == [200, 200, 429]
    olga.get("/console/products/gold")
    assert olga.post("/console/products/gold", do="change", **changed).status_code == 422, "earlier is asked again"
    olga.get("/console/products/gold")
    assert olga.post("/console/products/gold", do="change", **changed, keys_from="2020-01-01").status_code == 422
    assert "Give a day to come" in olga.page
    shop.clock.turn(begins - shop.clock() + 2)
    assert shop.statuses(1) == [401]
    # The day that has come stays as it is shown.
    olga.sign_in("olga").get("/console/products/gold")
    assert (
        olga.post("/console/products/gold", do="change", **{**changed, "name": "Au"}, keys_from=day).status_code == 303
    )
    olga.get("/console/products/gold")
    assert olga.post("/console/products/gold", do="change", **{**changed, "key_use": "optional"}).status_code == 303
    shop.clock.turn(2)
    assert shop.statuses(1) == [200]


def test_the_product_that_lets_programs_in_is_not_disabled_by_surprise(shop: Shop, olga: Visitor) -> None:
    shop.offer(product("open", key_use="optional"))
    shop.offer(product("gold"))
    calls_were_counted(shop)
    olga.get("/console/products/open")
    assert olga.post("/console/products/open", do="disable", confirm="Open").status_code == 422
    assert SAYS in olga.page
    assert shop.statuses(1) == [200]
    assert olga.post("/console/products/open", do="disable", confirm="Open", keys_now="yes").status_code == 303
    shop.clock.turn(2)
    assert shop.statuses(1) == [401]


def test_what_is_judged_are_the_products_before_and_after() -> None:
    gold, free = product("gold"), product("free", key_use="optional")
    later = begun(None, product("gold", keys_from=NOW + 9), NOW)
    assert (later.key_use_at(NOW), later.key_use_at(NOW + 9)) == ("", "required")
    assert begun(free, product("free", keys_from=NOW + 9), NOW).key_use_at(NOW) == "optional"
    assert begun(gold, product("gold", keys_from=NOW + 9), NOW).key_use_at(NOW) == "optional"
    assert begun(later, product("gold", keys_from=NOW + 99), NOW).key_use_at(NOW) == ""
    gone = product("free", key_use="optional", disabled_at=NOW)
    for before, after in (([], [gold]), ([free], [product("free")]), ([free, gold], [gold, gone]), ([later], [gold])):
        with pytest.raises(CutsOff):
            check_beginning(before, after, SOME, NOW)
        check_beginning(before, after, Keyless(), NOW)
    for before, after in (
        ([], [later]),
        ([gold], []),
        ([gold], [gold, product("tin")]),
        ([free], [free, gold]),
        ([], [free]),
    ):
        check_beginning(before, after, SOME, NOW)


def test_programs_without_a_key_are_named_up_to_twenty(shop: Shop) -> None:
    async def work(tx: Writer) -> None:
        for number in range(25):
            await count_calls(tx, NOW, f"gone-{number:02}", customer=f"c-{number % 3}")
        await count_calls(tx, NOW, "daemon", customer="c-a")
        await count_calls(tx, NOW, "daemon", customer="c-b", days_ago=0)

    shop.write(work)
    found = on(shop.served.database, lambda db: find_keyless(db, NOW - 7 * 86_400))
    assert (found.applications, found.customers, len(found.named)) == (26, 5, 20)
    first = found.named[0]
    assert (first.client_id, first.customers, first.calls, first.last_day) == ("daemon", 2, 2, NOW - NOW % 86_400)
    assert (first.name != "", found.named[1].name) == (True, "")


def test_products_of_the_version_before_ask_for_keys(database_url: str) -> None:
    migrate(database_url, "0026")
    on_connection(
        database_url, lambda connection: Old(connection).add("products", id="p", apis='["a"]', key_use="required")
    )
    migrate(database_url)

    async def find(db: Database) -> None:
        row = await find_product(db, ProductId("p"))
        assert row is not None
        assert (row.keys_from, row.before_keys, row.key_use_at(NOW)) == (None, "", "required")

    on(database_url, find)
