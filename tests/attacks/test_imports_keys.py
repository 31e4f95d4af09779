"""Row 68: files of API Management that are made up: no key opens more than it did, no subscription becomes another's, no key is told."""

import json
import os
from pathlib import Path
from time import process_time
from typing import Any

from hoistway.authn.subscription_key import key_digest
from hoistway.protocol.limits import Limit
from hoistway.store.db import Database
from hoistway.store.subscription_keys import find_holder
from tests.attacks.overtaken import everything
from tests.cli.running import answer, run
from tests.imports.arm import (
    MAPPING,
    RATE,
    api,
    instance,
    key,
    lines,
    mapping,
    page,
    pair,
    policy,
    product,
    resource,
    subscription,
    user,
    written,
)
from tests.imports.shop import shop as shop
from tests.limits.selling import Shop
from tests.limits.selling import product as sold
from tests.store.test_schema import on
from tests.world import A, B


def bring(shop: Shop, folder: Path, code: int = 0, text: str = MAPPING, **files: Any) -> Any:
    export = written(folder / f"export-{len(list(folder.iterdir()))}", instance(**files))
    done = run("import", "apim", str(export), "--mapping", mapping(folder, text), "--json", code=code)
    shop.clock.turn(2)
    return json.loads(done.stdout)


def because(said: Any, whose: str) -> str:
    return "\n".join(one["because"] for one in said["refusals"] if one["id"] == whose)


def test_a_key_that_is_here_stays_its_owners(shop: Shop, tmp_path: Path) -> None:
    """Row 68: whoever writes a key of another customer into a file gets nothing, whether it was made here or came earlier."""
    gold, keys = shop.subscribe(shop.offer(sold("gold", rate=Limit(100, 60))), B)
    bring(shop, tmp_path)
    stolen = [
        subscription("made-here", "/products/starter", "ann"),
        subscription("came-earlier", "/products/starter", "ann"),
    ]
    pairs = [
        {"subscription": "made-here", "primaryKey": keys["primary"], "secondaryKey": key("own")},
        {"subscription": "came-earlier", "primaryKey": key("one"), "secondaryKey": key("other")},
    ]
    said = bring(shop, tmp_path, 1, subscriptions=page(stolen), secrets=lines(pairs))
    assert "keys are not among the files" in because(said, "subscriptions/made-here")
    assert "another subscription's as well" in because(said, "subscriptions/came-earlier")
    holder = on(shop.served.database, lambda db: find_holder(db, key_digest(keys["primary"])))
    assert holder is not None
    assert (holder.subscription_id, holder.customer_id) == (gold, B)
    assert shop.call(keys["primary"], customer=B).status_code == 200
    assert shop.call(keys["primary"], customer=A).status_code == 401


def sold_on(shop: Shop) -> dict[str, str]:
    """The product of each subscription, by their names."""
    return {one["name"]: one["product_id"] for one in answer("subscription", "list")}


def test_names_that_are_one_id_here_mix_no_subscriptions(shop: Shop, tmp_path: Path) -> None:
    """Row 68: of two products that fold to one id the second takes no subscription along, whenever it is tried; a name that is cut off
    stays another than those that begin as it does."""
    long = "a" * 40
    apis = [api("units"), api(f"{long}-1"), api(f"{long}-2")]
    scopes = ("/products/gold.eu", "/products/gold-eu", f"/apis/{long}-1", f"/apis/{long}-2", "/products/gold.eu")
    files = {
        "products": page([product("gold.eu"), product("gold-eu")]), "apis": page(apis),
        "links": page([resource(f"products/{name}/apis/units") for name in ("gold.eu", "gold-eu")]),
        "policies": page([policy("products/gold-eu", RATE.format(calls=1))]),
        "secrets": lines([pair(f"s{number}") for number in range(len(scopes))]),
    }  # fmt: skip
    found = [subscription(f"s{number}", scope) for number, scope in enumerate(scopes)]
    for some in (found[:4], found[1:]):
        said = bring(shop, tmp_path, 1, "apis: {all: customer-api}\n", subscriptions=page(some), **files)
        assert "its product products/gold-eu was not taken" in because(said, "subscriptions/s1")
    there = sold_on(shop)
    assert (there["Program s0"], there["Program s4"]) == ("gold-eu", "gold-eu")
    assert "Program s1" not in there
    cut = {there["Program s2"], there["Program s3"]}
    assert len(cut) == 2
    assert all(len(one) == 40 and one.startswith("api-aaaa") for one in cut)
    text = "apis: {all: customer-api}\nproducts: {ids: {gold-eu: gold-2}}\n"
    bring(shop, tmp_path, 0, text, subscriptions=page(found), **files)
    assert sold_on(shop)["Program s1"] == "gold-2"


