"""Files of records, whole and broken, read from memory and in blocks: each record once with its line, or where and why it can't be read."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoistway.imports import records, scanning
from hoistway.imports.records import BadFile, Facts, records_of
from hoistway.imports.report import BadReport, Refusal, Report
from hoistway.imports.scanning import Cut, Malformed, scan
from hoistway.imports.sources import BadSource, fingerprint, sources_of

PEOPLE = [{"id": "1", "name": 'a "quoted" } text'}, {"id": "2", "list": [{"value": [1]}]}, {"id": "3", "name": "Zoë"}]
PRETTY = json.dumps(
    {"@odata.context": "x", "value": PEOPLE, "@odata.nextLink": "https://n"}, indent=1, ensure_ascii=False
)
FORMS = {
    "a page": json.dumps({"value": PEOPLE}).encode(),
    "a page that was printed": PRETTY.encode(),
    "an array": json.dumps(PEOPLE).encode(),
    "a line each": b"".join(json.dumps(one).encode() + b"\n" for one in PEOPLE),
    "blank lines and no last line end": b"\n\r\n".join(json.dumps(one).encode() for one in PEOPLE),
    "one after another": b" ".join(json.dumps(one).encode() for one in PEOPLE),
    "pages one after another": b"\n".join(json.dumps({"value": [one]}).encode() for one in PEOPLE),
    "with a byte order mark": b"\xef\xbb\xbf" + json.dumps(PEOPLE).encode(),
}


@pytest.fixture(params=["whole", "in blocks"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "in blocks":
        monkeypatch.setattr(records, "WHOLE", 0)
        monkeypatch.setattr(records, "_BLOCK", 7)
    return str(request.param)


def read(folder: Path, data: bytes, facts: Facts | None = None) -> list[tuple[int, object, str]]:
    file = folder / "users.json"
    file.write_bytes(data)
    [source] = sources_of([file])
    found = records_of(source, facts or Facts())
    return [(one.line, None if one.because else json.loads(bytes(one.raw)), one.because) for one in found]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_records(tmp_path: Path, way: str, form: str) -> None:
    assert [one for _, one, _ in read(tmp_path, FORMS[form])] == PEOPLE


def test_a_record_has_its_line(tmp_path: Path, way: str) -> None:
    text = PRETTY.split("\n")
    assert [line for line, _, _ in read(tmp_path, PRETTY.encode())] == [
        number for number, line in enumerate(text, 1) if line == "  {"
    ]
    assert [line for line, _, _ in read(tmp_path, FORMS["blank lines and no last line end"])] == [1, 3, 5]


@pytest.mark.parametrize("members", ["value first", "value last"])
def test_a_page_tells_whether_another_follows(tmp_path: Path, way: str, members: str) -> None:
    link = {"@odata.nextLink": "https://n"}
    said = {"value": PEOPLE, **link} if members == "value first" else {**link, "value": PEOPLE}
    facts = Facts()
    read(tmp_path, json.dumps(said).encode(), facts)
    assert (facts.pages, facts.has_next) == (1, True)
    facts = Facts()
    read(tmp_path, json.dumps(said).encode() + b"\n" + FORMS["a page"], facts)
    assert (facts.pages, facts.has_next) == (2, False)
    facts = Facts()
    read(tmp_path, json.dumps({"value": PEOPLE, "@odata.nextLink": None}).encode(), facts)
    assert not facts.has_next


BROKEN = {
    "cut within a record": (FORMS["a page"][:60], "it ends within a record"),
    "cut within a text": (FORMS["a page"][:25], "it ends within a record"),
    "cut between records": (FORMS["an array"][: FORMS["an array"].rindex(b"{")], "it ends within a record"),
    "cut within a line": (FORMS["a line each"][:-9], "it ends within a record"),
    "a bracket too many": (b'{"value": [{"id": 1}]]}', "] closes nothing"),
    "UTF-16": (json.dumps(PEOPLE).encode("utf-16"), "it is in UTF-16: save it as UTF-8"),
    "Latin-1": (FORMS["an array"].replace(b'"3"', '"Zoë"'.encode("latin-1")), "it is no text in UTF-8"),
    "empty": (b" \n", "it is empty"),
    "a web page": (b"<html>Sign in</html>", "it is no JSON"),
    "gzip": (b"\x1f\x8b\x08\x00rest", "it is packed (gzip): unpack it first"),
    "zip": (b"PK\x03\x04rest", "it is packed (zip)"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_says_where_and_why(tmp_path: Path, way: str, kind: str) -> None:
    data, because = BROKEN[kind]
    with pytest.raises(BadFile) as refused:
        read(tmp_path, data)
    assert because in str(refused.value)
    assert str(refused.value).startswith("users.json")


def test_a_place_is_a_line_and_a_column(tmp_path: Path, way: str) -> None:
    data = PRETTY.encode()
    at = data.index("Zoë".encode())
    with pytest.raises(BadFile) as refused:
        read(tmp_path, data[:at] + b"Zo\xeb" + data[at + 4 :])
    line = PRETTY[: PRETTY.index("Zoë")].count("\n") + 1
    assert refused.value.line == line
    with pytest.raises(BadFile) as refused:
        read(tmp_path, b'[\n {"id": 1}\n}')
    assert (refused.value.line, refused.value.column) == (3, 1)


def test_a_wrong_line_loses_no_other(tmp_path: Path, way: str) -> None:
    data = b'{"id": 1}\n{"id": }\nnothing\n[1]\n{"id": 2}\n'
    found = read(tmp_path, data)
    assert [one for _, one, _ in found] == [{"id": 1}, None, None, None, {"id": 2}]
    assert [line for line, _, because in found if "no JSON object" in because] == [2, 3, 4]


def test_a_line_without_end_is_left_out(tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_RECORD", 1000)
    data = b'{"id": 1}\n{"id": "' + b"x" * 5000 + b'"}\n{"id": 3}\n'
    assert [(line, bool(because)) for line, _, because in read(tmp_path, data)] == [(1, False), (2, True), (3, False)]


def test_a_record_without_end_stops_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "LONGEST_RECORD", 10_000)
    asked = 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        yield b'{"value": [{"id": "'
        while True:
            asked += 1
            yield b"x" * 1000

    with pytest.raises(Malformed, match="more than"):
        list(scan(endless()))
    assert asked < 20


@pytest.mark.parametrize("sign", [b"[", b'{"a":'])
def test_nesting_without_end_costs_little(sign: bytes) -> None:
    with pytest.raises(Malformed):
        list(scan(iter([sign * 300_000])))
    deep = b'[{"a":' + b"[" * 500 + b"]" * 500 + b'}, {"id": 2}]'
    found = list(scan(iter([deep])))
    assert ["nested" in one.because for one in found] == [True, False]


def test_half_a_sign_at_the_end_of_a_block_is_none() -> None:
    data = '[{"a": "\\"}\\\\", "b": "ü{"}, {"c": "\\u007b"}]'.encode()
    for size in range(1, len(data)):
        blocks = [data[at : at + size] for at in range(0, len(data), size)]
        assert [json.loads(one.raw) for one in scan(iter(blocks))] == json.loads(data), size
    with pytest.raises(Cut):
        list(scan(iter([data[:20]])))


def test_files_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("users-10.json", "users-9.json", "users-1.json", "notes.txt", ".hidden.json"):
        (tmp_path / name).write_text("[]")
    assert [one.name for one in sources_of([tmp_path])] == ["users-1.json", "users-9.json", "users-10.json"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadSource, match="no file whose name ends"):
        sources_of([tmp_path / "empty"])
    with pytest.raises(BadSource, match="two files are called"):
        sources_of([tmp_path, tmp_path / "users-1.json"])


def test_other_files_or_another_mapping_are_another_import(tmp_path: Path) -> None:
    file = tmp_path / "users.json"
    file.write_bytes(b"x" * 200_000)
    prints = {fingerprint("b2c", sources_of([file]), mapping) for mapping in (b"", b"a")}
    for at in (0, 199_999):
        changed = bytearray(b"x" * 200_000)
        changed[at] = 0
        file.write_bytes(changed)
        prints.add(fingerprint("b2c", sources_of([file]), b""))
    assert len(prints) == 4
    assert fingerprint("b2c", sources_of([file]), b"") in prints


def test_a_report_belongs_to_one_import_at_a_time(tmp_path: Path) -> None:
    """Two that go on with the same report would cut each other's lines."""
    path = tmp_path / "report.ndjson"
    with Report(path) as report:
        report.add([Refusal("users.json", 1, None, "x")])
        for goes_on in (True, False):
            with pytest.raises(BadReport, match=r"written by another import|is there already"):
                Report(path, report.length, goes_on=goes_on)
        with pytest.raises(BadReport, match=r"written by another import"):
            Report(path, report.length, goes_on=True)
    assert path.stat().st_size == report.length
    with Report(path, report.length, goes_on=True):
        """It goes on once the other one has ended."""
