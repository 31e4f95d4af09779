"""Row 68: files of another system that were cut, doubled, made large or made up: nothing is half-imported, and nobody's account is another's."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.users import User, find_user
from tests.attacks.overtaken import everything
from tests.cli.running import point_at, run
from tests.imports.graph import MAPPING, attribute, federated, lines, local, mapping, oid, page, user, written
from tests.imports.test_resume import rows
from tests.store.test_schema import on
from tests.world import make_world

CUT = page([user(number) for number in range(40)])
WHOLE: Mapping[str, bytes] = {
    "cut in the middle": CUT[: len(CUT) // 2],
    "cut behind a record": CUT[: CUT.index(b', {"id"')],
    "cut by a byte": CUT[:-1],
    "doubled": CUT + CUT[: len(CUT) // 3],
    "of another encoding": CUT.replace(b"Person 39", "Zoë".encode("latin-1")),
    "packed": b"PK\x03\x04" + CUT,
    "a bomb that was packed": b"\x1f\x8b" + b"\0" * 1000,
    "a page for people": b"<!doctype html><title>Sign in</title>",
    "nested without end": b"[" * 200_000,
    "nested without end in a record": b'{"value": [{"id": ' + b'{"a":' * 120_000,
    "a record without end": b'{"value": [{"id": "' + b"x" * 3_000_000,
}


def bring(folder: Path, data: bytes, code: int, name: str = "users.json", text: str = MAPPING) -> Any:
    files = written(folder / "export", name, data)
    return run("import", "b2c", str(files), "--mapping", mapping(folder, text), "--json", code=code)


def left_out(folder: Path, *records: Any, code: int = 1) -> list[tuple[int, str]]:
    said = json.loads(bring(folder, lines(records), code, "users.ndjson").stdout)
    return [(one["line"], one["because"]) for one in said["refusals"]]


@pytest.fixture
def world(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    return migrated_url


def person(url: str, word: object) -> User | None:
    return on(url, lambda db: find_user(db, UserId(oid(word))))


def test_a_file_that_is_not_whole_imports_nothing(world: str, tmp_path: Path) -> None:
    """Row 68: also where another file beside it is whole; with the place and what to do."""
    written(tmp_path / "export", "first.json", page([user("whole")]))
    before = on(world, everything)
    for kind, data in WHOLE.items():
        told = bring(tmp_path, data, 4).stderr
        assert "hoistway: users.json" in told, kind
        assert "nothing was imported: 1 file can't be read" in told, kind
        assert "Traceback" not in told, kind
        assert on(world, everything) == before, kind


SAME = {
    "by case": ("Straße@example.com", "STRASSE@EXAMPLE.COM"),
    "by a composed letter": ("zo\u00eb@example.com", "zoe\u0308@example.com"),
    "by width": ("anna@example.com", "\uff41nna@example.com"),
    "by blanks": ("anna b@example.com", "anna  b@example.com"),
}


@pytest.mark.parametrize("how", SAME)
def test_two_names_that_are_one_are_one_account(world: str, tmp_path: Path, how: str) -> None:
    """Row 68: the first keeps it, in one batch, over two runs, as a user name and as a further one."""
    first, second = SAME[how]
    further = user("n3", local("n3@example.com"), local(second, "userName"))
    [(line, because), (other, _)] = left_out(tmp_path, user("n1", local(first)), user("n2", local(second)), further)
    assert (line, other) == (2, 3)
    assert f"is a name of the account {oid('n1')}" in because
    again = left_out(tmp_path, user("n2", local(second)), further, code=1)
    assert len(again) == 2
    assert (person(world, "n2"), person(world, "n3")) == (None, None)


def test_names_of_accounts_that_are_here_are_theirs(world: str, tmp_path: Path) -> None:
    """Row 68: nobody comes in as somebody who is here, nor takes a name by which somebody would."""
    taken = [
        user("t1", local("ANN@example.com")),
        user("t2", local("t2@example.com"), local("Ann@Example.com", "userName")),
        user("t3", local("daemon-a", "userName"), attributes={"AccountType": "technical", "CustomerNumber": "4711"}),
    ]
    before = rows(world)
    assert [line for line, _ in left_out(tmp_path, *taken, code=1)] == [1, 2, 3]
    after = rows(world)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {"imports", "tenants", "tenant_names", "policies"}


def test_ids_are_nobody_elses(world: str, tmp_path: Path) -> None:
    """Row 68: the id of another account, the same id twice, an id in capitals, one that is no GUID."""
    records = [
        user("a"), user("b", id=oid("a")), user("c", id=oid("a").upper()), user("d", id="u-ann"), user("e", id="../../etc"),
        user("f", local("robot", "userName"), id=oid("a"), attributes={"AccountType": "technical", "CustomerNumber": "4711"}),
    ]  # fmt: skip
    assert [line for line, _ in left_out(tmp_path, *records)] == [2, 3, 4, 5, 6]
    found = person(world, "a")
    assert found is not None
    assert found.username == "a@example.com"


def test_nobody_elses_identity_at_a_provider_is_taken(world: str, tmp_path: Path) -> None:
    """Row 68: of two who claim one subject of one issuer, the first has it."""
    twice = [user(word, local(f"{word}@example.com"), federated("https://idp.example", "s")) for word in ("i1", "i2")]
    [(line, because)] = left_out(tmp_path, *twice)
    assert (line, "s at https://idp.example" in because) == (2, True)


HOSTILE = (
    "=cmd|'/c calc'!A1", "<script>alert(1)</script>", "Robert'); DROP TABLE users;--", "{{7*7}}", "%00%0a", "../../../etc/passwd",
    "\u202eevil", "a\u0000b", "\ud800", "\ufeff", "x" * 5000, "\u200b", "\r\nSet-Cookie: x=1",
)  # fmt: skip


def test_hostile_names_are_text_or_refused(world: str, tmp_path: Path) -> None:
    """Row 68: what is not seen is refused; what is seen is text, and nothing else, wherever it stands."""
    records = []
    for number, word in enumerate(HOSTILE):
        records += [
            user(f"h{number}", displayName=word), user(f"k{number}", local(word, "userName")),
            user(f"v{number}", attributes={"Note": word}), {**user(f"m{number}"), attribute("x' OR 1=1"): word},
        ]  # fmt: skip
    data = "".join(json.dumps(one) + "\n" for one in records).encode()
    said = json.loads(bring(tmp_path, data, 1, "users.ndjson").stdout)
    assert said["people"] + said["left_out"] == len(records)
    assert person(world, "h2") is not None
    for row in on(world, everything)["users"].values():
        assert all("\u0000" not in str(value) and "\u202e" not in str(value) for value in row)


def test_a_million_members_and_a_mebibyte_cost_little(world: str, tmp_path: Path) -> None:
    """Row 68: records with members, identities and texts without end are left out, and lose no other."""
    wide = {**user("wide"), **{f"c{number}": 1 for number in range(60_000)}}
    many = user("many", *(local(f"m{number}", "userName") for number in range(8000)))
    columns = {**user("columns"), **{f"extension_{'a' * 32}_c{number}": 1 for number in range(10_000)}}
    long = user("long", displayName="x" * 1_100_000)
    told = left_out(tmp_path, wide, many, columns, long, user("after"))
    assert [line for line, _ in told if line != 1] == [2, 3, 4]
    assert person(world, "after") is not None


def test_one_import_holds_little_in_memory(world: str, tmp_path: Path) -> None:
    """Row 68: a file of 60 MB that is one array is read in blocks."""
    file = tmp_path / "export" / "users.json"
    file.parent.mkdir()
    padding = {f"note{number}": "x" * 500 for number in range(40)}
    with file.open("wb") as out:
        out.write(b"[")
        for number in range(2600):
            out.write((b"" if number == 0 else b",\n") + json.dumps({**user(number), **padding}).encode())
        out.write(b"]")
    assert file.stat().st_size > 50_000_000
    measured = (
        "import sys; from hoistway.cli import main\n"
        "try:\n    main()\nfinally:\n"
        # getrusage(2) would say the size of the process that started this one.
        "    print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0], file=sys.stderr)\n"
    )
    words = ("import", "b2c", str(file), "--mapping", mapping(tmp_path), "--json")
    done = subprocess.run([sys.executable, "-c", measured, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["people"] == 2600
    assert int(done.stderr.split()[-1]) < 200_000, "KiB"


def test_another_tenants_files_take_nothing_of_this_ones(world: str, tmp_path: Path) -> None:
    """Row 68: a second tenant's people, names and attributes stand beside those of the first."""
    bring(tmp_path, page([user("own", attributes={"Shoe": 43})]), 0)
    other = MAPPING.replace("775527ff", "885527ff").replace("contoso.on", "fabrikam.on")
    bring(tmp_path, page([user("strange", attributes={"Shoe": 12})]), 0, text=other)
    stolen = MAPPING.replace("775527ff", "995527ff")
    said = json.loads(bring(tmp_path, page([user("thief")]), 1, text=stolen).stdout)
    assert "belongs to the tenant 775527ff" in said["refusals"][0]["because"]


def test_a_mapping_is_no_way_to_the_operators(world: str, tmp_path: Path) -> None:
    """Row 68: no record and no mapping makes staff, a member of the simulated customer, or a customer of a reserved id."""
    for customer in ("sandbox", "new"):
        text = f"people:\n  customer: {{all: {customer}}}\n  make_customers: true\n"
        bring(tmp_path, page([user(f"op-{customer}", flags=["operator"], roles=["operator"])]), 4, text=text)
        assert person(world, f"op-{customer}") is None
    bring(tmp_path, page([user("plain", flags=["operator"], employee=True)]), 0, text="people: {}")
    found = person(world, "plain")
    assert found is not None
    assert found.flags == ()
