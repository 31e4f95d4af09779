"""Files of API Management as APIOps writes them, broken ones, hostile ones: nothing is half imported, and each refusal says where."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hoistway.imports.apim import Apim
from hoistway.imports.apim_files import files_of
from hoistway.imports.apim_mapping import EXAMPLE, ApimMapping, Apis, Customers
from hoistway.imports.apim_records import split_id
from hoistway.imports.apim_service import Service
from hoistway.imports.apim_subscriptions import id_of_subscription
from hoistway.imports.mapping import mapping_of
from hoistway.imports.sources import BadSource
from hoistway.protocol.limits import Limit
from hoistway.store.db import Database
from hoistway.store.products import list_products
from tests.cli.running import answer, point_at, run
from tests.imports.arm import (
    MAPPING,
    NEXT,
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
from tests.store.test_schema import on
from tests.world import make_world

WRONG_PAIRS = ({"subscription": "\x01", "primaryKey": key("x")}, {"primaryKey": key("y")})
ENTITIES = (
    '<!DOCTYPE policies [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><policies><inbound>&b;</inbound></policies>'
)


@pytest.fixture
def url(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    return migrated_url


def brought(folder: Path, files: Any, code: int = 0, text: str = MAPPING) -> tuple[Any, str]:
    """What it said, and what it said of what went wrong."""
    export = written(folder / "export", files)
    done = run("import", "apim", str(export), "--mapping", mapping(folder, text), "--json", code=code)
    return json.loads(done.stdout) if done.stdout else {}, done.stderr


def because(said: Any) -> dict[str | None, str]:
    return {one["id"]: one["because"] for one in said["refusals"]}


def products(url: str) -> Any:
    async def read(db: Database) -> Any:
        return await list_products(db)

    return on(url, read)


def properties(record: dict[str, Any]) -> str:
    return json.dumps({"properties": record["properties"]})


def test_as_apiops_writes_them(url: str, tmp_path: Path) -> None:
    """Without ids, by their folders; specifications are not read, and a revision is no API of its own."""
    files = {
        "artifacts/products/starter/productInformation.json": properties(product("starter")),
        "artifacts/products/starter/policy.xml": RATE.format(calls="{{calls}}"),
        "artifacts/products/starter/apis/units/productApiInformation.json": "{}",
        "artifacts/products/old/productInformation.json": properties(product("old")),
        "artifacts/products/old/apis.json": '[{"name": "units"}]',
        "artifacts/products/old/groups.json": '[{"name": "administrators"}]',
        "artifacts/apis/units/apiInformation.json": properties(api("units")),
        "artifacts/apis/units/specification.json": '{"openapi": "3.0.1", "paths": {',
        "artifacts/apis/units/policy.xml": "<policies><inbound><base /><include-fragment fragment-id='q' /></inbound></policies>",
        "artifacts/apis/units/operations/get/policy.xml": "<policies><inbound><base /><cors /></inbound></policies>",
        "artifacts/apis/units;rev=2/apiInformation.json": properties(api("units", isCurrent=False)),
        "artifacts/named values/calls/namedValueInformation.json": properties(resource("namedValues/calls", displayName="calls", value="12")),
        "artifacts/policy fragments/q/policyFragmentInformation.json": properties(resource("policyFragments/q", description="quota")),
        "artifacts/policy fragments/q/policy.xml": "<fragment><quota calls='90' renewal-period='3600' /></fragment>",
        "artifacts/groups/vip/groupInformation.json": properties(resource("groups/vip", displayName="VIP")),
        "artifacts/policy.xml": '\ufeff<policies><inbound><rate-limit calls="500" renewal-period="1" /></inbound></policies>',
        "artifacts/backends/b/backendInformation.json": "{}",
        "artifacts/configuration.json": "{}",
        "users.json": page([user("ann", "u-ann")]),
        "subscriptions.json": page([subscription("one")]),
        "secrets.ndjson": lines([pair("one")]),
    }  # fmt: skip
    said, _ = brought(tmp_path, files, code=1, text=f"{MAPPING}customer: {{groups: {{vip: c-b}}}}\n")
    made = {one.id: one for one in products(url)}
    assert {name: (one.rate, one.quota, one.approval) for name, one in made.items()} == {
        "starter": (Limit(12, 60), Limit(90, 3600), "automatic"), "old": (Limit(500, 1), Limit(90, 3600), "asked"),
    }  # fmt: skip
    assert (said["subscriptions"], said["keys"], said["groups"], said["apis"], said["left_out"]) == (1, 2, 1, 1, 2)
    assert "not the current one" in because(said)["apis/units;rev=2"]
    assert any("keep the files as they were fetched" in one["because"] for one in said["refusals"])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("products.json", page([product("starter")])[:-30], "products.json, line 1, column"),
        ("subscriptions.json", page([subscription("one")]).decode().encode("utf-16"), "it is in UTF-16: save it as UTF-8"),
        ("users.json", b'{"value": [{"name": "M\xfcller"}]}', "it is no text in UTF-8"),
        ("secrets.ndjson", lines([pair("one")])[:-20], "secrets.ndjson, line 1, column"),
        ("secrets.ndjson", b"subscription,primaryKey\none,abc\n", "it is no JSON"),
        ("apis.json", b"", "it is empty"),
        ("apis.json", b"PK\x03\x04zip", "it is packed (zip): unpack it first"),
        ("apis.json", b"\x1f\x8bgzip", "it is packed (gzip)"),
        ("policy.xml", b"\xff\xfe<\x00p\x00", "it is in UTF-16"),
        ("policy.xml", b"<policies>\n\xfc</policies>", "policy.xml, line 2, column 1: line 2 is no text in UTF-8"),
        ("links.json", b'{"value": ' + b"[" * 200_000, "it is nested without end"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_to_its_end(url: str, tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """Nothing at all is imported."""
    said, heard = brought(tmp_path, {**instance(), name: data}, code=4)
    assert (said, products(url)) == ({}, [])
    assert words in heard
    assert "nothing was imported: 1 file can't be read" in heard
    assert key("one") not in heard


def test_a_foreign_instance_among_the_files(url: str, tmp_path: Path) -> None:
    other = json.loads(json.dumps(product("other")).replace("service/contoso", "service/fabrikam"))
    _, heard = brought(tmp_path, instance(others=page([other])), code=4)
    assert "records of 2 instances (contoso, fabrikam): put each into a folder of its own" in heard
    assert products(url) == []


def test_a_page_that_is_missing(url: str, tmp_path: Path) -> None:
    files = instance(products=None) | {
        "products-1.json": page([product("starter")], more=True), "products-2.json": page([product("b")], more=True),
        "big-1.json": lines([{"value": [], "nextLink": NEXT}]), "big-2.json": page([]),
    }  # fmt: skip
    said, _ = brought(tmp_path, files, code=1)
    assert [one for one in said["notes"] if "products-2.json names a next page (nextLink)" in one]
    assert not [one for one in said["notes"] if "products-1" in one or "big-1" in one]


def test_a_wrong_line_loses_no_other(url: str, tmp_path: Path) -> None:
    """Duplicates, names that clash by case or composed letters, hostile names, wrong types, unknown scopes and states."""
    nfc, nfd = "caf\u00e9", "cafe\u0301"
    records = [
        subscription("one"), subscription("ONE"), subscription(nfc), subscription(nfd), subscription("a\u202eb"), subscription("x" * 300),
        subscription("deep", "/products/starter/apis/units"), subscription("nowhere", "/products/none"), subscription("gone", "/apis/none"),
        subscription("state", "/products/starter", "ann", state="frozen"), subscription("typed", "/products/starter", "ann", state=5),
        subscription("'; DROP TABLE users; --"), subscription("../../etc/passwd"), subscription("last"),
    ]  # fmt: skip
    names = ("one", nfc, "'; DROP TABLE users; --", "last")
    body = lines([*records[:5], 7, "text", None, {"id": 5}, {}, *records[5:]])
    files = instance(
        subscriptions=None,
        secrets=lines([*map(pair, names), *WRONG_PAIRS]),
    )
    said, _ = brought(tmp_path, {**files, "subscriptions.ndjson": body}, code=1)
    assert said["subscriptions"] == 4
    found = because(said)
    assert "in the files twice" in found["subscriptions/ONE"]
    assert "in the files twice" in found[f"subscriptions/{nfd}"]
    assert "its product none is not among the files" in found["subscriptions/nowhere"]
    assert "its API none is not among the files" in found["subscriptions/gone"]
    assert "its state 'frozen' is none of submitted, active" in found["subscriptions/state"]
    assert "its properties can't be read" in found["subscriptions/typed"]
    assert "is no product, API or instance" in found["subscriptions/deep"]
    assert "can't be seen" in found["subscriptions/a\\u202eb"]
    told = [one["because"] for one in said["refusals"] if one["file"] == "secrets.ndjson"]
    assert any("names no subscription" in one for one in told)
    assert any("can't be seen" in one for one in told)


def test_named_things_that_clash(url: str, tmp_path: Path) -> None:
    nfc, nfd = "caf\u00e9", "cafe\u0301"
    files = instance(
        zmore=page(
            [product("STARTER"), product(nfc), product(nfd), api("Units"), user("ANN", "u-bob"), product("a\nb")]
        )
    )
    said, _ = brought(tmp_path, files, code=1)
    found = because(said)
    for name in ("products/STARTER", f"products/{nfd}", "apis/Units"):
        assert "make no difference): keep one" in found[name], name
    assert "in the files twice" in found["users/ANN"]
    assert "can't be seen" in found["products/a\\nb"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ENTITIES, "an element must begin here"),
        ("<policies>" + "<inbound>" * 5_000, "nested more than 64 deep"),
        ("<policies><inbound>" + "<a/>" * 30_000 + "</inbound></policies>", "more than 20000 elements"),
        ("<policies><inbound><rate-limit calls='5'", "cut off"),
        ("<policies>" + " " * 1_100_000 + "</policies>", "more than 1 MB"),
        ("<html></html>", "not with policies or fragment"),
    ],
)
def test_hostile_policies(url: str, tmp_path: Path, text: str, why: str) -> None:
    """Entities are not expanded; what can't be read takes its product with it, and nothing else."""
    files = instance(
        policies=page([policy("products/starter", text)]), products=page([product("starter"), product("free")])
    )
    files["links.json"] = page([resource(f"products/{name}/apis/units") for name in ("starter", "free")])
    said, _ = brought(tmp_path, files, code=1)
    assert why in because(said)["products/starter"]
    assert [one.id for one in products(url)] == ["free"]


