"""People of a list move in: by the command line, from files of every encoding and separator, and then they sign in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hoistway.protocol.ids import UserId
from hoistway.store.db import Database, Statement
from hoistway.store.memberships import MEMBERSHIPS, memberships_of
from hoistway.store.users import User, find_user_by_name
from tests.attacks.asking import post
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.imports.digests import ARGON2, BCRYPT, DIGESTS, WEAK
from tests.imports.graph import mapping
from tests.imports.test_b2c_people import enters
from tests.store.test_schema import on
from tests.world import API_URI, PASSWORD

MAPPING = """\
people:
  customer: {attribute: Number, values: {"4711": c-a, "4712": c-b}}
  technical: {attribute: Kind, values: [technical]}
"""


def listed(folder: Path, data: str | bytes, name: str = "people.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def bring(folder: Path, data: str | bytes, *, text: str = MAPPING, code: int = 0, options: tuple[str, ...] = ()) -> Any:
    file = listed(folder, data)
    words = ("import", "csv", str(file), "--mapping", mapping(folder, text), *options)
    return json.loads(run(*words, "--json", code=code).stdout)


def fault(folder: Path, data: str | bytes, text: str = MAPPING) -> str:
    """What is said of a file that can't be read."""
    return run("import", "csv", str(listed(folder, data)), "--mapping", mapping(folder, text), code=4).stderr


def person(managed: Managed, name: str) -> User | None:
    return on(managed.served.database, lambda db: find_user_by_name(db, name))


def places(managed: Managed, name: str) -> list[tuple[str, str, str]]:
    async def read(db: Database) -> list[tuple[str, str, str]]:
        found = await find_user_by_name(db, name)
        assert found is not None
        return [(one.customer_id, one.role, one.reach) for one in await memberships_of(db, UserId(found.id))]

    return on(managed.served.database, read)


def test_a_person_with_everything(managed: Managed, tmp_path: Path) -> None:
    data = (
        "username;name;emails;id;locale;disabled;customer;role;sites\r\n"
        'anna;"Öst; Anna";anna@example.com;0E2A1F0C-6A0D-4B6E-9D0F-3A5F5F4C1B2D;de-AT;no;c-a;administrator;\r\n'
        "berta;;berta@example.com;;;yes;c-a;member;c-a-s1\r\n"
        "clara@example.com;;;;;;;;\r\n"
    )
    made = bring(tmp_path, data, text="people: {}\n")
    assert (made["people"], made["places"], made["left_out"]) == (3, 2, 0)
    anna, berta, clara = (person(managed, one) for one in ("anna", "berta", "clara@example.com"))
    assert anna is not None
    assert (anna.id, anna.name, anna.emails, anna.locale) == (
        "0e2a1f0c-6a0d-4b6e-9d0f-3a5f5f4c1b2d", "Öst; Anna", ("anna@example.com",), "de",
    )  # fmt: skip
    assert berta is not None
    assert berta.disabled_at is not None
    assert clara is not None
    assert clara.emails == ("clara@example.com",)
    assert places(managed, "anna") == [("c-a", "administrator", "all")]
    assert places(managed, "berta") == [("c-a", "member", "some")]
    beside = Statement(lambda: select(MEMBERSHIPS.c.person_name).where(MEMBERSHIPS.c.user_id == anna.id), str)
    assert on(managed.served.database, lambda db: db.one(beside, {})) == "Öst; Anna", (
        "lists of people are ordered by it"
    )
    assert any("read as UTF-8, separated by semicolons" in note for note in made["notes"])


@pytest.mark.parametrize("form", DIGESTS)
def test_a_digest_signs_in_and_is_replaced(managed: Managed, tmp_path: Path, form: str) -> None:
    name = f"digest-{form}@example.com"
    digest = DIGESTS[form].replace('"', '""')
    bring(tmp_path, f'username,password_digest,Number,Kind\n{name},"{digest}",4711,\n')
    before = person(managed, name)
    assert before is not None
    assert ("argon2id" in before.password_digest) == (form in {"argon2", "weak", "keycloak-argon2"})
    assert not enters(managed, name, "wrong")
    assert enters(managed, name)
    after = person(managed, name)
    assert after is not None
    assert after.password_digest.startswith("$argon2id$v=19$m=19456")
    assert enters(managed, name)


def test_a_technical_account_gets_tokens(managed: Managed, tmp_path: Path) -> None:
    digest = BCRYPT
    made = bring(tmp_path, f"username,password_digest,Number,Kind\nrobot-csv,{digest},4711,technical\n")
    assert made["technical_accounts"] == 1
    form = {"grant_type": "password", "client_id": "ropc", "username": "robot-csv", "scope": API_URI}
    assert post(managed.served, **form, password="wrong").status_code == 400
    assert post(managed.served, **form, password=PASSWORD).status_code == 200