def test_a_product_that_no_import_made_takes_no_subscriptions_by_its_name(shop: Shop, tmp_path: Path) -> None:
    """Row 68: nor does one that is left out, whether it is here or not; where the mapping says so, they are on that one."""
    shop.offer(sold("starter", rate=Limit(100, 60)))
    shop.offer(sold("all-apis", rate=Limit(100, 60)))
    shop.clock.turn(2)
    files: dict[str, Any] = {
        "subscriptions": page([subscription("one"), subscription("all", "/apis")]),
        "secrets": lines([pair("one"), pair("all")]),
    }
    for _ in range(2):
        said = bring(shop, tmp_path, 1, **files)
        assert "write starter: starter under products.ids" in because(said, "products/starter")
        assert "write all-apis: all-apis under products.ids" in because(said, "subscriptions on all APIs")
        assert "was not taken" in because(said, "subscriptions/one")
        assert "was not taken" in because(said, "subscriptions/all")
    ids = "ids: {starter: starter, all-apis: all-apis}"
    said = bring(shop, tmp_path, 1, f"{MAPPING}products: {{{ids}, leave_out: [starter]}}\n", **files)
    assert "is left out by the mapping" in because(said, "products/starter")
    assert set(sold_on(shop)) == {"Program all"}
    said = bring(shop, tmp_path, 0, f"{MAPPING}products: {{{ids}}}\n", **files)
    assert (said["there_already"], sold_on(shop)["Program one"]) == (3, "starter")


def test_what_is_here_is_not_overwritten(shop: Shop, tmp_path: Path) -> None:
    """Row 68: a later file with the same ids changes no customer, product, state, limit or key."""
    bring(shop, tmp_path)

    def rows() -> Any:
        found = on(shop.served.database, everything)
        return {
            name: found[name]
            for name in ("products", "subscriptions", "subscription_keys", "customers", "users", "memberships")
        }

    before = rows()
    said = bring(
        shop, tmp_path, text=f"{MAPPING}customer: {{subscriptions: {{one: c-b}}}}\n",
        products=page([product("starter", subscriptionRequired=False, terms="None.")]),
        policies=page([policy("products/starter", "<policies/>")]),
        subscriptions=page([subscription("one", "/products/starter", "ann", state="suspended")]),
        secrets=lines([pair("one", primaryKey="an-attackers-own-key-1234")]),
    )  # fmt: skip
    assert said["there_already"] == 2
    assert rows() == before
    assert shop.call("an-attackers-own-key-1234").status_code == 401


def test_no_key_is_told(shop: Shop, tmp_path: Path) -> None:
    """Row 68: in no answer, report or entry of the trail, and in no row, taken or refused."""
    words = ("short", "with a blank in the middle", key("good"), "hwk_" + "B" * 43)
    found = [subscription(f"s{number}") for number in range(len(words))]
    pairs = [
        {"subscription": f"s{number}", "primaryKey": word, "secondaryKey": ""} for number, word in enumerate(words)
    ]
    broken = (
        lines(pairs) + b'{"subscription": "s9", "primaryKey": 5, "secondaryKey": "' + key("typed").encode() + b'"}\n'
    )
    export = written(tmp_path / "export", instance(subscriptions=page(found), secrets=broken))
    report = tmp_path / "report.ndjson"
    done = run("import", "apim", str(export), "--mapping", mapping(tmp_path), "--report", str(report), code=1)
    told = done.output + report.read_text() + repr(on(shop.served.database, everything))
    for word in (*words, key("typed")):
        assert word not in told, word
    assert shop.call(key("good")).status_code == 200


def test_names_of_keys_take_nothing_over(shop: Shop, tmp_path: Path) -> None:
    """Row 68: neither tokens nor parameters of the API are read as keys, and a name of one API is none of another."""
    names = [
        ("Authorization", "limit"),
        ("Cookie", "cursor"),
        ("X-Forwarded-For", "access_token"),
        ("Bad Name", "a=b"),
        ("X-\r\nA", "\u202e"),
    ]
    apis = [
        api(f"a{number}", subscriptionKeyParameterNames={"header": header, "query": query})
        for number, (header, query) in enumerate(names)
    ]
    said = bring(shop, tmp_path, text="apis: {all: customer-api}\n", apis=page([api("units"), *apis]))
    assert said["told"] == 10
    assert answer("api", "show", "customer-api")["key_names"] is None
    assert shop.call(key("one")).status_code == 200