def test_a_policy_that_no_file_tells_leaves_nothing_open(url: str, tmp_path: Path) -> None:
    """Too long, or no record: the product is refused, and not taken without limits."""
    names = ("starter", "long", "typed", "line", "good")
    files = instance(products=page([product(name) for name in names]), policies=None) | {
        "links.json": page([resource(f"products/{name}/apis/units") for name in names]),
        "products/long/policy.xml": "<policies>" + " " * 5_000_000 + "</policies>",
        "products/line/policy.json": b'{"id": ' + b"5" * 2_000 + b"}",
        "typed.json": page([resource("products/typed/policies/policy", value=5)]),
        "twice-1.json": page([policy("products/good", RATE.format(calls=9))]),
        "twice-2.json": page([policy("products/good", RATE.format(calls=8))]),
    }  # fmt: skip
    said, _ = brought(tmp_path, files, code=1)
    assert {one.id: one.rate for one in products(url)} == {"starter": None, "good": Limit(8, 60)}
    for name in ("long", "typed", "line"):
        assert "can't be read" in because(said)[f"products/{name}"], name


def test_fragments_that_multiply(url: str, tmp_path: Path) -> None:
    bomb = [
        resource(
            f"policyFragments/f{number}",
            value="<fragment>" + f'<include-fragment fragment-id="f{number + 1}"/>' * 10 + "</fragment>",
        )
        for number in range(12)
    ]
    included = policy(
        "products/starter", '<policies><inbound><include-fragment fragment-id="f0"/></inbound></policies>'
    )
    said, _ = brought(tmp_path, instance(policies=page([*bomb, included])), code=1)
    assert "more than 20000 policies" in because(said)["products/starter"]


