"""Clients that three generators make of the document that the server hands out: compiled, and used against that server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.db import Writer
from hoistway.store.floors import Floor, write_floors
from hoistway.store.unit_access import UnitAccess, put_access
from hoistway.store.units import Unit, put_units
from tests.flows.browser import Person
from tests.manage.program import asked, daemon, hire
from tests.server import Served, change
from tests.world import NOW

HERE, NPM = Path(__file__).parent / "generated", Path(__file__).parent.parent / "npm"
SCOPE = "openid units.read profile.read profile.write"
BIN = Path(sys.executable).parent


def run(command: list[str], folder: Path, **environment: str) -> str:
    env = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", **environment}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False, env=env)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With the document as the server hands it out, and units that have something in every member."""

    async def more(tx: Writer) -> None:
        floors = write_floors([Floor("B1", "K", None), Floor("2", "E", 3200)])
        whole = Unit(UnitId("4711/12"), SiteId("c-a-s1"), "elevator", NOW, "1", "2", "3", "twin", 630, 2.5, "4", floors)
        await put_units(tx, [whole])
        await put_access(tx, [UnitAccess(CustomerId("c-a"), whole.id, "manager", whole.site_id, "elevator", "A/1")])

    change(served.database, more)
    made = tmp_path_factory.mktemp("generated")
    (made / "openapi.json").write_bytes(httpx2.get(f"{served.url}/api/v1/openapi.json").content)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def caller(served: Served) -> list[str]:
    """Address, token, user."""
    return [served.url, Person(served).tokens("spa", "ann", SCOPE)["access_token"], "u-ann"]


def check(found: dict[str, Any], name: str) -> None:
    assert len(found["units"]) == 11
    assert "4711/12" in found["units"]
    assert found["floors"] == ["B1", "2"]
    assert found["name"] == name


def test_openapi_python_client(folder: Path, caller: list[str]) -> None:
    generate = [str(BIN / "openapi-python-client"), "generate", "--path", "openapi.json", "--meta", "none"]
    run([*generate, "--output-path", "generated", "--fail-on-warning"], folder)
    run([sys.executable, "-W", "error", "-m", "compileall", "-q", "generated"], folder)
    shutil.copy(HERE / "client.py", folder)
    found: dict[str, Any] = json.loads(run([sys.executable, "client.py", *caller], folder, PYTHONPATH=str(folder)))
    check({**found, "name": found["names"][1]}, "Generated")
    assert (found["sites"], found["unit_count"], found["product"]) == (2, 11, None)
    assert found["refused"] == [401, 401, True]


def test_openapi_typescript_and_hey_api(folder: Path, caller: list[str]) -> None:
    (folder / "node_modules").symlink_to(NPM / "node_modules")
    shutil.copy(NPM / "generated.ts", folder)
    tool = NPM / "node_modules" / ".bin"
    run([str(tool / "openapi-typescript"), "openapi.json", "-o", "schema.d.ts"], folder)
    run([str(tool / "openapi-ts"), "-i", "openapi.json", "-o", "hey", "--client", "@hey-api/client-fetch"], folder)
    strict = ["--strict", "--skipLibCheck", "false", "--noUncheckedIndexedAccess", "--target", "es2022"]
    modules = [
        "--module",
        "commonjs",
        "--moduleResolution",
        "node10",
        "--esModuleInterop",
        "--lib",
        "es2022,dom,dom.iterable",
    ]
    types = ["--types", "node", "--outDir", "out"]
    run([str(tool / "tsc"), *strict, *modules, *types, "generated.ts"], folder)
    found: dict[str, Any] = json.loads(run(["node", "out/generated.js", *caller], folder))
    for name, one in (("Typed", found["typed"]), ("Hey", found["hey"])):
        check(one, name)
        assert one["read"] == one["units"]
        assert one["refused"] == 401


@pytest.fixture(scope="module")
def managed(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """A folder with the document of the management API; address and token."""
    hire(served.database, daemon())
    made = tmp_path_factory.mktemp("managed")
    (made / "openapi.json").write_bytes(httpx2.get(f"{served.url}/manage/v1/openapi.json").content)
    yield made, [served.url, asked(served).json()["access_token"]]
    shutil.rmtree(made)


def test_a_python_client_makes_a_customer_up_to_the_first_call_of_its_daemon(managed: tuple[Path, list[str]]) -> None:
    folder, caller = managed
    (folder / "config.yaml").write_text(
        "content_type_overrides:\n  application/x-ndjson: application/octet-stream\n", encoding="utf-8"
    )
    generate = [
        str(BIN / "openapi-python-client"),
        "generate",
        "--path",
        "openapi.json",
        "--meta",
        "none",
        "--config",
        "config.yaml",
    ]
    run([*generate, "--output-path", "managed", "--fail-on-warning"], folder)
    run([sys.executable, "-W", "error", "-m", "compileall", "-q", "managed"], folder)
    shutil.copy(HERE / "managing.py", folder)
    found: dict[str, Any] = json.loads(run([sys.executable, "managing.py", *caller], folder, PYTHONPATH=str(folder)))
    assert found == {"units": ["DE-gen"], "found": ["c-gen"], "name": "Renamed", "refused": [404, 409, "id"]}


def test_types_of_the_management_api(managed: tuple[Path, list[str]]) -> None:
    folder, caller = managed
    (folder / "node_modules").symlink_to(NPM / "node_modules")
    shutil.copy(NPM / "managing.ts", folder)
    tool = NPM / "node_modules" / ".bin"
    run([str(tool / "openapi-typescript"), "openapi.json", "-o", "managed.d.ts"], folder)
    strict = [
        "--strict",
        "--noUncheckedIndexedAccess",
        "--target",
        "es2022",
        "--module",
        "commonjs",
        "--moduleResolution",
        "node10",
    ]
    kinds = ["--esModuleInterop", "--lib", "es2022,dom,dom.iterable", "--types", "node", "--outDir", "out"]
    run([str(tool / "tsc"), *strict, *kinds, "managing.ts"], folder)
    found: dict[str, Any] = json.loads(run(["node", "out/managing.js", *caller], folder))
    assert {"c-a", "c-b", "c-typed"} <= set(found["ids"])
    assert (found["demand"], found["stale"], found["call"]) == ("all", 412, 200)
