"""What `unit import` reads and writes beside the database: the customer's files, which stay as they are."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.cli.test_units import seen

CSV = "unit_id,site_id,customer_id\n{},c-a-s1,c-a\nUS-2,,c-a\n"


def put(path: Path, unit: str) -> Path:
    path.write_text(CSV.format(unit))
    return path


@pytest.mark.parametrize("kind", ["itself", "symbolic", "hard", "another"])
def test_a_report_overwrites_no_file(managed: Managed, tmp_path: Path, kind: str) -> None:
    file = put(tmp_path / "units.csv", f"RP-{kind}")
    report = file if kind == "itself" else tmp_path / "report"
    if kind == "symbolic":
        report.symlink_to(file)
    if kind == "hard":
        os.link(file, report)
    if kind == "another":
        report.write_text("precious")
    before = report.read_text()
    said = run("unit", "import", str(file), "--report", str(report), code=2).stderr
    assert "is there already and would be overwritten: name a new file" in " ".join(said.split())
    assert report.read_text() == before
    assert seen(managed, f"RP-{kind}") is None


@pytest.mark.parametrize("where", ["missing/report", "units.csv/report"])
def test_a_report_that_cannot_be_made_is_told_before_the_import(managed: Managed, tmp_path: Path, where: str) -> None:
    file = put(tmp_path / "units.csv", "RP-none")
    said = run("unit", "import", str(file), "--report", str(tmp_path / where), code=2).stderr
    assert ("can't be written" in said, "Traceback" in said) == (True, False)
    assert seen(managed, "RP-none") is None


def test_a_report_on_a_full_disk_is_told_with_what_is_in(managed: Managed, tmp_path: Path) -> None:
    file = put(tmp_path / "units.csv", "RP-full")
    said = run("unit", "import", str(file), "--report", "/dev/full", code=1).stderr
    assert "the report is not complete: No space left on device; 1 rows are in" in " ".join(said.split())
    assert seen(managed, "RP-full") is not None


def test_a_file_that_is_refused_leaves_the_name_of_the_report_free(managed: Managed, tmp_path: Path) -> None:
    file, report = tmp_path / "units.csv", tmp_path / "report"
    file.write_text("unit_id,site_id,colour\n")
    run("unit", "import", str(file), "--customer", "c-a", "--report", str(report), code=1)
    run("unit", "import", str(put(file, "RP-again")), "--report", str(report), code=1)
    assert [json.loads(line)["line"] for line in report.read_text().splitlines()] == [3]


def test_only_a_regular_file_is_read(managed: Managed, tmp_path: Path) -> None:
    """A pipe would wait for a writer, and again at the second reading."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "device.csv").symlink_to("/dev/zero")
    (tmp_path / "folder.csv").mkdir()
    for name in ("pipe.csv", "device.csv", "folder.csv"):
        run("unit", "import", str(tmp_path / name), "--customer", "c-a", code=2)


@pytest.mark.parametrize("name", ["known.csv", "known.jsonl"])
def test_a_known_column_that_is_ignored_is_left_as_it_is(managed: Managed, tmp_path: Path, name: str) -> None:
    answer("unit", "add", "IG-1", "--site", "c-a-s1", "--customer", "c-a", "--capacity-kg", "630")
    file = tmp_path / name
    rows = {"unit_id": "IG-1", "site_id": "c-a-s1", "customer_id": "nobody", "capacity_kg": "999", "serial_number": "S"}
    lines = ",".join(rows) + "\n" + ",".join(rows.values())
    file.write_text(lines if name.endswith(".csv") else json.dumps(rows))
    words = ("--ignore", "Capacity_kg", "--ignore", "customer_id")
    answer("unit", "import", str(file), "--customer", "c-a", *words)
    assert (seen(managed, "IG-1")["capacity"], seen(managed, "IG-1")["serialNumber"]) == (630, "S")
    said = run("unit", "import", str(file), "--customer", "c-a", "--ignore", "unit_id", code=1).stderr
    assert "missing columns: unit_id" in said
