"""Files as programs and people write them: what separates their columns, how they are encoded, which columns they have."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.cli.test_units import imported, seen


def refused(tmp_path: Path, name: str, content: str, *more: str) -> str:
    """What is said of a file of which nothing was imported."""
    file = tmp_path / name
    file.write_text(content)
    return " ".join(run("unit", "import", str(file), *more, code=1).stderr.split())


ADDRESS = "1 Quay\n2nd yard, left\n\nthird floor\n" + "\n".join(f"line {number}" for number in range(40))


def test_a_cell_of_many_lines(managed: Managed, tmp_path: Path) -> None:
    """RFC 4180 section 2, rule 6. A quotation that never ends before and behind it costs its own line alone."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("unit_id", "site_id", "street", "city"))
    text.write('"never ends,s,street,city\n')
    rows.writerow(("L-1", "s-lines", ADDRESS, "Ulm"))
    text.write('L-2,s-2,"never ends,\n')
    rows.writerow(("L-3", "s-3", 'a "b" c', "Ulm"))
    done = imported(tmp_path, "lines.csv", text.getvalue(), "--customer", "c-a", code=1)
    last = 2 + len(ADDRESS.splitlines()) + 1
    assert [row["line"] for row in done["refusals"]] == [2, last]
    assert done["imported"] == 2
    assert seen(managed, "L-1")["site"]["street"] == ADDRESS
    assert seen(managed, "L-3")["site"]["street"] == 'a "b" c'


def test_the_console_s_name_of_the_number_is_taken_where_nothing_else_can_be_meant(
    managed: Managed, tmp_path: Path
) -> None:
    assert imported(tmp_path, "id.csv", "id,site_id\nM-9,c-a-s1\n", "--customer", "c-a")["imported"] == 1
    assert seen(managed, "M-9")["site"]["siteId"] == "c-a-s1"
    both = refused(tmp_path, "both.csv", "id,unit_id,site_id\n1,M-9,c-a-s1\n", "--customer", "c-a")
    assert "unknown columns: 'id'" in both
    without = refused(tmp_path, "without.csv", "id,site_id\n1,c-a-s1\n", "--customer", "c-a", "--ignore", "id")
    assert "missing columns: unit_id" in without


def test_a_misspelt_column_is_named_before_anything_is_written(managed: Managed, tmp_path: Path) -> None:
    answer("unit", "add", "M-1", "--site", "c-a-s1", "--customer", "c-a", "--capacity-kg", "630")
    said = refused(tmp_path, "m.csv", "unit_id,site_id,capacity,colour\nM-1,c-a-s1,800,red\n", "--customer", "c-a")
    assert "unknown columns: 'capacity' (did you mean capacity_kg?), 'colour'" in said
    assert "--ignore" in said
    said = refused(tmp_path, "m.jsonl", '{"unit_id": "M-1", "site_id": "c-a-s2"}\n{"capacity": 1}', "--customer", "c-a")
    assert "'capacity' (did you mean capacity_kg?)" in said
    assert (seen(managed, "M-1")["capacity"], seen(managed, "M-1")["site"]["siteId"]) == (630, "c-a-s1")
    assert "missing columns: site_id, customer_id. Add them or give --customer." in refused(
        tmp_path, "n.csv", "unit_id\nM-2\n"
    )
    assert "names city twice" in refused(tmp_path, "t.csv", "unit_id,site_id,city,City\n", "--customer", "c-a")


@pytest.mark.parametrize("name", ["only.csv", "only.jsonl"])
def test_only_the_columns_of_the_file_are_changed(managed: Managed, tmp_path: Path, name: str) -> None:
    words = (
        "--type",
        "escalator",
        "--capacity-kg",
        "630",
        "--serial-number",
        "SN-9",
        "--equipment-number",
        "own",
        "--role",
        "manager",
    )
    for unit in ("O-1", "O-2"):
        answer("unit", "add", unit, "--site", "c-a-s1", "--customer", "c-a", *words)
    answer("site", "add", "c-a-s1", "--name", "Known", "--street", "Old 1", "--city", "Ulm")
    rows = [
        {"unit_id": "O-1", "site_id": "c-a-s1", "serial_number": "", "city": "Bonn"},
        {"unit_id": "O-3", "site_id": "c-a-s1", "serial_number": "S", "city": ""},
    ]
    if name.endswith(".csv"):
        content = "unit_id,site_id,serial_number,city\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    else:
        # A row of an object has its own columns; null takes a value away.
        rows.append({"unit_id": "O-2", "site_id": "c-a-s1", "capacity_kg": None})  # type: ignore[dict-item]
        content = "\n".join(json.dumps(row) for row in rows)
    file = tmp_path / name
    file.write_text(content)
    said = run("unit", "import", str(file), "--customer", "c-a").stderr
    assert "left as they are: role" in " ".join(said.split())
    body = seen(managed, "O-1")
    assert (body["equipmentType"], body["capacity"], body["serialNumber"]) == ("escalator", 630, None)
    assert (body["role"], body["customerEquipmentNumber"]) == ("manager", "own")
    assert [body["site"][key] for key in ("name", "street", "city")] == ["Known", "Old 1", "Bonn"]
    fresh = seen(managed, "O-3")
    assert (fresh["equipmentType"], fresh["role"], fresh["serialNumber"]) == ("elevator", "owner", "S")
    other = seen(managed, "O-2")
    assert (other["capacity"], other["serialNumber"]) == (None if name.endswith("l") else 630, "SN-9")


