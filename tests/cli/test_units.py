"""Units: one by one, and from files of which no bad row costs a good one."""

import json
from pathlib import Path
from typing import Any

import pytest

from hoistway.commands import unit_import
from tests.attacks.asking import bearer, daemon_token
from tests.cli.conftest import Managed
from tests.cli.running import answer, run


def seen(managed: Managed, unit: str, client: str = "daemon") -> Any:
    reply = bearer(managed.served, daemon_token(managed.served, client), f"/api/v1/units/{unit}")
    return reply.json() if reply.status_code == 200 else None


def imported(tmp_path: Path, name: str, content: str | bytes, *more: str, code: int = 0) -> Any:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return answer("unit", "import", str(file), *more, code=code)


ATTRIBUTES = {
    "--type": "escalator", "--controller-number": "3001", "--controller-type": "E.COR", "--capacity-kg": "1275",
    "--controller-description": "Escalator control", "--car-type": "single", "--contract-speed-mps": "0.5",
    "--serial-number": "SN1", "--equipment-number": "own-7", "--role": "manager",
    "--floors": '[{"id": "1", "marking": "L", "level": 0}]',
}  # fmt: skip


def test_one_unit_with_all_its_attributes(managed: Managed) -> None:
    words = [word for pair in ATTRIBUTES.items() for word in pair]
    made = answer("unit", "add", "US-new", "--site", "c-a-s1", "--customer", "c-a", *words)
    assert (made["id"], made["capacity_kg"], made["disabled_at"]) == ("US-new", 1275, None)
    body = seen(managed, "US-new")
    assert (body["equipmentType"], body["contractSpeed"], body["capacity"]) == ("escalator", 0.5, 1275)
    assert (body["role"], body["customerEquipmentNumber"], body["serialNumber"]) == ("manager", "own-7", "SN1")
    assert body["floors"] == [{"id": "1", "marking": "L", "level": 0}]
    assert seen(managed, "US-new", "daemon-b") is None
    answer("unit", "grant", "US-new", "--customer", "c-b", "--role", "owner", "--number", "b-1")
    assert seen(managed, "US-new", "daemon-b")["role"] == "owner"


def test_every_customer_finds_a_moved_unit_where_it_is(managed: Managed) -> None:
    answer("unit", "add", "US-moved", "--site", "c-a-s1", "--customer", "c-a")
    answer("unit", "grant", "US-moved", "--customer", "c-b")
    answer("unit", "add", "US-moved", "--site", "c-a-s2", "--customer", "c-a", "--type", "escalator")
    for client in ("daemon", "daemon-b"):
        token = daemon_token(managed.served, client)
        for params, found in (({"site": "c-a-s1"}, False), ({"site": "c-a-s2", "type": "escalator"}, True)):
            items = bearer(managed.served, token, **params).json()["items"]
            assert ("US-moved" in {item["unitId"] for item in items}) is found


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("US-x", "--site", "nowhere", "--customer", "c-a"), 1),
        (("US-x", "--site", "c-a-s1", "--customer", "nobody"), 1),
        (("US-x", "--site", "c-a-s1"), 2),
        (("US-x", "--site", "c-a-s1", "--customer", "c-a", "--type", "paternoster"), 2),
        (("US-x", "--site", "c-a-s1", "--customer", "c-a", "--capacity-kg", "-1"), 2),
        (("US-x", "--site", "c-a-s1", "--customer", "c-a", "--capacity-kg", "nan"), 2),
        (("US-x", "--site", "c-a-s1", "--customer", "c-a", "--floors", "{}"), 2),
        (("x" * 101, "--site", "c-a-s1", "--customer", "c-a"), 2),
    ],
)
def test_a_unit_that_cannot_be(managed: Managed, words: tuple[str, ...], code: int) -> None:
    run("unit", "add", *words, code=code)
    run("unit", "show", words[0], code=1)


CSV = """unit_id,site_id,equipment_type,capacity_kg,floors,ignored
US-1,s-1,elevator,630,,x
,s-1,elevator,630,
US-3,s-1,paternoster,630,

US-4,s-1,elevator,nan,
US-5,s-1,elevator,1e400,
US-6,s-1,elevator,630,[NaN]
US-7,s-1,escalator,,"[{""id"":""1"",""marking"":""L"",""level"":0}]",
US-8
US-9,s-1,elevator,630,,x,too,many
"""


