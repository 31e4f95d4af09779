"""People and technical accounts of another system, with the digests of their passwords, over the command line and HTTP."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from hoistway.authn.passwords import COST
from hoistway.commands.people import importing, lines, writing
from hoistway.protocol.ids import UserId
from hoistway.store.audit import latest_entries
from hoistway.store.db import Conflict, Database
from hoistway.store.memberships import memberships_of
from hoistway.store.service_accounts import find_service_account_by_name
from hoistway.store.users import User, find_user_by_name
from tests.attacks.asking import password as grant
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.flows.browser import Person
from tests.store.test_schema import on
from tests.world import API_URI

WORD = "an older system's password"


def digest_of(word: str, rounds: int = 10) -> str:
    return bcrypt.hashpw(word.encode(), bcrypt.gensalt(rounds)).decode()


def person(managed: Managed, username: str) -> User | None:
    async def read(db: Database) -> User | None:
        return await find_user_by_name(db, username)

    return on(managed.served.database, read)


def places(managed: Managed, user_id: UserId) -> list[tuple[str, str, str]]:
    async def read(db: Database) -> list[tuple[str, str, str]]:
        return [(str(one.customer_id), one.role, one.reach) for one in await memberships_of(db, user_id)]

    return on(managed.served.database, read)


def written(folder: Path, *rows: dict[str, Any]) -> str:
    file = folder / "people.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


def signs_in(managed: Managed, username: str, word: str) -> bool:
    visitor = Person(managed.served)
    return visitor.sign_in(visitor.get("/sign-in"), username.partition("@")[0], word).status_code == 200


def test_a_person_signs_in_with_the_old_password_and_the_digest_is_ours_then(managed: Managed, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"username": "old@example.com", "name": "Olga", "customer_id": "c-a", "password_digest": digest_of(WORD)},
    )
    made = answer("user", "import", file)
    assert (made["added"], made["with_password"], made["places"]) == (1, 1, 1)
    before = person(managed, "old@example.com")
    assert before is not None
    assert before.password_digest.startswith("$bcrypt$r=10$")
    assert not signs_in(managed, "old@example.com", WORD + "x")
    assert person(managed, "old@example.com") == before
    assert signs_in(managed, "old@example.com", WORD)
    after = person(managed, "old@example.com")
    assert after is not None
    assert after.password_digest.startswith(COST)
    assert after.password_changed_at == before.password_changed_at
    assert signs_in(managed, "old@example.com", WORD)
    assert places(managed, after.id) == [("c-a", "member", "all")]


def test_a_technical_account_keeps_its_password(managed: Managed, tmp_path: Path) -> None:
    file = written(tmp_path, {"username": "svc-old", "customer_id": "c-a", "password_digest": digest_of(WORD, 4)})
    assert answer("service-account", "import", file)["added"] == 1
    assert grant(managed.served, "svc-old", "wrong", scope=API_URI).status_code == 400
    assert grant(managed.served, "svc-old", WORD, scope=API_URI).status_code == 200

    async def read(db: Database) -> str:
        found = await find_service_account_by_name(db, "svc-old")
        assert found is not None
        return found.password_digest

    assert on(managed.served.database, read).startswith(COST)


def refused(*words: str, code: int = 1) -> str:
    return run(*words, code=code).stderr


def audit(managed: Managed, event: str) -> int:
    async def read(db: Database) -> int:
        return len(await latest_entries(db, event))

    return on(managed.served.database, read)


GOOD_ROW = {"username": "new@example.com", "name": "New", "customer_id": "c-a"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a customer of nobody": ({"customer_id": "c-none"}, "there is no customer c-none"),
    "a site of nobody": ({"sites": ["s-none"]}, "there is no site s-none"),
    "the sandbox": ({"customer_id": "sandbox"}, "simulated customer"),
    "a role of nobody": ({"role": "king"}, "administrator or member"),
    "a password in plain text": ({"password": "secret-word"}, "plain text"),
    "a column of nobody": ({"usrname": "x"}, "did you mean username?"),
    "no name to sign in with": ({"username": None}, "username is missing"),
    "a number": ({"username": 7}, "username must be a text"),
    "what is not seen": ({"username": "a\u200bb"}, "U+200B"),
    "a long text": ({"name": "x" * 201}, "1 to 200 characters"),
    "an id that is none": ({"id": "7"}, "id must be a UUID"),
    "no address": ({"emails": "anna"}, "emails must be addresses"),
    "many addresses": ({"emails": [f"a{number}@example.com" for number in range(6)]}, "5 at the most"),
    "another language": ({"locale": "fr"}, "locale must be en or de"),
    "half disabled": ({"disabled": "perhaps"}, "disabled must be yes or no"),
    "a digest of nobody": ({"password_digest": "hunter2"}, "password_digest: the digest is of no form"),
    "a dear digest": (
        {"password_digest": "$2b$15$abcdefghijklmnopqrstuuCE5elHaaO4EbggVDjb8P19RukzXSM3e"},
        "bcrypt's cost 15",
    ),
    "two ways of places": ({"memberships": [{"customer_id": "c-b"}]}, "write them in one way"),
    "many sites": ({"sites": [f"s-{number}" for number in range(501)]}, "500 at the most"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_line_is_named_and_nothing_is_changed(managed: Managed, tmp_path: Path, name: str) -> None:
    more, said = WRONG[name]
    before = audit(managed, "user.added")
    file = written(tmp_path, GOOD_ROW, {**GOOD_ROW, "username": "second@example.com", **more})
    told = refused("user", "import", file)
    assert f"line 2: {said}" in told or said in told.partition("line 2: ")[2]
    assert "nothing was imported: 1 line is wrong" in told
    assert person(managed, "new@example.com") is None
    assert audit(managed, "user.added") == before


def test_no_password_is_told_in_a_refusal(managed: Managed, tmp_path: Path) -> None:
    for member in ("password", "password_digest"):
        assert "secret-word" not in refused("user", "import", written(tmp_path, {**GOOD_ROW, member: "secret-word"}))


def test_many_mistakes_are_counted_and_the_first_are_named(managed: Managed, tmp_path: Path) -> None:
    told = refused(
        "user", "import", written(tmp_path, *({"username": f"u{number}", "role": "king"} for number in range(30)))
    )
    assert told.count("hoistway: line ") == 20
    assert "30 lines are wrong (10 more are not shown)" in told


def test_trying_changes_nothing_and_says_what_would(managed: Managed, tmp_path: Path) -> None:
    file = written(tmp_path, {**GOOD_ROW, "username": "dry@example.com"})
    assert answer("user", "import", file, "--dry-run") == {
        "dry_run": True, "lines": 1, "added": 1, "with_password": 0, "there_already": 0, "places": 1,
    }  # fmt: skip
    assert person(managed, "dry@example.com") is None
    assert "there is no customer" in refused(
        "user", "import", written(tmp_path, {**GOOD_ROW, "customer_id": "c-x"}), "--dry-run"
    )


def test_a_second_time_changes_nothing(managed: Managed, tmp_path: Path) -> None:
    """Also after the person signed in, took another name and lost a place; a new place is added."""
    row = {"username": "twice@example.com", "name": "T", "customer_id": "c-a", "password_digest": digest_of(WORD)}
    assert answer("user", "import", written(tmp_path, row))["added"] == 1
    assert signs_in(managed, "twice@example.com", WORD)
    before = person(managed, "twice@example.com")
    again = answer(
        "user", "import", written(tmp_path, {**row, "name": "Other", "password_digest": digest_of("another")})
    )
    assert (again["added"], again["there_already"], again["places"], again["with_password"]) == (0, 1, 0, 0)
    assert person(managed, "twice@example.com") == before
    assert before is not None
    more = answer("user", "import", written(tmp_path, {**row, "username": "TWICE@example.com", "customer_id": "c-b"}))
    assert (more["there_already"], more["places"]) == (1, 1)
    assert person(managed, "twice@example.com") == before
    assert [one[0] for one in places(managed, before.id)] == ["c-a", "c-b"]


def test_an_id_is_kept_and_belongs_to_one(managed: Managed, tmp_path: Path) -> None:
    oid = "0e2a1f0c-6a0d-4b6e-9d0f-3a5f5f4c1b2d"
    row = {
        "username": "oid@example.com",
        "id": oid.upper(),
        "disabled": "yes",
        "emails": ["a@x.example", "b@x.example"],
        "locale": "de-DE",
    }
    answer("user", "import", written(tmp_path, row))
    found = person(managed, "oid@example.com")
    assert found is not None
    assert (found.id, found.emails, found.locale, found.name) == (
        oid,
        ("a@x.example", "b@x.example"),
        "de",
        "oid@example.com",
    )
    assert found.disabled_at is not None
    assert not signs_in(managed, "oid@example.com", WORD)
    assert "is that of oid@example.com" in refused(
        "user", "import", written(tmp_path, {**row, "username": "else@example.com"})
    )
    other = oid.replace("0e", "1e")
    assert "with another id" in refused("user", "import", written(tmp_path, {**row, "id": other}))


def test_csv_with_a_line_for_each_place(managed: Managed, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(
        "\ufeffUsername;Name;customer_id;role;sites;password_digest\r\n"
        f'csv@example.com;"Zoë; of two";c-a;administrator;;{digest_of(WORD)}\r\n'
        "\r\n"
        f'csv@example.com;"Zoë; of two";c-b;member;s-b1;\r\n'.replace("s-b1;\r\n", f";{digest_of('x')}\r\n").encode()
    )
    assert "line 4: csv@example.com stands in line 2, too, with other values" in refused("user", "import", str(file))
    text = file.read_text().splitlines()
    file.write_text("\n".join([*text[:3], text[1].replace("c-a;administrator", "c-b;member")]))
    assert answer("user", "import", str(file))["places"] == 2
    found = person(managed, "csv@example.com")
    assert found is not None
    assert found.name == "Zoë; of two"
    assert places(managed, found.id) == [("c-a", "administrator", "all"), ("c-b", "member", "all")]
    assert signs_in(managed, "csv@example.com", WORD)


BROKEN = {
    "no header": ("people.csv", b"anna,Anna\n", "username among them"),
    "a column twice": ("people.csv", b"username,name,name\n", "a column twice"),
    "nothing": ("people.csv", b"", "username among them"),
    "a header alone": ("people.csv", b"username\n", "no lines to import"),
    "a column of nobody": ("people.csv", b"username,nme\nanna,\n", "did you mean name?"),
    "a password in plain text": ("people.csv", b"username,password\nanna,\n", "plain text"),
    "UTF-16": ("people.csv", "username\nanna\n".encode("utf-16"), "UTF-16: save it as UTF-8"),
    "no header that can be read": ("people.csv", b'"username"x\nanna\n', "the first line can't be read"),
    "no text": ("people.jsonl", b"\xff\xfe\0", "UTF-8"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_none_is_refused(managed: Managed, tmp_path: Path, name: str) -> None:
    file, raw, said = BROKEN[name]
    (tmp_path / file).write_bytes(raw)
    assert said in refused("user", "import", str(tmp_path / file), code=2)


@pytest.mark.parametrize(
    ("file", "raw", "said"),
    [
        ("people.csv", 'username\n"anna\n', "can't be read"),
        ("people.csv", "username,name\nanna,Anna,more\n", "too many columns, 3 where the first line has 2"),
        (
            "people.csv",
            "username,name,customer_id\nanna,Anna,c-a\nbert",
            "line 3: too few columns, 1 where the first line has 3: the",
        ),
        ("people.csv", "\n;;\nusername;name\nanna\n", "line 4: too few columns, 1 where"),
        ("people.csv", "username,name\nanna\n", "nothing was imported: 1 line is wrong"),
        ("people.csv", "username,name\nanna\nbert\n", "nothing was imported: 2 lines are wrong"),
        ("people.jsonl", '{"username": "a"}\n{"username": \n', "line 2: not a JSON object"),
        ("people.jsonl", "[1]\n[2]\n", "not a JSON object"),
        ("people.jsonl", "[" * 100_000, "not a JSON object"),
    ],
)
def test_a_line_that_is_none_is_named(managed: Managed, tmp_path: Path, file: str, raw: str, said: str) -> None:
    (tmp_path / file).write_text(raw)
    assert said in refused("user", "import", str(tmp_path / file))


def test_technical_accounts_from_a_file_that_is_cut_off(managed: Managed, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("username,customer_id\nsvc-1,c-a\nsvc-2")
    said = refused("service-account", "import", str(tmp_path / "accounts.csv"))
    assert "line 3: too few columns, 1 where the first line has 2: the file may be cut off" in said


def test_a_file_that_is_too_long_is_refused(managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_LINES", 2)
    rows = [{"username": f"u{number}"} for number in range(3)]
    assert "split it" in refused("user", "import", written(tmp_path, *rows), code=2)
    monkeypatch.setattr(lines, "MOST_BYTES", 10)
    assert "split it" in refused("user", "import", written(tmp_path, *rows), code=2)


def test_the_export_of_a_realm_of_keycloak(managed: Managed, tmp_path: Path) -> None:
    tag = hashlib.pbkdf2_hmac("sha512", WORD.encode(), b"0123456789abcdef", 210_000, 64)
    credential = {
        "id": "c1", "type": "password", "createdDate": 1,
        "secretData": json.dumps({"value": base64.b64encode(tag).decode(), "salt": base64.b64encode(b"0123456789abcdef").decode()}),
        "credentialData": json.dumps({"hashIterations": 210000, "algorithm": "pbkdf2-sha512", "additionalParameters": {}}),
    }  # fmt: skip
    users = [
        {
            "id": "5f6f2f4e-1f0c-4b1e-9d0f-3a5f5f4c1b2d", "username": "kc@example.com", "firstName": "Karla", "lastName": "Cloak",
            "email": "karla@example.com", "emailVerified": True, "enabled": True, "requiredActions": [], "groups": ["/a"],
            "attributes": {"locale": ["de"]}, "credentials": [{"type": "otp", "secretData": "{}"}, credential],
        },
        {"username": "kc2", "enabled": False, "credentials": [], "requiredActions": ["UPDATE_PASSWORD"]},
    ]  # fmt: skip
    file = tmp_path / "realm.json"
    file.write_text(json.dumps({"realm": "r", "users": users, "clients": []}, indent=1))
    made = answer("user", "import", str(file), "--customer", "c-a")
    assert (made["added"], made["with_password"], made["places"]) == (2, 1, 2)
    found, other = person(managed, "kc@example.com"), person(managed, "kc2")
    assert found is not None
    assert other is not None
    assert (found.name, found.emails, found.locale) == ("Karla Cloak", ("karla@example.com",), "de")
    assert other.disabled_at is not None
    assert signs_in(managed, "kc@example.com", WORD)
    users[1] = {"username": "service-account-x", "serviceAccountClientId": "x", "credentials": []}
    file.write_text(json.dumps({"users": users}))
    assert "line 2: is the account of a client" in refused("user", "import", str(file))


def test_technical_accounts_belong_to_one_customer(managed: Managed, tmp_path: Path) -> None:
    row = {"username": "svc-two", "customer_id": "c-a", "password_digest": digest_of(WORD)}
    assert answer("service-account", "import", written(tmp_path, row))["added"] == 1
    assert answer("service-account", "import", written(tmp_path, row))["there_already"] == 1
    assert "another id or customer" in refused(
        "service-account", "import", written(tmp_path, {**row, "customer_id": "c-b"})
    )
    assert "customer_id is missing" in refused("service-account", "import", written(tmp_path, {"username": "svc-3"}))
    assert "no column 'role'" in refused("service-account", "import", written(tmp_path, {**row, "role": "member"}))


def test_a_stolen_database_has_nothing_that_is_guessed_fast(managed: Managed, tmp_path: Path) -> None:
    """Salted SHA is hashed by argon2id before it is stored."""
    digest = hashlib.sha256(b"salt" + WORD.encode()).hexdigest()
    answer(
        "user",
        "import",
        written(
            tmp_path, {"username": "sha@example.com", "password_digest": f"sha256$salt${digest}", "customer_id": "c-a"}
        ),
    )
    found = person(managed, "sha@example.com")
    assert found is not None
    assert "argon2id" in found.password_digest
    raw = base64.b64encode(bytes.fromhex(digest)).decode().rstrip("=")
    assert raw not in found.password_digest
    assert digest not in found.password_digest
    assert signs_in(managed, "sha@example.com", WORD)


def test_an_import_that_fails_at_its_end_changes_nothing(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise Conflict("UNIQUE constraint failed: users.username_key")

    monkeypatch.setattr(writing, "note", fails)
    run("user", "import", written(tmp_path, GOOD_ROW, {**GOOD_ROW, "username": "b@example.com"}), code=1)
    assert person(managed, "new@example.com") is None


@pytest.mark.parametrize("file", ["people.csv", "people.jsonl"])
def test_only_line_feeds_end_a_line(managed: Managed, tmp_path: Path, file: str) -> None:
    """U+2028 in a name would be refused as what it is, and not cut its line in two."""
    text = (
        "username,name\nodd@example.com,A\u2028B\n"
        if file == "people.csv"
        else '{"username": "odd@example.com", "name": "A\u2028B"}\n'
    )
    (tmp_path / file).write_text(text, encoding="utf-8")
    told = refused("user", "import", str(tmp_path / file))
    assert "nothing was imported: 1 line is wrong" in told
    assert "name holds" in told