def test_a_command_changes_what_it_is_given(managed: Managed) -> None:
    answer("unit", "add", "G-1", "--site", "c-a-s1", "--customer", "c-a", "--capacity-kg", "630", "--role", "manager")
    made = answer(
        "unit",
        "add",
        "G-1",
        "--site",
        "c-a-s1",
        "--customer",
        "c-a",
        "--type",
        "escalator",
        "--equipment-number",
        "own",
    )
    assert (made["capacity_kg"], made["equipment_type"], made["role"]) == (630, "escalator", "manager")
    answer("unit", "grant", "G-1", "--customer", "c-a")
    assert (seen(managed, "G-1")["role"], seen(managed, "G-1")["customerEquipmentNumber"]) == ("owner", "own")
    answer("site", "add", "s-given", "--name", "One", "--city", "Ulm")
    changed = answer("site", "add", "s-given", "--name", "Two", "--street", "Quay 1")
    assert (changed["name"], changed["street"], changed["city"]) == ("Two", "Quay 1", "Ulm")
    run("unit", "add", "G-1", "--site", "c-a-s1", "--customer", "c-a", "--capacity-kg", "1_6", code=2)


@pytest.mark.parametrize(
    ("begin", "separator", "encoding"),
    [
        ("", ";", "utf-8"), ("", "\t", "utf-8"), ("sep=;\r\n", ";", "utf-8-sig"), ("", "|", "utf-8-sig"),
        ("\r\n", ",", "utf-8"), (";;;;;\r\n\r\n", ";", "utf-8-sig"),
    ],
)  # fmt: skip
def test_what_excel_writes(managed: Managed, tmp_path: Path, begin: str, separator: str, encoding: str) -> None:
    rows = [
        (" Unit_ID ", "site_id", "city", "contract_speed_mps", "", "street"), (" X-1\u00a0", " sx ", "München", "1.6", "", 'a, "b"; c'),
        ("", "", "", "", "", ""), ("X-2", "sx", "Mu\u0308nchen", "1,6", "", ""),
    ]  # fmt: skip
    text = io.StringIO(begin)
    text.seek(0, 2)
    csv.writer(text, delimiter=separator).writerows(rows)
    done = imported(tmp_path, "excel.csv", text.getvalue().encode(encoding), "--customer", "c-a", code=1)
    first = 1 + begin.count("\n")
    assert (done["imported"], done["refusals"][0]["line"]) == (1, first + 3)
    assert "contract_speed_mps has a decimal comma: write 1.6 for 1,6" in done["refusals"][0]["because"]
    body = seen(managed, "X-1")
    assert (body["site"]["siteId"], body["site"]["city"], body["site"]["street"]) == ("sx", "München", 'a, "b"; c')


def test_a_separator_that_nobody_knows(managed: Managed, tmp_path: Path) -> None:
    said = refused(tmp_path, "odd.csv", "unit_id:site_id\nX:1\n", "--customer", "c-a")
    assert "commas, semicolons, tabs, bars" in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_objects_with_a_byte_order_mark(managed: Managed, tmp_path: Path, encoding: str) -> None:
    rows = [{"unit_id": f" B-{n} ", "site_id": "s-1 ", "serial_number": "Mu\u0308n  chen"} for n in (1, 2)]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert imported(tmp_path, "b.jsonl", text.encode(encoding), "--customer", "c-a")["imported"] == 2
    assert seen(managed, "B-1")["serialNumber"] == "Mün chen"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_another_encoding_is_named(managed: Managed, tmp_path: Path, name: str, encoding: str) -> None:
    """Unit import, user import and the console say the same."""
    file = tmp_path / name
    file.write_bytes("unit_id,username\nX-1,x\n".encode(encoding))
    for words, code in ((("unit", "import", str(file), "--customer", "c-a"), 1), (("user", "import", str(file)), 2)):
        assert "is in UTF-16: save it as UTF-8" in " ".join(run(*words, code=code).stderr.split())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"capacity_kg": "1_6"}, "in digits 0 to 9"), ({"capacity_kg": "١٢٣"}, "in digits 0 to 9"),
        ({"capacity_kg": 630.9}, "whole number of kilograms"),
        ({"contract_speed_mps": "1,6"}, "decimal comma"), ({"contract_speed_mps": "1.600,5"}, "in digits 0 to 9"),
        ({"unit_id": "a\u200bb"}, "U+200B"),
        ({"site_name": "x\u202ey"}, "U+202E"), ({"street": "x\u200by"}, "U+200B"), ({"site_id": "a\nb"}, "a line break"),
        ({"capacity_kg": True}, "text or a number"),
    ],
)  # fmt: skip
def test_a_value_that_is_none_is_explained(managed: Managed, tmp_path: Path, values: dict[str, Any], said: str) -> None:
    row = json.dumps({"unit_id": "V-1", "site_id": "s-1", **values})
    done = imported(tmp_path, "v.jsonl", row, "--customer", "c-a", code=1)
    assert said in done["refusals"][0]["because"]
    assert seen(managed, "V-1") is None