def test_groups_in_each_other_and_in_nothing(url: str, tmp_path: Path) -> None:
    """Groups hold people alone: what says otherwise is nothing, and ends."""
    circle = [
        resource("groups/a"), resource("groups/b"), resource("groups/a/groups/b"), resource("groups/b/groups/a"), resource("groups/a/users/ann"),
    ]  # fmt: skip
    text = f"{MAPPING}customer: {{groups: {{a: c-b, b: c-b}}}}\n"
    said, _ = brought(tmp_path, instance(groups=page(circle)), text=text)
    assert said["groups"] == 2
    assert answer("subscription", "list")[0]["customer_id"] == "c-b"


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is kept in memory."""
    for name, most in (("MOST_KEPT", 2), ("MOST_USERS", 2), ("MOST_PAIRS", 2), ("MOST_BYTES", 50)):
        with monkeypatch.context() as patch:
            patch.setattr(f"hoistway.imports.apim_service.{name}", most)
            files = instance(
                products=page([product(f"p{number}") for number in range(3)]), users=page([user(f"u{number}", None) for number in range(3)]),
                secrets=lines([pair(f"s{number}") for number in range(3)]),
            )  # fmt: skip
            looked = Apim(files_of(written(tmp_path / name, files)), ApimMapping()).look(lambda _: None)
            assert any("more than" in one for one in looked.faults), name
    monkeypatch.setattr("hoistway.imports.apim_files.MOST_FILES", 3)
    with pytest.raises(BadSource, match="more than 3 files"):
        files_of(tmp_path / "MOST_KEPT")


def test_which_files(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "export",
        {
            "b-10.json": "{}",
            "b-9.json": "{}",
            ".git/x.json": "{}",
            "a/.x.json": "{}",
            "a/readme.md": "",
            "a/policy.XML": "",
        },
    )
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.json")
    with pytest.raises(BadSource, match="no regular file"):
        files_of(folder)
    (folder / "pipe.json").unlink()
    assert [one.name for one in files_of(folder)] == ["a/policy.XML", "b-9.json", "b-10.json"]
    (folder / "empty").mkdir()
    with pytest.raises(BadSource, match="has no file whose name ends in"):
        files_of(folder / "empty")


def test_names_of_files_that_are_no_text(url: str, tmp_path: Path) -> None:
    """They are told escaped, and lose nothing else."""
    (tmp_path / "export").mkdir()
    for name in (b"caf\xe9.json", "odd\x1b[31m\u202e.json".encode()):
        Path(os.fsdecode(bytes(tmp_path / "export") + b"/" + name)).write_bytes(
            page([resource("backends/x"), product("a\nb")])
        )
    said, _ = brought(tmp_path, instance(), code=1)
    assert said["subscriptions"] == 1
    assert {one["file"] for one in said["refusals"]} == {"caf\\udce9.json", "odd\\x1b[31m\\u202e.json"}


def test_ids_of_the_management_api() -> None:
    path = "subscriptions/g/resourcegroups/r/providers/microsoft.apimanagement/service/s"
    assert split_id("/subscriptions/G/resourceGroups/r/providers/Microsoft.ApiManagement/service/S/Products/A b") == (
        path,
        ("products", "A b"),
    )
    assert split_id(f"/{path}") == (path, ())
    assert split_id("/apis/units;rev=3") == ("", ("apis", "units"))
    assert split_id("/providers/Microsoft.ApiManagement") == ("providers/microsoft.apimanagement", ())


def test_ids_of_subscriptions() -> None:
    """They sort by time, and are the same whatever the letters of the name."""
    early, late = (id_of_subscription("s", "one", at) for at in (1_600_000_000, 1_700_000_000))
    assert early < late
    assert early[14] == "7"
    assert id_of_subscription("s", "ONE", 1_600_000_000) == early
    assert id_of_subscription("t", "one", 1_600_000_000) != early


def test_the_example_is_a_mapping() -> None:
    said = mapping_of("example", EXAMPLE.encode(), ApimMapping)
    assert (said.apis.values, said.customer.groups) == ({"units": "customer-api"}, {"contoso-developers": "c-contoso"})
    assert run("import", "mapping", "apim", "--example").stdout == EXAMPLE
    assert ApimMapping() == ApimMapping(Apis(), customer=Customers())
    assert Service().users == {}
