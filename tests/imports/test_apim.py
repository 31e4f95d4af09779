"""An API Management instance moves in by the command line, and then its programs call the Customer API with the keys that they had."""

import json
from pathlib import Path
from typing import Any

import pytest

from hoistway.protocol.limits import Limit
from hoistway.store.db import Database
from hoistway.store.products import Product, list_products
from hoistway.store.subscription_keys import SubscriptionKey, keys_of
from hoistway.store.subscriptions import Subscription, find_subscription
from tests.cli.running import answer, run
from tests.imports.arm import (
    MAPPING,
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
from tests.limits.keyless import count_calls
from tests.limits.selling import UNITS, Shop
from tests.store.test_schema import on
from tests.world import A, B

QUOTA = "<quota-by-key calls='5' renewal-period='0' counter-key='@(context.Subscription.Id)'/>"
FRAGMENT = '<fragment><rate-limit calls="{{calls}}" renewal-period="30"/></fragment>'


class Brought:
    """What an import said, and what it wrote."""

    def __init__(
        self, shop: Shop, folder: Path, text: str, code: int, files: dict[str, bytes | str], *options: str
    ) -> None:
        export = written(folder / f"export-{len(list(folder.iterdir()))}", files)
        report = folder / f"{export.name}.ndjson"
        words = ("import", "apim", str(export), "--mapping", mapping(folder, text), "--report", str(report), *options)
        self.shop = shop
        self.result = run(*words, "--json", code=code)
        self.said: dict[str, Any] = json.loads(self.result.stdout) if self.result.stdout else {}
        self.report = [json.loads(line) for line in report.read_text().splitlines()] if report.is_file() else []
        shop.clock.turn(2)

    def because(self, whose: str) -> str:
        return "\n".join(one["because"] for one in self.report if one["id"] == whose)

    def products(self) -> dict[str, Product]:
        return {row.id: row for row in on(self.shop.served.database, list_products)}

    def subscriptions(self) -> dict[str, tuple[Subscription, list[SubscriptionKey]]]:
        """By their names."""
        ids = [one["id"] for one in answer("subscription", "list", "--most", "100")]

        async def read(db: Database) -> dict[str, tuple[Subscription, list[SubscriptionKey]]]:
            rows = [row for one in ids if (row := await find_subscription(db, one)) is not None]
            return {row.name: (row, await keys_of(db, row.id, 0)) for row in rows}

        return on(self.shop.served.database, read)


def bring(shop: Shop, folder: Path, *options: str, text: str = MAPPING, code: int = 0, **files: Any) -> Brought:
    return Brought(shop, folder, text, code, instance(**files), *options)


def test_a_program_goes_on_with_its_key(shop: Shop, tmp_path: Path) -> None:
    """In the header and in the query, primary and secondary; its product's limit counts."""
    done = bring(shop, tmp_path)
    assert {name: done.said[name] for name in ("products", "apis", "users", "built_in", "subscriptions", "keys")} == {
        "products": 1, "apis": 1, "users": 1, "built_in": 1, "subscriptions": 1, "keys": 2,
    }  # fmt: skip
    assert done.report == []
    starter = done.products()["starter"]
    assert (starter.name, starter.apis, starter.rate, starter.approval, starter.key_use) == (
        "Starter", ("customer-api",), Limit(3, 60), "automatic", "required",
    )  # fmt: skip
    row, keys = done.subscriptions()["Program one"]
    assert (row.customer_id, row.product_id, row.state, row.asked_by, row.created_at) == (
        A,
        "starter",
        "active",
        "u-ann",
        1651820889,
    )
    assert [(one.slot, one.prefix) for one in keys] == [
        ("primary", key("one")[:6]),
        ("secondary", key("one", "secondary")[:6]),
    ]
    assert shop.call().status_code == 401
    assert shop.call(key("one")).status_code == 200
    assert shop.call(path=f"{UNITS}&subscription-key={key('one', 'secondary')}").status_code == 200
    assert shop.call(key("one"), customer=B).status_code == 401
    assert shop.call(key("nobody's")).status_code == 401
    assert shop.call(key("one")).status_code == 200
    late = shop.call(key("one"))
    assert late.status_code == 429
    assert late.json()["message"].startswith("Rate limit is exceeded.")


def test_under_the_names_of_its_api(shop: Shop, tmp_path: Path) -> None:
    """Beside the usual ones, which go on working; a name that requests use for something else is refused."""
    names = {"header": "X-Units-Key", "query": "units-key"}
    taken = {"header": "Authorization", "query": "limit"}
    apis = page([api("units", subscriptionKeyParameterNames=names), api("trips", subscriptionKeyParameterNames=taken)])
    done = bring(shop, tmp_path, text="apis: {all: customer-api}\n", apis=apis, policies=None)
    assert "'authorization', because requests use this name for something else" in done.because("apis/trips")
    assert "'limit', because" in done.because("apis/trips")
    assert shop.call(X_Units_Key=key("one")).status_code == 200
    found = shop.call(path=f"{UNITS}&units-key={key('one')}")
    assert found.status_code == 200
    assert "units-key" not in found.headers.get("link", "")
    assert shop.call(path=f"/api/v1/me?units-key={key('one')}").status_code == 200
    assert shop.call(path=f"{UNITS}&units-key={key('one')}&units-key=x").status_code == 400
    assert shop.call(X_Units_Key="wrong-but-a-key").status_code == 401
    assert shop.call(key("one")).status_code == 200
    origin = {"origin": "http://127.0.0.1:8499", "access-control-request-method": "GET"}
    allowed = shop.http.options(f"{shop.served.url}/api/v1/units", headers=origin).headers[
        "access-control-allow-headers"
    ]
    assert "x-units-key" in allowed


def test_each_scope(shop: Shop, tmp_path: Path) -> None:
    """A product, one API, all APIs, the whole instance; nobody's ones belong to the customer of the mapping."""
    found = [
        subscription("one"), subscription("api", "/apis/units"), subscription("all", "/apis"),
        subscription("whole", "", None), subscription("rev", "/apis/units;rev=2", displayName=None),
    ]  # fmt: skip
    policies = [
        policy("", '<policies><inbound><rate-limit calls="50" renewal-period="60" /></inbound></policies>'),
        policy(
            "apis/units", '<policies><inbound><base/><quota calls="9" renewal-period="3600" /></inbound></policies>'
        ),
        policy(
            "products/starter", '<policies><inbound><rate-limit calls="90" renewal-period="60" /></inbound></policies>'
        ),
    ]
    names = ("one", "api", "all", "whole", "rev")
    done = bring(
        shop, tmp_path, text=f"{MAPPING}customer: {{without_owner: c-b}}\n", subscriptions=page(found), policies=page(policies),
        secrets=lines([pair(name) for name in names]),
    )  # fmt: skip
    made = done.products()
    assert {name: (one.rate, one.quota) for name, one in made.items()} == {
        "starter": (Limit(90, 60), Limit(9, 3600)), "api-units": (Limit(50, 60), Limit(9, 3600)), "all-apis": (Limit(50, 60), None),
    }  # fmt: skip
    assert made["all-apis"].approval == "asked"
    rows = done.subscriptions()
    assert {name: (row.product_id, row.customer_id) for name, (row, _) in rows.items()} == {
        "Program one": ("starter", A), "Program api": ("api-units", A), "Program all": ("all-apis", A),
        "Program whole": ("all-apis", B), "rev": ("api-units", A),
    }  # fmt: skip
    for name in ("one", "api", "all", "rev"):
        assert shop.call(key(name)).status_code == 200, name
    assert shop.call(key("whole"), customer=B).status_code == 200


@pytest.mark.parametrize(
    ("said", "opens"),
    [
        ({"state": "suspended"}, False),
        ({"state": "cancelled"}, False),
        ({"state": "submitted"}, False),
        ({"expirationDate": "2020-01-01T00:00:00Z"}, False),
        ({"expirationDate": "2099-01-01T00:00:00Z"}, True),
    ],
)
def test_states_stay(shop: Shop, tmp_path: Path, said: dict[str, str], opens: bool) -> None:
    done = bring(shop, tmp_path, subscriptions=page([subscription("one", "/products/starter", "ann", **said)]))
    row, _ = done.subscriptions()["Program one"]
    assert row.state == said.get("state", "active")
    assert (shop.call(key("one")).status_code == 200) is opens
    if said.get("state") == "submitted":
        answer("subscription", "approve", row.id)
        shop.clock.turn(2)
        assert shop.call(key("one")).status_code == 200, "the key that it had counts from the approval on"


def test_whose_it_is(shop: Shop, tmp_path: Path) -> None:
    people = [
        user("ann", "u-ann"), user("both", "U-BOTH"), user("basic", "basic@example.com", "Basic"), user("new", "u-new"),
        user("grouped", None, groups=[{"name": "contoso-b"}]), user("torn", None), user("set", None),
    ]  # fmt: skip
    groups = [
        resource("groups/Contoso-B"), resource("groups/c-a-people"), resource("groups/developers", builtIn=True), resource("groups/left"),
        resource("groups/c-a-people/users/torn"), resource("groups/contoso-b/users/torn"),
    ]  # fmt: skip
    owners = ("ann", "both", "basic", "new", "grouped", "torn", "set", "unknown", None)
    found = [subscription(f"s-{owner}", "/products/starter", owner) for owner in owners]
    text = f"{MAPPING}customer: {{groups: {{CONTOSO-B: c-b, c-a-people: c-a}}, users: {{Set: c-new}}}}\nmake_customers: true\n"
    done = bring(
        shop, tmp_path, text=text, code=1, users=page(people), groups=page(groups), subscriptions=page(found),
        secrets=lines([pair(one["name"]) for one in found]),
    )  # fmt: skip
    rows = done.subscriptions()
    assert {name: row.customer_id for name, (row, _) in rows.items()} == {
        "Program s-ann": A, "Program s-grouped": B, "Program s-set": "c-new",
    }  # fmt: skip
    assert answer("customer", "show", "c-new")["name"] == "c-new"
    for whose, words in {
        "subscriptions/s-both": "places at several customers", "subscriptions/s-basic": "no identity of AadB2C",
        "subscriptions/s-new": "nobody here: import the people first", "subscriptions/s-torn": "groups of several customers (c-a, c-b)",
        "subscriptions/s-unknown": "no identity of AadB2C", "subscriptions/s-None": "nobody owns it",
        "users/basic": "no identity of AadB2C (Basic)", "users/new": "nobody here", "groups/left": "groups are customers here",
    }.items():  # fmt: skip
        assert words in done.because(whose), whose
    assert rows["Program s-set"][0].asked_by == "import"


def test_keys_that_come_later(shop: Shop, tmp_path: Path) -> None:
    """An active one waits for its pair; one that was taken without gets it by the next import."""
    done = bring(shop, tmp_path, code=1, secrets=None)
    assert "keys are not among the files" in done.because("subscriptions/one")
    assert "secrets.ndjson" in done.said["notes"][0]
    assert done.subscriptions() == {}
    again = bring(shop, tmp_path, secrets=None, text=f"{MAPPING}subscriptions: {{without_keys: take}}\n")
    assert again.subscriptions()["Program one"][1] == []
    late = bring(shop, tmp_path)
    assert (late.said["keys"], late.said["there_already"]) == (2, 1)
    assert shop.call(key("one")).status_code == 200
    last = bring(shop, tmp_path)
    assert (last.said["there_already"], last.said.get("keys")) == (2, None)
    assert len(last.subscriptions()) == 1


def test_keys_that_no_request_could_carry(shop: Shop, tmp_path: Path) -> None:
    words = {
        "short": "sesame",
        "blank": "with a blank in it",
        "ours": "hwk_" + "A" * 43,
        "long": "x" * 257,
        "umlaut": "schlüsselwort",
    }
    pairs = [{"subscription": name, "primaryKey": one, "secondaryKey": key(name)} for name, one in words.items()]
    own = {"subscription": "own", "primaryKey": "elevator-2024!", "secondaryKey": "elevator-2024!"}
    found = [subscription(name) for name in (*words, "own", "same")]
    pairs += [own, {"subscription": "same", "primaryKey": "elevator-2024!", "secondaryKey": ""}]
    done = bring(shop, tmp_path, code=1, subscriptions=page(found), secrets=lines(pairs))
    assert set(done.subscriptions()) == {"Program own"}
    assert "short enough to be guessed" in done.because("subscriptions/own")
    assert "another subscription's as well" in done.because("subscriptions/same")
    for name, one in words.items():
        assert "keys are not among the files" in done.because(f"subscriptions/{name}")
        assert one not in done.result.output
        assert all(one not in json.dumps(line, ensure_ascii=False) for line in done.report), name
    refused = [one for one in done.report if one["file"] == "secrets.ndjson"]
    assert [one["line"] for one in refused] == [1, 2, 3, 4, 5]
    assert shop.call("elevator-2024!").status_code == 200
    assert len(done.subscriptions()["Program own"][1]) == 1
    assert done.subscriptions()["Program own"][1][0].prefix == "ele"


def test_what_of_policies_is_not_carried_is_named(shop: Shop, tmp_path: Path) -> None:
    policies = [
        policy(
            "products/starter",
            "<policies>\n<inbound><base/><include-fragment fragment-id='limits'/>\n"
            "<validate-jwt/><ip-filter/></inbound></policies>",
        ),
        policy("apis/units", '<policies><inbound><base/><cors/></inbound></policies>'),
        policy("apis/units/operations/get", '<policies><inbound><base/><rate-limit calls="1" renewal-period="9"/></inbound></policies>'),
        policy("", f"<policies><inbound>{QUOTA}</inbound></policies>"),
        resource("policyFragments/limits", value=FRAGMENT, format="rawxml"),
        resource("namedValues/5f1", displayName="calls", value="7", secret=False),
        resource("backends/behind", url="https://backend.example"),
    ]  # fmt: skip
    done = bring(shop, tmp_path, policies=page(policies))
    starter = done.products()["starter"]
    assert (starter.rate, starter.quota) == (Limit(7, 30), Limit(5, 366 * 86_400))
    assert "line 3, validate-jwt: tokens are checked by the Customer API itself" in done.because("products/starter")
    assert "addresses are limited for technical accounts" in done.because("products/starter")
    assert "pages may call from" in done.because("apis/units")
    assert "the limit of its operation get is not carried" in done.because("apis/units")
    assert "for life" in done.because("policies/policy")
    assert done.said["notes"] == ["not carried over, because nothing here is like it: backends (1)"]


def test_a_product_whose_limits_nobody_knows_is_refused(shop: Shop, tmp_path: Path) -> None:
    """It would be open without end."""
    circle = [
        resource("policyFragments/a", value="<fragment><include-fragment fragment-id='b'/></fragment>"),
        resource("policyFragments/b", value="<fragment><include-fragment fragment-id='a'/></fragment>"),
        policy("products/starter", "<policies><inbound><include-fragment fragment-id='a'/></inbound></policies>"),
    ]
    done = bring(shop, tmp_path, code=1, policies=page(circle))
    assert "the fragment a includes itself" in done.because("products/starter")
    assert "its product products/starter was not taken" in done.because("subscriptions/one")
    assert done.products() == {}
    assert shop.call().status_code == 200


def test_a_limit_for_one_api_of_several(shop: Shop, tmp_path: Path) -> None:
    links = page(
        [
            resource("products/starter/apis/units"),
            resource("products/starter/apis/trips"),
            resource("products/starter/groups/vip"),
        ]
    )
    policies = page([
        policy("apis/trips", '<policies><inbound><rate-limit calls="1" renewal-period="60"/></inbound></policies>'),
        policy("products/starter", '<policies><inbound><base/><rate-limit calls="30" renewal-period="60"/></inbound></policies>'),
    ])  # fmt: skip
    done = bring(
        shop,
        tmp_path,
        text="apis: {all: customer-api}\n",
        apis=page([api("units"), api("trips")]),
        links=links,
        policies=policies,
    )
    assert done.products()["starter"].rate == Limit(30, 60)
    assert done.products()["starter"].approval == "asked"
    told = done.because("products/starter")
    assert "the limit of the API trips counts for that API alone" in told
    assert "calls of the API trips were not limited by the product" in told
    assert "shown to the groups vip alone" in told


def test_programs_without_a_key_are_not_cut_off(shop: Shop, tmp_path: Path) -> None:
    """As at the console: the product is refused until there is a day."""
    shop.write(lambda tx: count_calls(tx, shop.clock(), "daemon"))
    done = bring(shop, tmp_path, code=1)
    assert "set products.keys_from to a day" in done.because("products/starter")
    assert shop.call().status_code == 200
    later = bring(shop, tmp_path, text=f"{MAPPING}products: {{keys_from: 2099-01-31}}\n")
    assert later.products()["starter"].keys_from == 4_073_500_800
    assert shop.call().status_code == 200
    assert shop.call(key("one")).status_code == 200


def test_what_the_mapping_leaves_out_makes_no_product_and_asks_for_nothing(shop: Shop, tmp_path: Path) -> None:
    text = f"{MAPPING[:-2]}, leave_out: [echo]}}\nsubscriptions: {{leave_out: [Master]}}\n"
    found = page([subscription("one"), subscription("master", "", None)])
    apis = page([api("units"), api("echo")])
    done = bring(shop, tmp_path, text=text, apis=apis, subscriptions=found, code=1)
    assert list(done.products()) == ["starter"]
    assert done.because("apis/echo") == "is left out by the mapping (apis.leave_out)"
    everything = page([subscription("two", "/apis")])
    later = bring(shop, tmp_path, text=text, apis=apis, subscriptions=everything, secrets=lines([pair("two")]), code=1)
    assert sorted(later.products()) == ["all-apis", "starter"]
    assert later.because("subscriptions on all APIs") == ""


def test_what_the_mapping_can_not_place_is_listed_before_anything_is_written(shop: Shop, tmp_path: Path) -> None:
    done = bring(
        shop,
        tmp_path,
        "--dry-run",
        text="apis: {values: {unit: customer-api}}\ncustomer: {users: {nina: c-a}}\n",
        code=1,
    )
    said = done.result.stderr
    assert "not in the mapping: the API units: say under apis.values which API here it is" in said
    assert "apis.values: there is no unit among the files" in said
    assert "customer.users: there is no nina among the files" in said
    assert done.products() == {}
    wrong = bring(
        shop, tmp_path, text="apis: {values: {units: nothing-here}}\ncustomer: {without_owner: c-none}\n", code=1
    )
    assert "apis: there is no API nothing-here here" in wrong.result.stderr
    assert "customer: there is no customer c-none here" in wrong.result.stderr
    assert "there is no API nothing-here" in wrong.because("apis/units")
    assert "has no API that is one here" in wrong.because("products/starter")


def test_a_rehearsal_says_what_an_import_does(shop: Shop, tmp_path: Path) -> None:
    tried = bring(shop, tmp_path, "--dry-run")
    assert tried.products() == {}
    done = bring(shop, tmp_path)
    without = ("import_id", "dry_run")
    assert {name: one for name, one in tried.said.items() if name not in without} == {
        name: one for name, one in done.said.items() if name not in without
    }


def test_products_and_their_ids(shop: Shop, tmp_path: Path) -> None:
    """What can't be an id here becomes one; two that would be the same are told; texts are as far as they fit."""
    found = [
        product("5768181ea40f7eb6c49f6ac7", displayName="By number"), product("Gold & more", state="notPublished"),
        product("STARTER", approvalRequired=True, subscriptionsLimit=2), product("starter"), product("gold---more", subscriptionsLimit=0),
        product("free", subscriptionRequired=False, description="", terms="x" * 20_001), product("odd", displayName="a\u202eb"),
        product("renamed"),
    ]  # fmt: skip
    links = page([resource(f"{'/'.join(one['id'].split('/')[-2:])}/apis/units") for one in found])
    text = f"{MAPPING}products: {{ids: {{renamed: better}}, leave_out: [odd-one]}}\n"
    done = bring(shop, tmp_path, text=text, code=1, products=page(found), links=links, policies=None)
    made = done.products()
    assert {name: (one.approval, one.subscriptions_limit, one.key_use) for name, one in made.items()} == {
        "p-5768181ea40f7eb6c49f6ac7": ("automatic", None, "required"), "gold---more": ("asked", None, "required"),
        "starter": ("asked", 2, "required"), "free": ("automatic", None, "optional"), "better": ("automatic", None, "required"),
    }  # fmt: skip
    assert (made["free"].description, len(made["free"].terms)) == ("Free", 20_000)
    assert "capitals and accents written apart make no difference" in done.because("products/starter")
    assert "its id here would be gold---more, as that of products/Gold & more" in done.because("products/gold---more")
    assert "characters that can't be seen" in done.because("products/odd")
    assert "was not published" in done.because("products/Gold & more")
    assert "20000 characters" in done.because("products/free")


def test_a_customer_has_no_more_than_can_be_listed(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoistway.imports.apim_subscribing.MOST_SUBSCRIPTIONS", 2)
    names = ("one", "two", "three")
    found = [subscription("gone", "/products/starter", "ann", state="cancelled"), *map(subscription, names)]
    done = bring(shop, tmp_path, code=1, subscriptions=page(found), secrets=lines([pair(name) for name in names]))
    assert set(done.subscriptions()) == {"Program gone", "Program one", "Program two"}
    assert "has 2 subscriptions already" in done.because("subscriptions/three")