def test_a_second_time_changes_nothing(managed: Managed, tmp_path: Path) -> None:
    """Also where a name was given an account before, in another way."""
    answer("user", "add", "known-before", "--name", "Known")
    data = "username,name\nagain-1,One\nAGAIN-2,Two\nknown-before,Other\n"
    assert bring(tmp_path, data, text="people: {}\n")["people"] == 2
    before = person(managed, "again-2")
    again = bring(tmp_path, data.replace("Two", "Three"), text="people: {}\n")
    assert (again["there_already"], again.get("people"), again["left_out"]) == (3, None, 0)
    assert person(managed, "again-2") == before
    assert person(managed, "known-before") is not None


ENCODED: Mapping[str, tuple[str, str]] = {
    "UTF-8": ("utf-8", "UTF-8"), "with a mark": ("utf-8-sig", "UTF-8"), "UTF-16": ("utf-16", "UTF-16"),
    "UTF-16 without a mark": ("utf-16-le", "UTF-16"), "UTF-16 the other way": ("utf-16-be", "UTF-16"),
}  # fmt: skip


@pytest.mark.parametrize("form", ENCODED)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators_are_found(managed: Managed, tmp_path: Path, form: str, separator: str) -> None:
    encoding, called = ENCODED[form]
    name = f"{form}{'sctb'[',;'.find(separator)]}{ord(separator)}@example.com".replace(" ", "-").lower()
    data = f"\nname,username\nZoë {form},{name}\n".replace(",", separator)
    made = bring(tmp_path, data.encode(encoding), text="people: {}\n")
    assert made["people"] == 1
    found = person(managed, name)
    assert found is not None
    assert found.name == f"Zoë {form}"
    assert any(called in note for note in made["notes"])


def test_windows_1252_is_read_where_it_is_said(managed: Managed, tmp_path: Path) -> None:
    data = "username;name\nold@example.com;Zoë Müller €\n".encode("cp1252")
    told = fault(tmp_path, data, text="people: {}\n")
    assert "people.csv, line 2, column 19: it is no text in UTF-8" in told
    assert "csv.encoding: windows-1252 in the mapping" in told
    made = bring(tmp_path, data, text="csv: {encoding: windows-1252}\n")
    assert any("Windows-1252, as the mapping says" in note for note in made["notes"])
    found = person(managed, "old@example.com")
    assert found is not None
    assert found.name == "Zoë Müller €"
    marked = "username\nx\n".encode("utf-8-sig")
    assert "take csv.encoding out" in fault(tmp_path, marked, text="csv: {encoding: windows-1252}\n")


ROWS: Mapping[str, tuple[str, str]] = {
    "too few": ("few", "has 1 columns, where the first line has 9"),
    "too many": ("many,,,,,,,,,more", "has 10 columns"),
    "an open quotation": ('"open,,,,,,,,', "the quotation marks can't be read"),
    "something behind a quotation": ('"a" b,,,,,,,,', "the quotation marks can't be read"),
    "no name": (",Somebody,,,,,,,", "column 1 (username): the user name must have 1 to 200 characters"),
    "an endless name": ("x" * 201 + ",,,,,,,,", "column 1 (username): the user name must have 1 to 200 characters"),
    "an invisible letter": ("e\u200bvil,,,,,,,,", "column 1 (username): the user name holds U+200B"),
    "a zero byte": ("e\0vil,,,,,,,,", "holds U+0000"),
    "turned text": ("ok1,\u202egpj.exe,,,,,,,", "column 2 (name): the name holds U+202E"),
    "no address": ("ok2,,nowhere,,,,,,", "column 3 (emails): is no address"),
    "six addresses": ("ok3,," + ";".join(f"a{n}@example.com" for n in range(6)) + ",,,,,,", "has 6 addresses"),
    "no UUID": ("ok4,,,4711,,,,,", "column 4 (id): is no UUID"),
    "another language": ("ok5,,,,fr,,,,", "column 5 (locale): must be en or de"),
    "neither yes nor no": ("ok6,,,,,maybe,,,", "column 6 (disabled): must be yes or no"),
    "no digest": ("ok7,,,,,,secret,,", "column 7 (password_digest): the digest is of no form that is known"),
    "MD5": ("ok8,,,,,,$1$abc$def,,", "is MD5"),
    "too costly": ("ok9,,,,,,$2b$31$" + "a" * 53 + ",,", "bcrypt's cost 31"),
    "a customer that nobody knows": ("ok10,,,,,,,9,", "there is no customer 9"),
    "a technical account of nobody": ("ok11,,,,,,,,technical", "names no customer"),
    "an account of an application": ("app-1,,,,,,,4711,technical", "begin with app-"),
    "the same again": ("first,,,,,,,,", "stands in an earlier row, too"),
    "in capitals": ("FIRST,,,,,,,,", "stands in an earlier row, too"),
    "composed otherwise": ("zoe\u0308,,,,,,,,", "stands in an earlier row, too"),
    "endless": ("y" * 70_000 + ",,,,,,,,", "more than 65536 characters"),
}  # fmt: skip
HEAD = "username,name,emails,id,locale,disabled,password_digest,Number,Kind\n"


