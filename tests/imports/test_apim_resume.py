"""An import from API Management that was killed goes on behind its last batch, and writes what an undisturbed one writes, row by row."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hoistway.imports import carrying
from hoistway.imports.apim_files import files_of
from hoistway.imports.sources import fingerprint
from hoistway.store.db import Conflict
from hoistway.store.filling import fill_tables
from hoistway.store.imports import Import, add_import, move_import
from hoistway.store.migrate import migrate
from tests.cli.running import answer, point_at, run
from tests.cli.stopping import end_before
from tests.engines import EngineName, drop_database, fresh_database
from tests.imports.arm import (
    RATE,
    api,
    instance,
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
from tests.imports.test_resume import BEGUN, ID, STEPS, place, rows
from tests.server import change
from tests.store.test_schema import on
from tests.world import make_world

TEXT = """\
apis: {values: {units: customer-api, trips: customer-api}}
customer: {groups: {vip: c-new}, without_owner: c-b}
make_customers: true
"""


def files(number: int) -> dict[str, bytes | str]:
    """Some of the subscriptions wrong, some again."""
    owners = ("ann", "bob", "vip", None, "nobody")
    scopes = ("/products/starter", "/apis/units", "/apis", "", "/products/gold")
    found = [
        subscription(f"s{one if one % 17 else one - 1}", scopes[one % 5], owners[one % 7 % 5], state="active" if one % 11 else "suspended")
        for one in range(number)
    ]  # fmt: skip
    names = {"header": "X-Trips-Key", "query": "trips"}
    return instance(
        products=page([product("starter"), product("gold", state="notPublished"), product("odd", displayName="\u202e")]),
        apis=page([api("units"), api("trips", subscriptionKeyParameterNames=names), api("else")]),
        links=page([resource(f"products/{one}/apis/units") for one in ("starter", "gold")]),
        policies=page([policy("products/starter", RATE.format(calls=3)), policy("", "<policies><inbound><cors/></inbound></policies>")]),
        users=page([user("ann", "u-ann"), user("bob", "u-bob"), user("vip", None, groups=[{"name": "vip"}])]),
        groups=page([resource("groups/vip")]),
        subscriptions=lines(found), secrets=lines([pair(f"s{one}") for one in range(number) if one % 13]),
    )  # fmt: skip


def begun(url: str, folder: Path, map_file: str) -> None:
    on(url, make_world)
    known = fingerprint("apim", files_of(folder), Path(map_file).read_bytes())
    change(url, lambda tx: add_import(tx, Import(ID, "apim", known, "running", 0, 0, {}, BEGUN)))


def all_rows(url: str) -> dict[str, Any]:
    """But those of the world's secrets, which are made by chance."""
    return {name: some for name, some in rows(url).items() if name != "client_secrets"}


class Killed(BaseException):
    """As if the process had ended here."""


def test_sigkill_at_every_step(
    engine_name: EngineName, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real program, killed by the kernel before a batch is written, before its place is, before it is in the trail."""
    folder, map_file = written(tmp_path / "export", files(4500)), mapping(tmp_path, TEXT)
    other, reports = fresh_database(engine_name, migrate), [tmp_path / "one.ndjson", tmp_path / "other.ndjson"]
    words = ["import", "apim", str(folder), "--mapping", map_file, "--json"]
    for url in (migrated_url, other):
        begun(url, folder, map_file)
    point_at(monkeypatch, other, "http://localhost")
    run(*words, "--report", str(reports[1]), code=1)
    point_at(monkeypatch, migrated_url, "http://localhost")
    words += ["--report", str(reports[0])]
    places = []
    for step, skip in STEPS:
        assert end_before(step, signal.SIGKILL, *words, skip=skip) == -signal.SIGKILL
        places.append(place(migrated_url))
    assert places == sorted(places)
    assert places[-1] > 0
    done = subprocess.run(
        [sys.executable, "-m", "hoistway", *words, "--resume"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert all_rows(migrated_url) == all_rows(other)
    assert reports[0].read_bytes() == reports[1].read_bytes()
    assert json.loads(done.stdout)["subscriptions"] > 2000
    drop_database(other)


def test_it_goes_on_behind_any_batch(
    engine_name: EngineName, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Products too: what one batch made, the next finds."""
    folder, map_file = written(tmp_path / "export", files(40)), mapping(tmp_path, TEXT)
    other, reports = fresh_database(engine_name, migrate), [tmp_path / "one.ndjson", tmp_path / "other.ndjson"]
    words = ["import", "apim", str(folder), "--mapping", map_file, "--json"]
    for url in (migrated_url, other):
        begun(url, folder, map_file)
    monkeypatch.setattr(carrying, "BATCH", 3)
    point_at(monkeypatch, other, "http://localhost")
    run(*words, "--report", str(reports[1]), code=1)
    point_at(monkeypatch, migrated_url, "http://localhost")
    real, left = move_import, [0]

    async def move(*args: Any) -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return await real(*args)

    monkeypatch.setattr(carrying, "move_import", move)
    for times in (0, 1, 1, 2, 3):
        left[0] = times
        with pytest.raises(Killed):
            run(*words, "--report", str(reports[0]), code=1)
    assert place(migrated_url) == 21
    monkeypatch.setattr(carrying, "move_import", real)
    run(*words, "--report", str(reports[0]), code=1)
    assert all_rows(migrated_url) == all_rows(other)
    assert reports[0].read_bytes() == reports[1].read_bytes()
    drop_database(other)


def test_twice_doubles_nothing(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    folder, map_file = written(tmp_path / "export", files(60)), mapping(tmp_path, TEXT)
    words = ("import", "apim", str(folder), "--mapping", map_file)
    first = answer(*words, code=1)
    before = rows(migrated_url)
    again = answer(*words, code=1)
    after = rows(migrated_url)
    assert again["there_already"] == first["subscriptions"] + first["products"]
    assert "subscriptions" not in again
    assert {name: some for name, some in after.items() if name != "imports"} == {
        name: some for name, some in before.items() if name != "imports"
    }


def test_what_is_taken_meanwhile(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another program, between the question and the write: the batch is judged again, its products with it."""
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    real, tries = fill_tables, [0]

    async def fill(tx: Any, found: Any) -> int:
        tries[0] += 1
        if tries[0] == 1:
            raise Conflict("UNIQUE constraint failed: subscription_keys.key_digest")
        return await real(tx, found)

    monkeypatch.setattr(carrying, "fill_tables", fill)
    folder = written(tmp_path / "export", instance())
    said = answer("import", "apim", str(folder), "--mapping", mapping(tmp_path))
    assert (said["products"], said["subscriptions"], tries[0]) == (1, 1, 2)
