"""Configuration as files, on both engines: round trip, plan, apply, drift, and what is refused."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hoistway.applications.managing import keep_management_api
from hoistway.applications.simulated import keep_sandbox
from hoistway.commands.context import read_settings
from hoistway.demo.keeping import keep_demo
from hoistway.portal.own_application import keep_own_application
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ProductId, ServiceAccountId
from hoistway.store.apis import find_api
from hoistway.store.audit_search import search_audit
from hoistway.store.client_secrets import secrets_of
from hoistway.store.clients import Client, add_client, find_client
from hoistway.store.customers import find_customer
from hoistway.store.db import Database, Writer
from hoistway.store.migrate import migrate
from hoistway.store.products import find_product
from hoistway.store.service_accounts import ServiceAccount, add_service_account
from hoistway.store.tenant_connections import find_connection
from hoistway.store.tenants import find_tenant
from tests.cli.running import answer, point_at, run
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.portal.asking import operator
from tests.server import change, populate, serving
from tests.store.test_schema import on
from tests.world import NOW

SECRET = "a-secret-that-somebody-chose-0123456789"


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    url = fresh_database(request.param, migrate)
    point_at(monkeypatch, url, "https://lifts.example")
    monkeypatch.chdir(tmp_path)
    yield url
    drop_database(url)


@pytest.fixture(params=ENGINES)
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    url = fresh_database(request.param, populate)
    point_at(monkeypatch, url, "https://lifts.example")
    monkeypatch.chdir(tmp_path)
    yield url
    drop_database(url)


def written(text: str, name: str = "one.yaml") -> str:
    Path(name).write_text(text)
    return name


def steps(found: Any) -> list[tuple[str, str, str]]:
    return [(one["act"], one["kind"], one["id"]) for one in found["steps"]]


TENANT = "775527ff-9a37-4307-8b3d-cc311f58d925"
WHOLE = """
customers:
  - {id: c-1, name: First Ltd, second_factor: administrators}
apis:
  - id: lifts
    name: Lifts
    audience: https://lifts.example/api
    scopes: {units.look: See the units, lifts.act as act: Act for people}
    introspector: desk
accounts:
  - {username: robot@example.com, customer: c-1}
tenants:
  - id: 775527ff-9a37-4307-8b3d-cc311f58d925
    names: [first.onmicrosoft.com]
    policies: {B2C_1_ROPC: ropc, B2C_1_signin: sign_in}
    subject_text: Not supported currently. Use oid claim.
    connection:
      token_endpoint: https://old.example.com/token
      client_id: app
      scope: openid app
      until: "2090-06-30"
      wrong_per_account: 3
