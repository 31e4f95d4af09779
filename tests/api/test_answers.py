"""Every answer of every operation is as the document says: over a tests' world, an imported file, the demo and simulated data."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from typer.testing import CliRunner

from hoistway.cli import cli
from hoistway.demo.keeping import keep_demo
from hoistway.protocol.jwt import b64url
from hoistway.server.preparing import prepare
from hoistway.settings import Settings
from tests.api.answers import Described
from tests.attacks.asking import daemon_token
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person
from tests.portal.asking import granted, made_secret, visitor
from tests.server import MASTER_KEY, Served, serving
from tests.world import API_URI

CHANGES = "/api/v1/units/changes"
UNITS, UNIT, SITES, ME, LIMITS, USER, OPENAPI = (
    "/api/v1/units", "/api/v1/units/{unit_id}", "/api/v1/sites", "/api/v1/me", "/api/v1/me/limits", "/api/v1/users/{user_id}",
    "/api/v1/openapi.json",
)  # fmt: skip
SCOPE = "openid units.read profile.read profile.write"
# As other systems write them: numbers for ids, levels with a fraction of nothing, texts that are empty.
ROWS = [
    {
        "unit_id": "4711-12",
        "site_id": "s 1",
        "floors": [{"id": 0, "marking": 0, "level": 0.0}, {"id": "B/1", "marking": "K"}],
    },
    {
        "unit_id": "Ü 7",
        "site_id": "s 1",
        "capacity_kg": "630.0",
        "contract_speed_mps": 1,
        "country": "",
        "role": "manager",
    },
    {"unit_id": "12", "site_id": 5, "equipment_type": "escalator", "serial_number": 12, "floors": ""},
    {"unit_id": "13", "site_id": 5, "site_name": "Haus\u00a05\nHof", "floors": []},
]
REFUSED = [
    {"unit_id": "r-1", "site_id": "5", "floors": [{"id": True, "marking": "G"}]},
    {"unit_id": "r-2", "site_id": "5", "floors": [1]},
    {"unit_id": "r-3", "site_id": "5", "capacity_kg": 630.5},
    {"unit_id": "r-4", "site_id": "5", "capacity_kg": "٦٣٠"},
    {"unit_id": "r-5", "site_id": "5", "contract_speed_mps": "nan"},
    {"unit_id": "r-6", "site_id": "5", "site_name": "a\u200bb"},
]


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **more}


def look_at_everything(found: Described, token: str) -> int:
    """Every page, every unit, every site; how many units."""
    headers, ids = bearer(token), list[str]()
    after: dict[str, str] = {}
    while True:
        page = found.ask(UNITS, headers, query={"limit": "7", **after}).json()
        ids += [unit["unitId"] for unit in page["items"]]
        if page["next_cursor"] is None:
            break
        after = {"cursor": page["next_cursor"]}
    for unit in ids:
        found.ask(UNIT, headers, path={"unit_id": quote(unit, safe="")})
    found.ask(SITES, headers)
    found.ask(ME, headers)
    found.ask(LIMITS, headers)
    return len(ids)


@pytest.fixture
def described(served: Served) -> Iterator[Described]:
    found = Described(served.url)
    yield found
    found.http.close()


def test_an_imported_file(served: Served, described: Described, tmp_path: Path) -> None:
    file = tmp_path / "units.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (*ROWS, *REFUSED)))
    key = base64.urlsafe_b64encode(MASTER_KEY).decode()
    env = {"HOISTWAY_DATABASE": served.database, "HOISTWAY_MASTER_KEY": key}
    done = CliRunner().invoke(cli, ["unit", "import", str(file), "--customer", "c-a", "--json"], env=env)
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["imported"], said["refused"]) == (len(ROWS), len(REFUSED)), done.output
    assert look_at_everything(described, daemon_token(served)) == 10 + len(ROWS)
    unit = described.ask(UNIT, bearer(daemon_token(served)), path={"unit_id": "4711-12"}).json()
    assert unit["floors"] == [{"id": "0", "marking": "0", "level": 0}, {"id": "B/1", "marking": "K", "level": None}]


def test_simulated_data(served: Served, described: Described) -> None:
    adam = visitor(served, "adam")
    client_id = granted(adam, type="daemon", redirect_uris="")
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": made_secret(adam, client_id)}
    token = httpx2.post(f"{served.url}/oauth2/token", data=form).json()["access_token"]
    assert look_at_everything(described, token) == 12
    adam.close()


@pytest.fixture(scope="module", params=ENGINES)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Any]]:
    url = fresh_database(request.param)
    settings = Settings("http://127.0.0.1:1", url, MASTER_KEY)
    prepare(settings)
    told = keep_demo(settings, tmp_path_factory.mktemp("demo"))
    with serving(url) as served:
        yield served, told
    drop_database(url)


def test_the_demo(demo: tuple[Served, Any]) -> None:
    served, told = demo
    found, units = Described(served.url), 0
    for account in told["service_accounts"]:
        form = {"grant_type": "password", "client_id": told["clients"]["ropc_proxy"]["client_id"], "scope": API_URI}
        form |= {"username": account["username"], "password": account["password"]}
        reply = httpx2.post(f"{served.url}/oauth2/token", data=form)
        units += look_at_everything(found, reply.json()["access_token"])
    assert units >= 100
    found.http.close()


def test_every_operation_and_its_refusals(served: Served, described: Described) -> None:
    person = Person(served).tokens("spa", "ann", SCOPE)["access_token"]
    bare = Person(served).tokens("spa", "ann", "openid units.read")["access_token"]
    mine, nobody = {"user_id": "u-ann"}, {"user_id": "u-bob"}
    etag = described.ask(UNITS, bearer(person), query={"limit": "2"}).headers["etag"]
    described.ask(UNITS, bearer(person, **{"if-none-match": etag}), status=304, query={"limit": "2"})
    described.ask(UNITS, bearer(person), status=400, query={"limit": "0"})
    described.ask(SITES, bearer(person), status=400, query={"page": "2"})
    since = described.ask(CHANGES, bearer(person)).json()["next_since"]
    described.ask(CHANGES, bearer(person), query={"since": since})
    described.ask(CHANGES, bearer(person), status=400, query={"since": "x"})
    described.ask(CHANGES, bearer(person), status=410, query={"since": b64url(b'[1,"","x"]')})
    described.ask(UNIT, bearer(person), status=404, path={"unit_id": "US-c-b-10"})
    described.ask(USER, bearer(person), path=mine)
    described.ask(USER, bearer(person), status=404, path=nobody)
    described.ask(USER, bearer(bare), status=403, path=mine)
    json_body = {"content-type": "application/json"}
    for content, status in ((b"{}", 200), (b'{"name":""}', 400), (b" " * 70_000, 413)):
        described.ask(USER, bearer(person, **json_body), "patch", status=status, content=content, path=mine)
    described.ask(USER, bearer(person, **{"content-type": "text/plain"}), "patch", status=415, content=b"{}", path=mine)
    described.ask(USER, bearer(bare, **json_body), "patch", status=403, content=b"{}", path=mine)
    described.ask(USER, bearer(person, **json_body), "patch", status=404, content=b"{}", path=nobody)
    described.ask(OPENAPI, {})
    described.ask(OPENAPI, {"if-none-match": "*"}, status=304)
    paths = {UNIT: {"unit_id": "US-c-a-10"}, USER: mine}
    for operation, methods in described.document["paths"].items():
        for method in (method for method, item in methods.items() if item["security"]):
            path = paths.get(operation)
            described.ask(operation, {}, method, status=401, path=path)
            described.ask(operation, bearer("nonsense"), method, status=401, path=path)
            described.ask(
                operation, bearer(person, **{"ocp-apim-subscription-key": "x" * 32}), method, status=401, path=path
            )
            described.ask(operation, {"authorization": "Bearer a b"}, method, status=400, path=path)
    every = {item["operationId"] for methods in described.document["paths"].values() for item in methods.values()}
    assert {operation for operation, status in described.seen if status == "200"} == every - {
        "readMe",
        "readLimits",
        "readUnit",
        "listSites",
    }
    wanted = {(operation, status) for operation in every - {"readDescription"} for status in ("400", "401")}
    assert wanted <= described.seen


def test_one_schema_for_each_status(described: Described) -> None:
    """Generated clients read one type for a status, whatever its media type; and one body for a change."""
    for methods in described.document["paths"].values():
        for operation in methods.values():
            assert len(operation.get("requestBody", {"content": "1"})["content"]) == 1
            for answer in operation["responses"].values():
                bodies = described.resolve(answer).get("content", {}).values()
                assert len({json.dumps(body["schema"]) for body in bodies}) <= 1


def test_the_first_call_of_tools_that_fill_everything_in(served: Served, described: Described) -> None:
    """As an import of Postman and Swagger UI do: every parameter of the query has the example of the document, if it has one."""
    for operation in (UNITS, SITES):
        parameters = [described.resolve(one) for one in described.document["paths"][operation]["get"]["parameters"]]
        query = {one["name"]: str(one["example"]) for one in parameters if one["in"] == "query" and "example" in one}
        assert set(query) == {"limit", "cursor"}, "an example that is no id of this customer's finds nothing"
        assert described.ask(operation, bearer(daemon_token(served)), query=query).json()["items"]