def test_bad_rows_are_reported_with_their_line_and_lose_nothing_else(managed: Managed, tmp_path: Path) -> None:
    done = imported(tmp_path, "units.csv", CSV, "--customer", "c-a", "--ignore", "Ignored", code=1)
    assert (done["imported"], done["refused"]) == (2, 7)
    assert [row["line"] for row in done["refusals"]] == [3, 4, 6, 7, 8, 10, 11]
    assert seen(managed, "US-7")["floors"][0]["marking"] == "L"
    assert seen(managed, "US-1")["capacity"] == 630


def test_rows_nobody_can_store(managed: Managed, tmp_path: Path) -> None:
    good = [json.dumps({"unit_id": f"J-{n}", "site_id": "s-1", "capacity_kg": n}).encode() for n in range(8)]
    bad = (
        b'{"unit_id": "J-\\u0000", "site_id": "s-1"}', b'{"unit_id": "J-\\ud800", "site_id": "s-1"}',
        b'{"unit_id": "J-\xff", "site_id": "s-1"}', b"[" * 100_000, b"{}", b"[]", b"nothing", b'{"unit_id": true, "site_id": "s-1"}',
        b'{"unit_id": "J-x", "site_id": "s-1", "capacity_kg": ' + b"9" * 5000 + b"}",
        b'{"unit_id": "J-x", "site_id": "s-1", "floors": {"a": 1}}', b'{"unit_id": ["a"], "site_id": "s-1"}',
        b'{"unit_id": "J-x", "site_id": "s-1", "street": "' + b"x" * 70_000 + b'"}',
    )  # fmt: skip
    report = tmp_path / "report.jsonl"
    lines = [line for pair in zip(good, bad, strict=False) for line in pair] + list(bad[len(good) :])
    done = imported(tmp_path, "units.jsonl", b"\n".join(lines), "--customer", "c-a", "--report", str(report), code=1)
    assert (done["imported"], done["refused"]) == (len(good), len(bad))
    expected = [number for number, line in enumerate(lines, 1) if line in bad]
    assert [row["line"] for row in done["refusals"]] == expected
    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert sorted(row["line"] for row in told) == expected
    assert all(row["because"] for row in told)
    assert seen(managed, "J-7")["capacity"] == 7


QUOTED = """unit_id,site_id,capacity_kg,site_name,street
Q-1,s-q1,630,"A ""house"", as it is called","1 Quay, left
second line"
"Q-2,s-q,630,,
Q-3,s-q,630,,
Q-4,s-q,630,"never ended,
Q-5,s-q,630,12" pipe works,
Q-6,s-q,630,a "b" c,"open
Q-7,s-q,630,"Quay House","ends
here"
"Q-8
8",s-q,630,,
Q-9,s-q,630,"Quay House",
""" + "".join(f"Q-1{number},s-q,630,,\n" for number in range(5000))


def test_a_quotation_that_never_ends(managed: Managed, tmp_path: Path) -> None:
    """RFC 4180 section 2: line breaks may be in quoted fields; where one was forgotten, only its own line is lost."""
    done = imported(tmp_path, "quoted.csv", QUOTED, "--customer", "c-a", code=1)
    assert [refusal["line"] for refusal in done["refusals"]] == [4, 6, 8, 12]
    assert ["a quotation begins" in refusal["because"] for refusal in done["refusals"]] == [True, True, True, False]
    assert done["imported"] == 5 + 5000
    assert seen(managed, "Q-1")["site"]["street"] == "1 Quay, left\nsecond line"
    assert [bool(seen(managed, f"Q-{number}")) for number in range(1, 10)] == [
        True, False, True, False, True, False, True, False, True,
    ]  # fmt: skip


def test_an_id_without_control_characters(managed: Managed, tmp_path: Path) -> None:
    rows = json.dumps({"unit_id": "N\n1", "site_id": "s"}) + "\n" + json.dumps({"unit_id": "N-2", "site_id": "s\tx"})
    done = imported(tmp_path, "ids.jsonl", rows, "--customer", "c-a", code=1)
    assert [refusal["line"] for refusal in done["refusals"]] == [1, 2]