def test_each_row_that_is_left_out_is_told_with_line_column_and_reason(managed: Managed, tmp_path: Path) -> None:
    """And loses no other."""
    data = HEAD + "first,,,,,,,,\nzoë,,,,,,,,\n" + "".join(f"{row}\n" for row, _ in ROWS.values())
    data += 'last,"two\nlines in "" it",,,,,,,\nend,,,,,,,,\n'
    report = tmp_path / "report.ndjson"
    made = bring(tmp_path, data, code=1, options=("--report", str(report)))
    assert (made["people"], made["left_out"]) == (3, len(ROWS) + 1)
    told = [json.loads(line) for line in report.read_text().splitlines()]
    for one, (kind, (_, because)) in zip(told, ROWS.items(), strict=False):
        assert because in one["because"], (kind, one)
    assert [one["line"] for one in told[:-1]] == list(range(4, 4 + len(ROWS)))
    assert "holds U+000A" in told[-1]["because"], "a line break is read, and is no name"
    assert person(managed, "end") is not None


FILES: Mapping[str, tuple[bytes, str]] = {
    "empty": (b"\n\n", "it is empty: the first line names the columns"),
    "without a first line": (b"anna,Anna\nberta,Berta\n", "username among them, and has 'anna', 'Anna' (separated by commas)"),
    "a column twice": (b"username,name,Username\n", "column 3 has the name of an earlier one"),
    "passwords in plain text": (b"username,password\nx,y\n", "line 1, column 2: column 2 (password) would hold passwords in plain text"),
    "a million columns": (b"username," + b"x," * 1_000_000 + b"\n", "can't be read"),
    "a thousand columns": (b"username" + b",x" * 1000 + b"\n", "it has 1001 columns, and 200 are read"),
    "cut": (b"username,name,emails\na,b,c@example.com\nd,e", "line 3, column 3: it ends within a row, so it was cut"),
    "a workbook": (b"PK\x03\x04rest", "it is a workbook, or packed (zip): save it as CSV"),
    "gzip": (b"\x1f\x8b\x08\x00rest", "packed (gzip): unpack it"),
    "UTF-32": ("username\nx\n".encode("utf-32"), "it is in UTF-32"),
    "half a sign": ("username\nx\n".encode("utf-16")[:-1], "it is no text in UTF-16"),
    "an open first line": (b'"username,name\nx,y\n', "correct its quotation marks"),
    "the portal's": (b"userPrincipalName,displayName,surname,mail,objectId\nx,y,z,,1\n", "it is the portal's CSV"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_is_refused_with_its_place_and_what_to_do(managed: Managed, tmp_path: Path, kind: str) -> None:
    data, because = FILES[kind]
    told = fault(tmp_path, data)
    assert because in told
    assert "nothing was imported" in told


def test_the_mapping_is_checked_against_the_first_line(managed: Managed, tmp_path: Path) -> None:
    data = "Login,Mail,Extra,Usernames\nm1,m1@example.com,x,y\n"
    assert "did you mean" not in fault(tmp_path, data, text="csv: {columns: {username: Nobody}}\n")
    assert "there is no column 'Nobody', which csv.columns names for username" in fault(
        tmp_path, data, text="csv: {columns: {username: Nobody}}\n"
    )
    assert "csv.columns names 'who'" in fault(tmp_path, data, text="csv: {columns: {who: Login}}\n")
    text = "csv: {columns: {username: Login, emails: Mail}}\npeople: {customer: {attribute: Number}}\n"
    told = run("import", "csv", str(listed(tmp_path, data)), "--mapping", mapping(tmp_path, text)).stderr
    assert "not in the mapping: the mapping reads a column 'Number', and people.csv has none" in told
    assert "column 3 (Extra) is not read" in told
    bad = run("import", "csv", str(listed(tmp_path, data)), "--mapping", mapping(tmp_path, "tenant: {}\n"), code=2)
    assert "`hoistway import mapping" in bad.stderr


def test_examples_are_mappings() -> None:
    for kind in ("b2c", "csv", "apim", "keycloak"):
        assert (
            run("import", "mapping", kind, "--example").stdout
            == answer("import", "mapping", kind, "--example")["example"]
        )
    assert "there is no import nothing" in run("import", "mapping", "nothing", "--example", code=2).stderr


def test_weak_digests_are_the_same_in_every_run(managed: Managed, tmp_path: Path) -> None:
    """A dry run computes none."""
    data = f'username,password_digest\nweak-one,"{WEAK}"\nweak-two,"{ARGON2}"\n'
    assert bring(tmp_path, data, text="people: {}\n", options=("--dry-run",))["people"] == 2
    bring(tmp_path, data, text="people: {}\n")
    found = person(managed, "weak-one")
    assert found is not None
    assert found.password_digest.startswith("$pbkdf2-sha1-argon2id$")