applications:
  - id: desk
    name: Desk
    type: web
    redirect_uris: [https://desk.example/cb]
    scopes: [openid, units.look]
    consent: implied
    secrets: [env:DESK_SECRET]
    exceptions: [{flow: no_pkce, until: 2031-01-31, reason: an old library}]
  - {id: robot, name: Robot, type: daemon, customer: c-1, scopes: [units.look], account: robot@example.com}
  - {id: own, name: Own robot, type: daemon, customer: c-1, scopes: [units.look]}
products:
  - {id: gold, name: Gold, description: All, apis: [lifts], rate: {calls: 10, seconds: 1}, keys: optional}
branding: {name: First Lifts, accent: '#123456', support: help@example.com}
"""


def test_from_nothing_to_all_and_once_more_to_nothing(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_SECRET", SECRET)
    file = written(WHOLE)
    planned = answer("plan", file)
    assert [act for act, _, _ in steps(planned)] == ["add"] * 5 + ["add"] * 2 + ["change", "add", "add"]
    assert answer("customer", "list") == []
    assert steps(answer("apply", file, "--yes")) == steps(planned)
    assert answer("plan", file) == {"steps": [], "unchanged": 9, "taken": 0, "left": []}

    async def read(db: Database) -> None:
        client = await find_client(db, ClientId("desk"))
        api = await find_api(db, ApiId("lifts"))
        assert client is not None
        assert api is not None
        assert (client.consent, client.scopes, client.exceptions[0].kind) == (
            "implied",
            ("openid", "units.look"),
            "no_pkce",
        )
        assert api.client_id == "desk"
        assert [(one.name, one.wire) for one in api.scopes] == [("units.look", None), ("lifts.act", "act")]
        (secret,) = await secrets_of(db, client.id)
        assert secret.prefix == SECRET[:4]
        customer = await find_customer(db, CustomerId("c-1"))
        assert customer is not None
        assert customer.second_factor == "administrators"
        product = await find_product(db, ProductId("gold"))
        assert product is not None
        assert product.key_use == "optional"
        tenant = await find_tenant(db, TENANT)
        connection = await find_connection(db, TENANT)
        assert tenant is not None
        assert connection is not None
        assert tenant.subject_text == "Not supported currently. Use oid claim."
        assert (connection.client_id, connection.wrong_per_account, connection.stopped_at) == ("app", 3, None)

    on(empty, read)
    run("apply", file, "--yes")
    on(empty, read)


def test_what_a_file_says_of_a_connection_is_checked_and_what_it_leaves_out_stays(empty: str) -> None:
    tenant = f"tenants: [{{id: {TENANT}, names: [a.example], policies: {{P: ropc}}, %s}}]"
    old = "connection: {token_endpoint: %s, client_id: app, scope: openid, until: '%s', wrong_per_account: %s}"
    for wrong, member in (
        (("http://old.example", "2090-01-01", 3), "endpoint"), (("https://old.example", "2001-01-01", 3), "ends_at"),
        (("https://old.example", "x", 3), "connection.until"), (("https://old.example", "2090-01-01", 99), "connection.wrong_per_account"),
    ):  # fmt: skip
        assert member in run("plan", written(tenant % (old % wrong)), code=1).output
    run("apply", written(tenant % (old % ("https://old.example/t", "2090-01-01", 3))), "--yes")
    assert "2090-01-01" in run("export").output
    less = answer("plan", written(tenant % (old % ("https://old.example/t", "2090-01-01", 2))))
    assert [step["changes"] for step in less["steps"]] == [[{"member": "old_wrong", "before": "3", "after": "2"}]]
    assert answer("plan", written(tenant % "disabled: false"))["steps"] == []


def test_an_export_applied_to_nothing_gives_the_same_export(
    world: str, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_SECRET", SECRET)
    point_at(monkeypatch, world, "https://lifts.example")
    text = run("export").output
    document = YAML(typ="safe").load(text)
    assert {"customers", "apis", "accounts", "tenants", "applications"} <= document.keys()
    for one in document["applications"]:
        if one["type"] == "web":
            one["secrets"] = ["env:WEB_SECRET"]
    with Path("all.yaml").open("w") as file:
        YAML().dump(document, file)
    point_at(monkeypatch, empty, "https://lifts.example")
    run("apply", "all.yaml", "--yes")
    assert run("export").output == text
    run("drift", "all.yaml")


def test_what_a_change_means_is_said_and_drift_is_found(world: str) -> None:
    file = written(run("export").output)
    text = Path(file).read_text()
    assert "nothing to change" in run("drift", file).output
    changed = written(text.replace("- http://127.0.0.1/callback", "- http://127.0.0.1/other"), "two.yaml")
    said = run("plan", changed).output
    assert "applications native (Native): change" in said
    assert "redirect_uris: - http://127.0.0.1/callback" in said
    assert "means: sign-ins that return to http://127.0.0.1/callback are refused" in said
    assert run("drift", changed, code=1).output == said
    assert "nothing was written" in run("apply", changed, code=1, input="n\n").output
    assert "written: 1 changes" in run("apply", changed, input="y\n").output
    assert run("drift", changed).output.startswith("nothing to change")


def test_the_trail_says_the_same_as_for_a_form(world: str) -> None:
    """The event of its kind, of the customer who owns it, with the set of files."""
    text = run("export", "--kind", "applications").output
    document = YAML(typ="safe").load(text)
    one = next(one for one in document["applications"] if one["id"] == "daemon-b")
    one["exceptions"] = [{"flow": "password", "until": "2031-01-31", "reason": "an old pump"}]
    with Path("all.yaml").open("w") as file:
        YAML().dump(document, file)
    run("apply", "all.yaml", "--yes")

    async def read(db: Database) -> None:
        (entry,) = await search_audit(
            db, {"event": ["application.exception_granted"]}, since=None, until=None, before="", most=9
        )
        detail = json.loads(entry.detail)
        assert (entry.customer_id, detail["id"], detail["file"]) == ("c-b", "daemon-b", "default")

    on(world, read)


def test_what_no_file_names_any_more_is_shown_and_pruned(empty: str) -> None:
    run("apply", written("customers: [{id: a, name: A}, {id: b, name: B}]"), "--yes")
    file = written("customers: [{id: a, name: A}]")
    found = answer("plan", file)
    assert (found["steps"], found["left"]) == ([], [["customers", "b"]])
    pruned = answer("apply", file, "--prune", "--yes")
    assert steps(pruned) == [("release", "customers", "b")]
    assert [one["disabled_at"] is None for one in answer("customer", "list")] == [True, False]
    assert answer("plan", file)["left"] == []
    back = answer("apply", written("customers: [{id: a, name: A}, {id: b, name: B}]"), "--yes")
    assert steps(back) == [("enable", "customers", "b")]


def test_another_set_does_not_take_what_is_managed(empty: str) -> None:
    run("apply", written("customers: [{id: a, name: A}]"), "--yes")
    said = run("apply", written("set: other\ncustomers: [{id: a, name: A}]"), "--yes", code=1).output
    assert "the files of the set default manage it" in said


@pytest.mark.parametrize(
    ("text", "why", "code"),
    [
        ("customers: [{id: a}]", "missing required field `name`", 2),
        ("customers: [{id: a, name: A, colour: red}]", "unknown field `colour`", 2),
        ("customers: [{id: a, name: A}, {id: a, name: B}]", "it stands in", 2),
        ("set: No!", "set", 2),
        ("customers: [{id: a b, name: A}]", "customers, a b: id:", 1),
        ("applications: [{id: x, name: X, type: web, secrets: [plain]}]", "as a reference", 2),
        ("applications: [{id: x, name: X, type: web, secrets: ['env:NOT_SET_HERE']}]", "not set", 2),
        ("applications: [{id: x, name: X, type: web}]", "applications, x: secrets:", 1),
        ("applications: [{id: x, name: X, type: desktop, scopes: [nothing]}]", "no API has this scope", 1),
        (
            "applications: [{id: x, name: X, type: desktop, redirect_uris: ['javascript:alert(1)']}]",
            "redirect_uris:",
            1,
        ),
        ("applications: [{id: x, name: X, type: daemon, account: nobody}]", "account:", 1),
        ("products: [{id: p, name: P, description: D, apis: [none]}]", "there is no API none", 1),
        ("branding: {name: X, accent: red}", "accent:", 1),
        ("tenants: [{id: x, names: [a], policies: {P: ropc}}]", "tenants, x: id:", 1),
        ("accounts: [{username: app-x, customer: a}]", "accounts, app-x:", 1),
    ],
)
def test_what_is_wrong_says_where_and_nothing_is_written(empty: str, text: str, why: str, code: int) -> None:
    """With something right before it: nothing of that is written, either."""
    good = "" if "customers" in text else "customers: [{id: good, name: Good}]\n"
    assert why in run("apply", written(good + text), "--yes", code=code).output
    assert answer("customer", "list") == []


def test_secrets_are_compared_and_never_shown(empty: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    file = written(f"applications: [{{id: x, name: X, type: web, secrets: ['file:{secret}']}}]")
    assert SECRET not in run("apply", file, "--yes").output
    assert (answer("plan", file)["unchanged"], answer("plan", file)["steps"]) == (1, [])
    secret.write_text("short")
    assert "32 to 200" in run("plan", file, code=2).output
    secret.write_text(SECRET[::-1])
    assert "secrets" in run("plan", file).output


def test_a_disabled_application_gets_no_secret_with_each_apply(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_SECRET", SECRET)
    text = "applications: [{id: x, name: X, type: web, disabled: %s, secrets: ['env:ANY_SECRET']}]"
    run("apply", written(text % "false"), "--yes")
    off = written(text % "true")
    assert steps(answer("apply", off, "--yes")) == [("disable", "applications", "x")]
    assert answer("plan", off)["steps"] == []
    run("apply", written(text % "false"), "--yes")
    assert answer("plan", written(text % "false"))["steps"] == []


def test_an_application_that_an_import_left_without_a_secret_stays_so(empty: str) -> None:
    """The old system shows none, so an import brings none, and an export is taken back before there is one."""
    change(empty, lambda tx: add_client(tx, Client(ClientId("moved"), "Moved", "web", ("https://a.example/back",))))
    file = written(run("export").stdout)
    assert (answer("plan", file)["unchanged"], answer("plan", file)["steps"]) == (1, [])
    assert answer("apply", file, "--yes")["steps"] == []
    run("drift", file)
    assert "shows the secret once" in run("plan", written("applications: [{id: x, name: X, type: web}]"), code=1).output


@pytest.mark.parametrize(
    "text",
    [
        "customers: [{id: sandbox, name: Mine}]",
        "applications: [{id: developer-portal, name: Mine, type: single-page}]",
        "accounts: [{username: app-spa-12345678, customer: c-a}]",
    ],
)
def test_what_the_server_made_for_itself_is_no_file_s(world: str, text: str) -> None:
    change(world, _own)
    on(world, lambda db: keep_own_application(db, "https://lifts.example", NOW))
    found = run("export").output
    assert "can't manage this" in run("apply", written(text), "--yes", code=1).output
    assert run("export").output == found


async def _own(tx: Writer) -> None:
    await keep_sandbox(tx, NOW)
    name = "app-spa-12345678"
    await add_service_account(
        tx, ServiceAccount(ServiceAccountId("sa-own"), name, name, "Spa", CustomerId("c-a"), "!", NOW, NOW)
    )


def test_what_is_fixed_is_not_changed(world: str) -> None:
    text = written(run("export", "--kind", "applications").output)
    changed = (
        Path(text)
        .read_text()
        .replace("id: spa\n    name: Spa\n    type: single-page", "id: spa\n    name: Spa\n    type: web")
    )
    assert changed != Path(text).read_text()
    assert "applications, spa: it is there with another type" in run("plan", written(changed), code=1).output


def test_an_export_names_its_kinds_and_overwrites_nothing(world: str) -> None:
    run("export", "--kind", "customers", "--to", "c.yaml")
    assert YAML(typ="safe").load(Path("c.yaml").read_text()).keys() == {"set", "customers"}
    assert "stays as it is" in run("export", "--to", "c.yaml", code=1).output
    assert "a kind is one of" in run("export", "--kind", "people", code=2).output


def test_the_schema_knows_what_files_may_say(empty: str) -> None:
    schema = json.loads(run("schema").output)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"customers", "applications", "branding"} <= schema["$defs"]["Document"]["properties"].keys()


TEXT = (Path(__file__).parent.parent.parent / "docs" / "as-files.md").read_text(encoding="utf-8")


def test_what_the_document_shows_runs(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOT_SECRET", SECRET)
    (text,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    run("apply", written(text), "--yes")
    (commands,) = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    said = [run(*shlex.split(line.partition(" > ")[0])[1:]).output for line in commands.splitlines()]
    assert said[-1].startswith("nothing to change")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_demonstration_goes_round(
    engine: EngineName, empty: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """To an empty database of either engine; secrets are the only thing that an export can't hold."""
    monkeypatch.setenv("ANY_SECRET", SECRET)
    url = fresh_database(engine, migrate)
    point_at(monkeypatch, url, "https://lifts.example")
    keep_demo(read_settings(), tmp_path)
    # As every start does.
    on(url, lambda db: keep_management_api(db, "https://lifts.example", NOW))
    assert "nothing to change" in run("drift", written(run("export").output)).output
    text = run("export").output
    document = YAML(typ="safe").load(text)
    for one in document["applications"]:
        if one["type"] in {"web", "daemon"} and not one.get("customer"):
            one["secrets"] = ["env:ANY_SECRET"]
    with Path("all.yaml").open("w") as file:
        YAML().dump(document, file)
    point_at(monkeypatch, empty, "https://lifts.example")
    run("apply", "all.yaml", "--yes")
    assert run("export").output == text
    drop_database(url)


def test_the_page_of_what_files_manage_says_so(world: str) -> None:
    run("apply", written(run("export", "--kind", "products", "--kind", "applications").output), "--yes")
    with serving(world) as served:
        olga = operator(served)
        assert "Files of the set default manage this." in olga.get("/console/applications/spa").text
        assert "manage this" not in olga.get("/console/customers/c-a").text