def test_a_csv_with_what_is_no_utf8(managed: Managed, tmp_path: Path) -> None:
    rows = [b"\xef\xbb\xbfunit_id,site_id,city", b"C-1,s-9,M\xc3\xbcnchen", b"C-2,s-9,M\xfcnchen", b"C-3,s-9,\x00"]
    done = imported(tmp_path, "units.csv", b"\r\n".join(rows), "--customer", "c-a", code=1)
    assert (done["imported"], [row["line"] for row in done["refusals"]]) == (1, [3, 4])
    assert seen(managed, "C-1")["site"]["city"] == "München"


@pytest.mark.parametrize("share", [1, 7])
def test_many_batches_and_unknown_customers(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    """The customer is asked for once, not for each of its rows; good rows around are kept."""
    monkeypatch.setattr(unit_import, "BATCH", 50)
    rows = [{"unit_id": f"M{share}-{n:04}", "site_id": f"m-{n // 9}", "customer_id": "c-a"} for n in range(500)]
    for row in rows[::share]:
        row["customer_id"] = "nobody"
    done = imported(tmp_path, "units.jsonl", "\n".join(json.dumps(row) for row in rows), code=1)
    refused = len(rows[::share])
    assert (done["imported"], done["refused"]) == (500 - refused, refused)
    assert [row["line"] for row in done["refusals"]] == [number + 1 for number in range(0, 500, share)][:20]


def test_what_spoils_a_batch_is_found_by_halving(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer that is removed while the import runs: it was there when asked for."""

    async def always(*_args: object) -> bool:
        return True

    monkeypatch.setattr(unit_import, "find_customer", always)
    rows = [{"unit_id": f"H-{n:03}", "site_id": "h-1", "customer_id": "c-a"} for n in range(300)]
    for bad in (0, 117, 118, 299):
        rows[bad]["customer_id"] = "nobody"
    done = imported(tmp_path, "units.jsonl", "\n".join(json.dumps(row) for row in rows), code=1)
    assert (done["imported"], [row["line"] for row in done["refusals"]]) == (296, [1, 118, 119, 300])


def test_a_second_row_with_one_id_is_named_with_both_lines(managed: Managed, tmp_path: Path) -> None:
    """The same unit for another customer is no second one."""
    rows = [{"unit_id": "T-1", "site_id": "s-1", "capacity_kg": kg, "customer_id": "c-a"} for kg in (1, 2, 3)]
    rows.insert(1, {**rows[0], "customer_id": "c-b"})
    done = imported(tmp_path, "units.jsonl", "\n".join(json.dumps(row) for row in rows), code=1)
    assert (done["imported"], [row["line"] for row in done["refusals"]]) == (2, [3, 4])
    assert all("T-1 is on line 1 already" in row["because"] for row in done["refusals"])
    assert seen(managed, "T-1")["capacity"] == 1


def test_a_row_without_an_address_leaves_the_site_as_it_is(managed: Managed, tmp_path: Path) -> None:
    answer("site", "add", "s-known", "--name", "Town hall", "--city", "Ulm")
    imported(tmp_path, "units.csv", "unit_id,site_id\nK-1,s-known\nK-2,s-fresh\n", "--customer", "c-a")
    assert (seen(managed, "K-1")["site"]["name"], seen(managed, "K-1")["site"]["city"]) == ("Town hall", "Ulm")
    assert seen(managed, "K-2")["site"]["name"] == "s-fresh"


def test_files_that_are_none(managed: Managed, tmp_path: Path) -> None:
    run("unit", "import", str(tmp_path / "missing.csv"), code=2)
    (tmp_path / "units.txt").write_text("")
    run("unit", "import", str(tmp_path / "units.txt"), code=2)
    for name, content in (("a.csv", ""), ("b.jsonl", "\n\n"), ("c.csv", "unit_id,site_id\n,,\n"), ("d.csv", "sep=;\n")):
        (tmp_path / name).write_text(content)
        refused = run("unit", "import", str(tmp_path / name), "--customer", "c-a", code=1)
        assert "the file holds no rows" in refused.output or "the file is empty" in refused.output
