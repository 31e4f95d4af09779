"""The commands of docs/migrate/apim.md run as they stand there, against a management API that answers as the real one."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.cli.running import answer, point_at, run
from tests.docs.test_migrate import shell
from tests.imports.arm import MAPPING, RATE, api, key, policy, product, resource, subscription, user
from tests.store.test_schema import on
from tests.world import make_world

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "migrate" / "apim.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
LISTS, KEYS, EXAMPLE, IMPORT, NAMES = BLOCKS
FOUND = [subscription(f"s{number} x") for number in range(5)]
ROOT = "/subscriptions/AZURE/resourceGroups/GROUP/providers/Microsoft.ApiManagement/service/INSTANCE/"


class _Azure(BaseHTTPRequestHandler):
    """Lists of two a page; the keys of one subscription fail until it is well."""

    asked: ClassVar[list[str]] = []
    well = False

    def _lists(self, path: str) -> list[Any] | None:
        return {
            "products": [product("starter"), product("Gold more")], "apis": [api("units")], "groups": [resource("groups/vip")],
            "namedValues": [], "policyFragments": [], "subscriptions": FOUND, "users": [user("ann", "u-ann")],
            # As the real one: these have the ids of the APIs alone.
            "products/starter/apis": [api("units")], "products/Gold%20more/apis": [api("units")],
            "products/starter/groups": [resource("groups/developers")], "products/Gold%20more/groups": [],
        }.get(path)  # fmt: skip

    def do_GET(self) -> None:
        assert self.headers["authorization"] == "Bearer secret"
        path, _, query = self.path.removeprefix(ROOT).partition("?")
        assert "api-version=2022-08-01" in query
        found = self._lists(path)
        if found is not None:
            skip = int(query.rpartition("skip=")[2]) if "skip=" in query else 0
            page = {"value": found[skip : skip + 2], "count": len(found)}
            if skip + 2 < len(found):
                page["nextLink"] = f"http://{self.headers['host']}{ROOT}{path}?api-version=2022-08-01&$skip={skip + 2}"
            self._say(200, page)
        elif path == "products/starter/policies/policy":
            self._say(200, policy("products/starter", RATE.format(calls=5)))
        else:
            assert path.endswith("policies/policy"), path
            self._say(404, {"error": {"code": "ResourceNotFound"}})

    def do_POST(self) -> None:
        name = self.path.removeprefix(f"{ROOT}subscriptions/").partition("/listSecrets?")[0].replace("%20", " ")
        self.asked.append(name)
        if name == FOUND[2]["name"] and not _Azure.well:
            self._say(403, {})
        else:
            self._say(200, {"primaryKey": key(name), "secondaryKey": key(name, "secondary")})

    def _say(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body, indent=1).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def azure() -> Iterator[str]:
    _Azure.asked.clear()
    _Azure.well = False
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Azure)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_commands_of_the_page_about_api_management(
    migrated_url: str, azure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    lists, keys = LISTS.replace("https://management.azure.com", azure), KEYS
    shell(lists, tmp_path)
    assert (tmp_path / "apim" / "products" / "starter" / "policy.json").is_file()
    assert not (tmp_path / "apim" / "products" / "Gold%20more" / "policy.json").exists()
    # What is refused is fetched the next time, as is what was cut off in the middle of a line.
    setting = "\n".join(lists.splitlines()[:3]) + "\n"
    assert "1 are missing" in shell(setting + keys, tmp_path)
    secrets = tmp_path / "apim" / "secrets.ndjson"
    with secrets.open("ab") as file:
        file.write(b'{"subscription": "s2%20x", "prim')
    _Azure.well = True
    assert "0 are missing" in shell(setting + keys, tmp_path)
    assert _Azure.asked == [FOUND[number]["name"] for number in (0, 1, 2, 3, 4, 2)]
    assert secrets.stat().st_mode & 0o077 == 0
    assert "0 are missing" in shell(setting + keys, tmp_path)
    assert len(_Azure.asked) == 6
    shell(EXAMPLE, tmp_path)
    (tmp_path / "apim.yaml").write_text(MAPPING + "customer: {groups: {vip: c-a}}\n", encoding="utf-8")
    tried, done = IMPORT.splitlines()
    assert "subscriptions: 5" in shell(tried, tmp_path)
    assert "keys: 10" in shell(done, tmp_path)
    assert [
        one["because"] for one in map(json.loads, (tmp_path / "apim-left-out.ndjson").read_text().splitlines())
    ] == ["has the id gold-more here"]
    assert answer("product", "show", "starter")["rate"] == {"calls": 5, "period": 60}
    given, none = NAMES.splitlines()
    shell(given, tmp_path)
    assert answer("api", "show", "customer-api")["key_names"] == {"header": ["x-old-key"], "query": ["old-key"]}
    shell(none, tmp_path)
    assert answer("api", "show", "customer-api")["key_names"] == {"header": [], "query": []}
    for words in (["--header", "Cookie"], ["--query", "limit"], [], ["--none", "--query", "a"], ["--query", "a b"]):
        run("api", "keys", "customer-api", *words, code=2)
    run("api", "keys", "customer-api", *(word for number in range(11) for word in ("--query", f"k{number}")), code=2)
    run("api", "keys", "nothing", "--none", code=1)
    assert {one["customer_id"] for one in answer("subscription", "list")} == {"c-a"}
