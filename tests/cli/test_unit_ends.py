"""Imports that end before their file does: they say how much is in, and the audit trail says so too."""

import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hoistway.cli import cli
from hoistway.commands import unit_import
from hoistway.commands.unit_reading import read_rows
from hoistway.store.db import Database, DatabaseUnavailable
from hoistway.things.unit_rows import Row
from tests.cli.conftest import Managed
from tests.cli.running import RUNNER, answer, run
from tests.cli.test_units import seen

HEAD, ROWS = "unit_id,site_id,customer_id\n", 1000


def rows(prefix: str) -> str:
    return HEAD + "".join(f"{prefix}-{number},c-a-s1,c-a\n" for number in range(ROWS))


def told(tmp_path: Path, prefix: str, code: int) -> str:
    """What an import of all the rows says on standard error."""
    report = tmp_path / "report"
    (tmp_path / "units.csv").write_text(rows(prefix))
    said = run("unit", "import", str(tmp_path / "units.csv"), "--report", str(report), code=code).stderr
    # The same command can be run again.
    assert not report.exists()
    return " ".join(said.split())


def entries(tmp_path: Path) -> list[dict[str, Any]]:
    file = tmp_path / "audit.jsonl"
    file.unlink(missing_ok=True)
    answer("audit", "export", str(file))
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [entry["detail"] for entry in found if entry["event"] == "units.imported"]


def after_first_batch(patch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Does it once, when the first batch is in the database."""
    real, done = unit_import.write_batch, list[int]()

    async def write(db: Database, some: Sequence[Row]) -> list[tuple[int, str]]:
        if len(done) == 1:
            done.append(2)
            act()
        refused = await real(db, some)
        done.append(1)
        return refused

    patch.setattr(unit_import, "BATCH", 100)
    patch.setattr(unit_import, "write_batch", write)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_import_behind_a_batch(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before, prefix = len(entries(tmp_path)), f"EN-{number.name}"
    after_first_batch(monkeypatch, lambda: os.kill(os.getpid(), number))
    said = told(tmp_path, prefix, 1)
    found = entries(tmp_path)[before:]
    batches, [end] = [entry for entry in found if "rows" in entry], [entry for entry in found if "done" in entry]
    assert f"the import was stopped: {end['done']} rows are in; run it again" in said
    assert 200 <= end["done"] == sum(entry["rows"] for entry in batches) < ROWS
    assert seen(managed, f"{prefix}-{end['done'] - 1}") is not None
    assert seen(managed, f"{prefix}-{end['done']}") is None
    # What heard it is gone with the import.
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_batch_that_is_in_has_its_entry_whatever_comes_then(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SIGKILL: nothing is run any more."""
    before = len(entries(tmp_path))

    def die() -> None:
        raise RuntimeError("killed")

    after_first_batch(monkeypatch, die)
    (tmp_path / "units.csv").write_text(rows("EN-kill"))
    assert isinstance(RUNNER.invoke(cli, ["unit", "import", str(tmp_path / "units.csv")]).exception, RuntimeError)
    assert entries(tmp_path)[before:] == [{"rows": 100, "from_line": 2, "to_line": 101}]
    assert (seen(managed, "EN-kill-99") is None, seen(managed, "EN-kill-100")) == (False, None)


def test_a_database_that_goes_away_is_told_with_what_is_in(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go() -> None:
        raise DatabaseUnavailable("gone")

    after_first_batch(monkeypatch, go)
    assert "100 rows are in; run it again" in told(tmp_path, "EN-gone", 3)


@pytest.mark.parametrize("name", ["units.csv", "units.jsonl"])
@pytest.mark.parametrize("kind", ["cut", "longer", "written", "replaced", "gone", "lines"])
def test_a_file_that_is_changed_between_its_two_readings(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    """Nothing of it is in: what was read may be half of a row."""
    file = tmp_path / name
    lines = [f"EC{n},c-a-s1,c-a" for n in range(10)]
    if name.endswith("l"):
        lines = [json.dumps({"unit_id": f"EC{n}", "site_id": "c-a-s1", "customer_id": "c-a"}) for n in range(10)]
    text = "\n".join(lines if name.endswith("l") else [HEAD.strip(), *lines])
    file.write_text(text)

    def change(found: Any) -> Any:
        stood = file.stat()
        if kind in {"cut", "longer"}:
            file.write_text(text[:-40] if kind == "cut" else text + "\n" + lines[0])
        if kind == "written":
            file.write_text(text.replace("EC5", "EC6"))
            os.utime(file, ns=(stood.st_atime_ns, stood.st_mtime_ns + 1))
        if kind == "lines":
            # Of one length, and in one tick of the clock.
            file.write_text(text.replace("c-a\n", "c-\n\n", 1) if name.endswith("v") else text.replace(", ", ",\n", 1))
            os.utime(file, ns=(stood.st_atime_ns, stood.st_mtime_ns))
        if kind == "replaced":
            (tmp_path / "new").write_text(text)
            os.utime(tmp_path / "new", ns=(stood.st_atime_ns, stood.st_mtime_ns))
            (tmp_path / "new").rename(file)
        if kind == "gone":
            file.unlink()
        return read_rows(found)

    monkeypatch.setattr(unit_import, "read_rows", change)
    said = " ".join(run("unit", "import", str(file), code=1).stderr.split())
    assert "the file was changed while it was read: 0 rows are in; run it again" in said
    assert seen(managed, "EC1") is None


def test_a_file_that_is_cut_behind_a_batch(managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader has some of it in memory already, which is not written then."""
    after_first_batch(monkeypatch, lambda: (tmp_path / "units.csv").write_text(HEAD))
    said = told(tmp_path, "EF", 1)
    done = int(said.split("while it was read: ")[1].split()[0])
    assert 200 <= done < ROWS
    assert (seen(managed, f"EF-{done - 1}") is None, seen(managed, f"EF-{done}")) == (False, None)
