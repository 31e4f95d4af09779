"""An import that was killed goes on behind its last batch, and what it writes then is what an undisturbed one writes, row by row."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hoistway.cli import cli
from hoistway.imports import carrying
from hoistway.imports.b2c import B2c
from hoistway.imports.sources import fingerprint, sources_of
from hoistway.protocol.ids import UserId
from hoistway.store.db import Conflict, Database
from hoistway.store.filling import fill_tables
from hoistway.store.imports import Import, add_import, find_import, move_import
from hoistway.store.migrate import migrate
from hoistway.store.users import User, add_user
from tests.attacks.overtaken import everything
from tests.cli.running import RUNNER, answer, point_at, run
from tests.cli.stopping import end_before
from tests.engines import EngineName, drop_database, fresh_database
from tests.imports.graph import MAPPING, federated, lines, local, mapping, oid, page, user, written
from tests.server import change
from tests.store.test_schema import on
from tests.world import DIGEST

ID = "3f1d9f5e-4f0e-4b7a-9c0b-5d3f1c2a9e77"
BEGUN = 1_780_000_000
OWN = {"audit", "audit_chain", "alembic_version", "unit_revisions"}
"""Tables that say when something was done, and how often."""


def records(number: int) -> list[dict[str, Any]]:
    """Some of them wrong, some again."""
    made = []
    for one in range(number):
        names = [local(f"p{one}@example.com")]
        names += [local(f"P-{one}", "userName")] if one % 3 == 0 else []
        names += [federated("https://idp.example", f"s-{one}")] if one % 7 == 0 else []
        kind = {"AccountType": "technical"} if one % 11 == 0 else {}
        attributes = {"CustomerNumber": f"n{one % 5}", **kind}
        made.append(
            user(one if one % 17 else one - 1, *names, attributes=attributes, **({"id": "x"} if one % 13 == 0 else {}))
        )
    return made


@pytest.fixture
def files(tmp_path: Path) -> Path:
    found = records(120)
    folder = written(tmp_path / "export", "users-1.json", page(found[:50], more=True))
    return written(folder, "users-2.ndjson", lines(found[50:]))


@pytest.fixture
def map_file(tmp_path: Path) -> str:
    return mapping(tmp_path, MAPPING + "  make_customers: true\n")


def begun(url: str, files: Path, map_file: str) -> None:
    """The import's row, so that two have the same id and time."""
    known = fingerprint("b2c", sources_of([files]), Path(map_file).read_bytes())
    change(url, lambda tx: add_import(tx, Import(ID, "b2c", known, "running", 0, 0, {}, BEGUN)))


def rows(url: str) -> dict[str, Any]:
    """Without what says when something was done."""
    found: dict[str, Any] = {name: some for name, some in on(url, everything).items() if name not in OWN}
    for import_id, row in found["imports"].items():
        found["imports"][import_id] = [value for value in row if value not in (None, "ended")][:-1]
    return found


def place(url: str) -> int:
    found = on(url, lambda db: find_import(db, ID))
    return 0 if found is None else found.place


