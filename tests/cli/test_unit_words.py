"""Rows that a reader could take in two ways, or not at all: each is refused by its line, in words that name the column and the fix."""

import json
import tracemalloc
from pathlib import Path

import pytest

from tests.cli.conftest import Managed
from tests.cli.running import run
from tests.cli.test_units import imported, seen

START = '{"unit_id": "WO-1", "site_id": "c-a-s1", '
HEAD = "unit_id,site_id,capacity_kg\n"


def because(tmp_path: Path, name: str, content: str) -> str:
    """Of its one bad row."""
    done = imported(tmp_path, name, content, "--customer", "c-a", code=1)
    assert (done["imported"], done["refused"]) == (0, 1)
    return str(done["refusals"][0]["because"])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1,000", "write 1000 if it separates thousands, 1.000 if it is decimal"),
        ("630,000", "write 630000 if it separates thousands, 630.000 if it is decimal"),
        ("0,500", "has a decimal comma: write 0.500"),
        ("1234,567", "has a decimal comma: write 1234.567"),
        ("1,5", "has a decimal comma: write 1.5"),
    ],
)
def test_a_comma_before_three_digits_has_two_readings(
    managed: Managed, tmp_path: Path, written: str, said: str
) -> None:
    assert said in because(tmp_path, "comma.csv", HEAD + f'WO-1,c-a-s1,"{written}"\n')


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('"WO-1"x,c-a-s1,', "text stands behind the end of a quotation"),
        ('"WO-1" ,c-a-s1,', "text stands behind the end of a quotation"),
        ("WO-1,c-a-s1,," + "x", "too many columns, 4 where the first line has 3: a text that holds the separator"),
        ("WO-1,c-a-s1", "too few columns, 2 where the first line has 3: the file may be cut off"),
        ("WO-1,c-a-s1," + "x" * 140_000, "a column has more than 131072 characters: shorten it"),
    ],
)
def test_a_row_of_a_csv_that_is_none(managed: Managed, tmp_path: Path, row: str, said: str) -> None:
    done = imported(tmp_path, "row.csv", HEAD + row + "\nWO-2,c-a-s1,630\n", "--customer", "c-a", code=1)
    assert (done["imported"], [refusal["line"] for refusal in done["refusals"]]) == (1, [2])
    assert said in done["refusals"][0]["because"]
    assert seen(managed, "WO-1") is None


def test_a_file_that_was_cut_off_takes_no_value_away(managed: Managed, tmp_path: Path) -> None:
    head = "unit_id,site_id,capacity_kg,car_type\n"
    imported(tmp_path, "whole.csv", f"{head}WO-8,c-a-s1,630,A\nWO-9,c-a-s1,800,B\n", "--customer", "c-a")
    done = imported(tmp_path, "cut.csv", f"{head}WO-8,c-a-s1,630,A\nWO-9,c-a-s1", "--customer", "c-a", code=1)
    assert [refusal["line"] for refusal in done["refusals"]] == [3]
    unit = seen(managed, "WO-9")
    assert unit is not None
    assert unit["capacity"] == 800


@pytest.mark.parametrize("name", ["long.csv", "long.jsonl", "marked.csv"])
def test_a_line_without_an_end_is_refused_before_it_is_held(managed: Managed, tmp_path: Path, name: str) -> None:
    file, head = tmp_path / name, (HEAD if name.endswith("csv") else "{}\n").encode()
    with file.open("wb") as out:
        out.write(head if name != "marked.csv" else b"\xef\xbb\xbf" + head)
        # A hole: it takes no room on the disk.
        out.truncate(2**31)
    tracemalloc.start()
    try:
        said = run("unit", "import", str(file), "--customer", "c-a", code=1).stderr
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()
    assert "line 2 has more than 1048576 characters" in said


def test_a_first_line_with_text_behind_a_quotation(managed: Managed, tmp_path: Path) -> None:
    (tmp_path / "head.csv").write_text('"unit_id"x,site_id\nWO-1,c-a-s1\n')
    said = run("unit", "import", str(tmp_path / "head.csv"), "--customer", "c-a", code=1).stderr
    assert "the first line can't be read" in said


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ('"unit_id": "WO-2"}', "the row names 'unit_id' twice"),
        ('"unit\\u005fid": "WO-2"}', "the row names 'unit_id' twice"),
        ('"floors": [{"id": "1", "id": "2", "marking": "L"}]}', "the row names 'id' twice"),
        ('"capacity_kg": 1e400}', "capacity_kg is a number with too many digits or too large an exponent"),
        ('"capacity_kg": ' + "9" * 5000 + "}", "capacity_kg is a number with too many digits"),
        ('"street": "a\\ud800"}', "'street' holds \\ud800, which is half of a character"),
        ('"floors": ' + "[" * 5000 + "]" * 5000 + "}", "floors is nested too deep"),
        ('"street": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}", "a value is nested too deep"),
        ('"street": "a"', "not a JSON object in UTF-8"),
    ],
)
def test_an_object_that_is_none_is_explained(managed: Managed, tmp_path: Path, rest: str, said: str) -> None:
    assert said in because(tmp_path, "row.jsonl", START + rest)


def test_colons_in_texts_are_no_members(managed: Managed, tmp_path: Path) -> None:
    row = {"unit_id": "WO:3", "site_id": "c-a-s1", "floors": [{"id": "a:b", "marking": "L"}], "serial_number": "x: y"}
    imported(tmp_path, "colons.jsonl", json.dumps(row), "--customer", "c-a")
    assert seen(managed, "WO:3")["serialNumber"] == "x: y"


@pytest.mark.parametrize("unit", [".", ".."])
def test_an_id_that_no_address_can_name(managed: Managed, tmp_path: Path, unit: str) -> None:
    """RFC 3986 section 5.2.4."""
    assert f"unit_id is {unit}, which clients take out of an address" in because(
        tmp_path, "dots.csv", HEAD + f"{unit},c-a-s1,\n"
    )
    run("unit", "add", unit, "--site", "c-a-s1", "--customer", "c-a", code=2)