def test_hostile_policies_cost_little(shop: Shop, tmp_path: Path) -> None:
    """Row 68: entities, nesting and fragments without end are refused, each with its product, before they cost anything."""
    bombs = {
        "entities": '<!DOCTYPE p [<!ENTITY a "'
        + "x" * 10_000
        + '"><!ENTITY b "'
        + "&a;" * 10_000
        + '">]><policies>&b;</policies>',
        "external": '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><policies>&a;</policies>',
        "nested": "<policies>" + "<choose>" * 100_000,
        "expressions": "<policies>" + '<a b="@(' * 30_000,
        "circle": "<policies><inbound><include-fragment fragment-id='c'/></inbound></policies>",
    }
    records = [policy(f"products/{name}", text) for name, text in bombs.items()]
    records.append(resource("policyFragments/c", value="<fragment><include-fragment fragment-id='c'/></fragment>"))
    links = [resource(f"products/{name}/apis/units") for name in (*bombs, "starter")]
    begun = process_time()
    said = bring(
        shop, tmp_path, 1, products=page([product(name) for name in (*bombs, "starter")]), links=page(links), policies=page(records)
    )  # fmt: skip
    assert process_time() - begun < 20
    for name in bombs:
        assert "can't be read" in because(said, f"products/{name}"), name
        assert "root:" not in because(said, f"products/{name}")
    assert (said["products"], said["subscriptions"]) == (1, 1)


def test_nothing_writes_over_a_terminal(shop: Shop, tmp_path: Path) -> None:
    """Row 68: neither names of files, whatever their bytes, nor texts of policies reach a terminal or a report as they are; a chain of
    fragments ends its product alone."""
    odd = "a\u009b31m\u202eb"
    chain = [
        resource(f"policyFragments/f{one}", value=f"<fragment><include-fragment fragment-id='f{one + 1}'/></fragment>")
        for one in range(3_000)
    ]
    told = (
        f"<policies><inbound><include-fragment fragment-id='{odd}'/><quota calls='1' renewal-period='9'><api name='{odd}'/>"
        "</quota></inbound></policies>"
    )
    records = [
        *chain,
        policy("products/chain", "<policies><inbound><include-fragment fragment-id='f0'/></inbound></policies>"),
    ]
    names = ("starter", "chain")
    export = written(tmp_path / "export", instance(
        products=page([product(name) for name in names]), links=page([resource(f"products/{name}/apis/units") for name in names]),
        policies=page([*records, policy("products/starter", told)]),
    ))  # fmt: skip
    for name in (b"caf\xe9.json", "esc\x1b[31m\u202e.json".encode()):
        Path(os.fsdecode(bytes(export) + b"/" + name)).write_bytes(page([product("a\nb")]))
    report = tmp_path / "report.ndjson"
    done = run("import", "apim", str(export), "--mapping", mapping(tmp_path), "--report", str(report), code=1)
    said = {one["id"]: one["because"] for one in map(json.loads, report.read_text(encoding="utf-8").splitlines())}
    assert "more than 64 fragments include one another" in said["products/chain"]
    for text in (done.output, *map(str, map(json.loads, report.read_text(encoding="utf-8").splitlines()))):
        assert not set(text) & set("\x1b\u009b\u202e\udce9")
    assert [one["name"] for one in answer("subscription", "list")] == ["Program one"]


def test_nobody_becomes_an_owner_by_an_address(shop: Shop, tmp_path: Path) -> None:
    """Row 68: an e-mail address at the old system, which anybody could type there, makes nobody the person here."""
    people = [
        user("claims", "ann@example.com", "Basic", email="ann@example.com"),
        user("oid", "u-ann", "Aad"),
        user("name", None),
    ]
    found = [subscription(f"of-{one['name']}", "/products/starter", one["name"]) for one in people]
    said = bring(
        shop,
        tmp_path,
        1,
        users=page(people),
        subscriptions=page(found),
        secrets=lines([pair(one["name"]) for one in found]),
    )
    for one in people:
        assert "no identity of AadB2C" in because(said, f"users/{one['name']}")
        assert "no identity of AadB2C" in because(said, f"subscriptions/of-{one['name']}")
    assert on(shop.served.database, _nobody)


async def _nobody(db: Database) -> bool:
    return (await everything(db))["subscriptions"] == {}