@pytest.fixture
def undisturbed(
    engine_name: EngineName, files: Path, map_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    url = fresh_database(engine_name, migrate)
    begun(url, files, map_file)
    point_at(monkeypatch, url, "http://localhost")
    report = tmp_path / "undisturbed.ndjson"
    answer("import", "b2c", str(files), "--mapping", map_file, "--report", str(report), code=1)
    yield rows(url), report.read_bytes()
    drop_database(url)


class Killed(BaseException):
    """As if the process had ended here."""


class Fault:
    """Ends the program at a step of the import, after so many times that it was taken."""

    STEPS = ("judge", "fill_tables", "report", "move_import")

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.step, self.left = "", 0
        fill, move, judge = fill_tables, move_import, B2c.judge

        async def filling(*args: Any) -> int:
            number = await fill(*args)
            self.due("fill_tables")
            return number

        async def moving(*args: Any) -> bool:
            self.due("report")
            moved = await move(*args)
            self.due("move_import")
            return moved

        async def judging(*args: Any) -> None:
            self.due("judge")
            await judge(*args)

        patch.setattr(carrying, "fill_tables", filling)
        patch.setattr(carrying, "move_import", moving)
        patch.setattr(B2c, "judge", judging)

    def due(self, step: str) -> None:
        if step == self.step:
            self.left -= 1
            if self.left < 0:
                raise Killed


def test_it_goes_on_wherever_it_ended(
    undisturbed: Any, migrated_url: str, files: Path, map_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, within and after the transaction of a batch; the report is cut back to what is known."""
    monkeypatch.setattr(carrying, "BATCH", 10)
    point_at(monkeypatch, migrated_url, "http://localhost")
    begun(migrated_url, files, map_file)
    report, fault = tmp_path / "report.ndjson", Fault(monkeypatch)
    words = ["import", "b2c", str(files), "--mapping", map_file, "--report", str(report), "--json"]
    places = []
    for step in Fault.STEPS:
        for times in (0, 1):
            fault.step, fault.left = step, times
            with pytest.raises(Killed):
                RUNNER.invoke(cli, words, catch_exceptions=False)
            places.append(place(migrated_url))
    assert places == [0, 10, 10, 20, 20, 30, 30, 40]
    fault.step = ""
    run(*words, code=1)
    assert rows(migrated_url) == undisturbed[0]
    assert report.read_bytes() == undisturbed[1]


STEPS = (
    ("hoistway.imports.carrying:fill_tables", 0),
    ("hoistway.imports.carrying:move_import", 1),
    ("hoistway.commands.importing:note", 0),
)
"""The others are tried in this process, which costs no start of a program each."""


def test_sigkill_at_every_step(
    engine_name: EngineName, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real program, with batches of its own size, killed by the kernel, until it comes to an end."""
    folder = written(tmp_path / "export", "users.ndjson", lines(records(4100)))
    map_file = mapping(tmp_path, MAPPING + "  make_customers: true\n")
    other = fresh_database(engine_name, migrate)
    words = ("import", "b2c", str(folder), "--mapping", map_file, "--json")
    for url in (migrated_url, other):
        begun(url, folder, map_file)
    point_at(monkeypatch, other, "http://localhost")
    run(*words, code=1)
    point_at(monkeypatch, migrated_url, "http://localhost")
    places = []
    for step, skip in STEPS:
        assert end_before(step, signal.SIGKILL, *words, skip=skip) == -signal.SIGKILL
        places.append(place(migrated_url))
    assert places == sorted(places)
    assert 0 < places[-1] < 4101
    done = subprocess.run(
        [sys.executable, "-m", "hoistway", *words, "--resume"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["records"] == 4101
    assert rows(migrated_url) == rows(other)
    drop_database(other)


def test_what_ended_is_not_resumed(
    migrated_url: str, files: Path, map_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, migrated_url, "http://localhost")
    words = ("import", "b2c", str(files), "--mapping", map_file)
    assert "there is no interrupted import" in run(*words, "--resume", code=2).stderr
    run(*words, code=1)
    assert "there is no interrupted import" in run(*words, "--resume", code=2).stderr


def test_an_interrupted_one_needs_its_own_report(
    migrated_url: str, files: Path, map_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, migrated_url, "http://localhost")
    monkeypatch.setattr(carrying, "BATCH", 30)
    real, left = move_import, [2]

    async def move(*args: Any) -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return await real(*args)

    monkeypatch.setattr(carrying, "move_import", move)
    report = tmp_path / "report.ndjson"
    words = ("import", "b2c", str(files), "--mapping", map_file, "--json")
    with pytest.raises((Killed, AssertionError)):
        run(*words, "--report", str(report), code=1)
    monkeypatch.setattr(carrying, "move_import", real)
    other = tmp_path / "other.ndjson"
    assert (
        "not the report with which the interrupted import began" in run(*words, "--report", str(other), code=2).stderr
    )
    again = run(*words, "--report", str(report), code=1)
    assert "going on with the interrupted import behind record 60" in again.stderr
    said = json.loads(again.stdout)
    assert len(report.read_text().splitlines()) == said["left_out"]
    assert "would be overwritten" in run(*words, "--report", str(report), code=2).stderr


def test_a_name_that_is_taken_meanwhile_is_told(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another program, between the question and the write: the batch is judged again."""
    point_at(monkeypatch, migrated_url, "http://localhost")
    files = written(tmp_path / "export", "users.json", page([user("raced"), user("safe")]))
    real, tries = fill_tables, [0]

    async def fill(tx: Any, found: Any) -> int:
        tries[0] += 1
        if tries[0] == 1:
            raise Conflict("UNIQUE constraint failed: users.username_key")
        return await real(tx, found)

    monkeypatch.setattr(carrying, "fill_tables", fill)
    said = answer("import", "b2c", str(files))
    assert (said["people"], tries[0]) == (2, 2)


def test_a_name_that_another_program_takes_meanwhile_is_a_line_of_the_report(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are made before the transaction, and what they rest on is asked for again in it."""
    point_at(monkeypatch, migrated_url, "http://localhost")
    files = written(tmp_path / "export", "users.json", page([user("raced"), user("safe")]))
    real, judged = B2c.judge, [0]

    async def judge(self: Any, db: Any, *more: Any) -> None:
        await real(self, db, *more)
        judged[0] += 1
        if judged[0] == 1:
            row = User(UserId("other"), "Raced@example.com", "Other", (), (), None, DIGEST, None, BEGUN, BEGUN)
            async with db.write() as tx:
                await add_user(tx, row)

    monkeypatch.setattr(B2c, "judge", judge)
    said = json.loads(run("import", "b2c", str(files), "--json", code=1).stdout)
    assert (said["people"], said["left_out"], judged[0]) == (1, 1, 2)
    assert "is a name of the account other" in said["refusals"][0]["because"]


def test_what_can_not_be_written_at_all_loses_no_others(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no import: it is sought by halves, and told."""
    point_at(monkeypatch, migrated_url, "http://localhost")
    files = written(tmp_path / "one", "users.json", page([user(f"part-{number}") for number in range(7)]))
    real = fill_tables

    async def fill(tx: Any, found: Any) -> int:
        if any(row[0] == oid("part-5") for row in found.get("users", ())):
            raise Conflict("UNIQUE constraint failed: something.unknown")
        return await real(tx, found)

    monkeypatch.setattr(carrying, "fill_tables", fill)
    said = json.loads(run("import", "b2c", str(files), "--json", code=1).stdout)
    assert (said["records"], said["people"], said["left_out"]) == (7, 6, 1)
    assert [(one["id"], one["line"]) for one in said["refusals"]] == [(oid("part-5"), 1)]
    assert "stands in its way" in said["refusals"][0]["because"]


def test_two_at_once_do_not_double(
    migrated_url: str, files: Path, map_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same import in two commands: one goes on, the other ends."""
    point_at(monkeypatch, migrated_url, "http://localhost")
    begun(migrated_url, files, map_file)
    monkeypatch.setattr(carrying, "BATCH", 30)
    real, nested = move_import, [0]

    async def move(tx: Any, before: Import, after: Import) -> bool:
        if not nested[0]:
            nested[0] = 1
            return await real(tx, before, after) and False
        return await real(tx, before, after)

    monkeypatch.setattr(carrying, "move_import", move)
    told = run("import", "b2c", str(files), "--mapping", map_file, code=1).stderr
    assert "another command goes on with this import" in told
    assert place(migrated_url) == 0, "nothing of a batch without its place"


def test_files_that_change_meanwhile_end_it(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, migrated_url, "http://localhost")
    files = written(tmp_path / "export", "users.json", page([user("changing")]))
    real = B2c.unplaced

    async def unplaced(self: Any, db: Database) -> list[str]:
        written(tmp_path / "export", "users.json", page([user("changing"), user("added")]))
        return await real(self, db)

    monkeypatch.setattr(B2c, "unplaced", unplaced)
    assert "users.json was changed while it was imported" in run("import", "b2c", str(files), code=1).stderr
