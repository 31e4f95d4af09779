"""People and clients of a Keycloak realm move in: by the command line, and then they sign in over HTTP with the passwords that they had."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.db import Database
from hoistway.store.former_identities import find_former_identity
from hoistway.store.memberships import memberships_of
from hoistway.store.users import User, find_user
from tests.attacks.asking import bearer, post
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.imports.digests import argon2_credential, credential, pbkdf2
from tests.imports.graph import mapping
from tests.imports.realm import MAPPING, SECRET, client, kid, realm, text, user, written
from tests.imports.test_b2c_people import claims, enters
from tests.store.test_schema import on
from tests.world import API_URI, PASSWORD

A, B = ["/customers/a"], ["/customers/b"]


def bring(
    folder: Path, *users: Any, clients: tuple[Any, ...] = (), text_of: str = MAPPING, code: int = 0,
    options: tuple[str, ...] = (), **more: Any,
) -> tuple[Any, list[dict[str, Any]]]:  # fmt: skip
    """What the import of one file answers, and what its report says."""
    files = written(folder / "export", contoso_realm=text(realm(users, clients, **more)))
    report = folder / "report.ndjson"
    report.unlink(missing_ok=True)
    words = ("import", "keycloak", str(files), "--mapping", mapping(folder, text_of), "--report", str(report), *options)
    said = json.loads(run(*words, "--json", code=code).stdout)
    return said, [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


def fault(folder: Path, text_of: str = MAPPING, **files: bytes) -> str:
    """What is said of files that can't be taken."""
    found = written(folder / "broken", **files)
    return run("import", "keycloak", str(found), "--mapping", mapping(folder, text_of), code=4).stderr


def person(managed: Managed, word: object) -> User | None:
    return on(managed.served.database, lambda db: find_user(db, UserId(kid(word))))


def places(managed: Managed, word: object) -> list[tuple[str, str, str]]:
    async def read(db: Database) -> list[tuple[str, str, str]]:
        return [(one.customer_id, one.role, one.reach) for one in await memberships_of(db, UserId(kid(word)))]

    return on(managed.served.database, read)


def test_a_person_keeps_what_they_had(managed: Managed, tmp_path: Path) -> None:
    record = user(
        "kept", username="anna", email="Anna@example.com", firstName="Anna", lastName="Öst", groups=A, realmRoles=["boss"],
        attributes={"locale": ["de"], "number": ["1"]}, federatedIdentities=[
            {"identityProvider": "corporate", "userId": "s-1", "userName": "anna"},
            {"identityProvider": "saml", "userId": "s-2", "userName": "anna"},
        ],
    )  # fmt: skip
    made, told = bring(tmp_path, record)
    assert (made["people"], made["places"], made["left_out"], told) == (1, 1, 0, [])
    found = person(managed, "kept")
    assert found is not None
    assert (found.username, found.name, found.emails, found.locale, found.created_at) == (
        "anna", "Anna Öst", ("Anna@example.com",), "de", 1614834367,
    )  # fmt: skip
    assert places(managed, "kept") == [("c-a", "administrator", "all")], "by a role that brings a role, in a ring"
    former = on(managed.served.database, lambda db: find_former_identity(db, "https://login.contoso.example", "s-1"))
    assert former is not None
    assert former.user_id == found.id
    assert any("Keycloak's own clients stay behind: account, admin-cli" in note for note in made["notes"])


DIGESTS = {
    "pbkdf2-sha512": credential(),
    "with a key of 64 bytes": credential("pbkdf2-sha256", 27_500, pbkdf2("sha256", 27_500, 64)),
    "with a key of 32 bytes": credential("pbkdf2-sha256", 27_500, pbkdf2("sha256", 27_500, 32)),
    "of SHA-1": credential("pbkdf2", 20_000, pbkdf2("sha1", 20_000, 64)),
    "argon2": argon2_credential(),
}


@pytest.mark.parametrize("form", DIGESTS)
def test_a_password_signs_in_on_pages_and_is_replaced(managed: Managed, tmp_path: Path, form: str) -> None:
    """With the user name, and with the address, because the realm lets people."""
    name = form.replace(" ", "-")
    bring(tmp_path, user(name, DIGESTS[form], username=f"{name}-name", groups=A))
    before = person(managed, name)
    assert before is not None
    assert not enters(managed, f"{name}-name", "wrong")
    assert enters(managed, f"{name}-name")
    after = person(managed, name)
    assert after is not None
    assert after.password_digest != before.password_digest
    assert after.password_digest.startswith("$argon2id$v=19$m=19456")
    assert enters(managed, f"{name}@example.com")


@pytest.mark.parametrize("form", ["pbkdf2-sha512", "argon2"])
def test_a_program_of_the_password_grant_goes_on(managed: Managed, tmp_path: Path, form: str) -> None:
    """The same client id, the same secret, the same password; afterwards the digest is one of today's."""
    name, app = f"robot-{form}", f"legacy-{form}"
    program = client(
        app, directAccessGrantsEnabled=True, standardFlowEnabled=False, defaultClientScopes=["profile", "units.read"]
    )
    made, _ = bring(tmp_path, user(name, DIGESTS[form], groups=[*A, "/machines"]), clients=(program,))
    assert (made["technical_accounts"], made["applications"]) == (1, 1)
    shown = answer("service-account", "show", kid(name))
    assert (shown["id"], shown["customer_id"]) == (kid(name), "c-a")
    form_ = {"grant_type": "password", "client_id": app, "client_secret": SECRET, "username": f"{name}@example.com"}
    assert post(managed.served, **form_, password="wrong", scope=API_URI).status_code == 400
    assert (
        post(managed.served, **{**form_, "client_secret": SECRET[::-1]}, password=PASSWORD, scope=API_URI).status_code
        == 401
    )
    for _ in range(2):
        reply = post(managed.served, **form_, password=PASSWORD, scope="units.read")
        assert reply.status_code == 200, reply.text
        token = claims(reply.json()["access_token"])
        assert (token["sub"], token["customer"]) == (kid(name), "c-a")
        assert bearer(managed.served, reply.json()["access_token"]).status_code == 200


ENDLESS = {**argon2_credential(), "credentialData": argon2_credential()["credentialData"].replace("7168", "8388608")}
TOLD: Mapping[str, tuple[dict[str, Any], str]] = {
    "an unknown algorithm": (user("t1", credential("custom")), "Keycloak's algorithm 'custom' is not known"),
    "MD5": (user("t2", credential("md5")), "the person resets it"),
    "a cost without end": (user("t3", credential("pbkdf2-sha512", 900_000_000, bytes(64))), "would be the cost of every attempt"),
    "memory without end": (user("t4", ENDLESS),
                           "MiB of memory"),
    "masked": (user("t5", {"type": "password", "secretData": "**********", "credentialData": "**********"}), "is no JSON object"),
    "in plain text": (user("t6", {"type": "password", "value": PASSWORD}), "passwords in plain text are not read"),
    "to be changed": (user("t7", requiredActions=["UPDATE_PASSWORD"]), "must choose a new password (UPDATE_PASSWORD)"),
    "given for once": (user("t8", {**credential(), "temporary": True}), "must choose a new password"),
    "a second factor": (
        user("t9", credential(), {"type": "otp", "secretData": "{}", "credentialData": "{}"}, {"type": "webauthn"}),
        "second factors stay behind (otp, webauthn)",
    ),
    "a required action": (
        user("t10", requiredActions=["CONFIGURE_TOTP", "VERIFY_EMAIL"]), "required actions stay behind: CONFIGURE_TOTP, VERIFY_EMAIL",
    ),
}  # fmt: skip


def test_what_stays_behind_of_people_is_told(managed: Managed, tmp_path: Path) -> None:
    """They are taken; where the password is not carried, nobody signs in with it."""
    made, told = bring(tmp_path, *(record | {"groups": A} for record, _ in TOLD.values()))
    assert (made["people"], made["left_out"], made["told"]) == (len(TOLD), 0, len(TOLD))
    for one, (kind, (record, because)) in zip(told, TOLD.items(), strict=True):
        assert because in one["because"], (kind, one)
        assert one["id"] == record["id"]
    for number in range(1, 9):
        assert not enters(managed, f"t{number}@example.com"), number
    assert enters(managed, "t9@example.com")
    assert PASSWORD not in json.dumps(told)


FATES: Mapping[str, tuple[Any, str]] = {
    "no user name": (user("f1", username=None), "the user name must have 1 to 200 characters"),
    "an invisible letter": (user("f2", username="e\u200bvil"), "the user name holds U+200B"),
    "an endless name": (user("f3", lastName="x" * 300), "the name must have 1 to 200 characters"),
    "no UUID": (user("f4", id="4711"), "its id is no UUID"),
    "several customers": (user("f5", groups=[*A, *B]), "belongs to several customers (c-a, c-b)"),
    "a technical account of nobody": (user("f6", groups=["/machines"]), "names no customer"),
    "of another shape": (user("f7", enabled="yes"), "the record can't be read"),
    "no object": (7, "is no JSON object"),
    "a name that is taken": (user("f9", username="Anna-First"), "is a name of the account"),
    "nested": (user("f10", attributes={"a": json.loads("[" * 100 + "]" * 100)}), "nested more than 64 deep"),
}  # fmt: skip


def test_each_that_is_left_out_is_told_with_line_and_reason(managed: Managed, tmp_path: Path) -> None:
    """And loses no other."""
    first, last = user("first", username="anna-first"), user("last", username=None, id=None) | {"username": "no-id"}
    made, told = bring(tmp_path, first, *(record for record, _ in FATES.values()), last, code=1)
    assert (made["people"], made["left_out"]) == (2, len(FATES)), told
    lines = text(realm([first, *(record for record, _ in FATES.values()), last])).decode().split("\n")
    for one, (kind, (record, because)) in zip(told, FATES.items(), strict=True):
        assert because in one["because"], (kind, one)
        assert lines[one["line"] - 1] == ("    {" if isinstance(record, dict) else "    7,"), one


def test_a_second_time_changes_nothing(managed: Managed, tmp_path: Path) -> None:
    """Neither does one without ids."""
    nameless = user("nameless") | {"id": None}
    program = client("again-app", "https://again.example/cb")
    made, _ = bring(tmp_path, user("again", groups=A), nameless, clients=(program,))
    assert (made["people"], made["applications"]) == (2, 1)
    before, shown = person(managed, "again"), answer("app", "show", "again-app")
    made, _ = bring(
        tmp_path, user("again", groups=B, lastName="Other"), nameless, clients=(program | {"name": "Other"},)
    )
    assert (made["there_already"], made.get("people"), made["left_out"]) == (3, None, 0)
    assert (person(managed, "again"), answer("app", "show", "again-app")) == (before, shown)
    assert bring(tmp_path, user("dry", groups=A), options=("--dry-run",))[0]["people"] == 1
    assert person(managed, "dry") is None


def test_customer_role_and_reach_come_by_attributes_groups_and_roles(managed: Managed, tmp_path: Path) -> None:
    said = """\
people:
  customer: {attribute: number, values: {"4711": c-a}}
  role: {attribute: roles, administrator: ["crm:lead"], member: [staff]}
  reach: {attribute: sites}
"""
    groups = [
        {
            "name": "x",
            "path": "/x",
            "attributes": {"number": ["4711"], "sites": ["c-a-s1"]},
            "clientRoles": {"crm": ["lead"]},
        }
    ]
    records = [
        user("by-group", groups=["/x"]), user("by-own", attributes={"number": ["c-b"]}, realmRoles=["staff"]),
        user("by-client", attributes={"number": ["c-b"]}, clientRoles={"crm": ["lead"]}), user("by-nothing"),
    ]  # fmt: skip
    made, _ = bring(tmp_path, *records, text_of=said, groups=groups)
    assert made["people"] == 4
    assert places(managed, "by-group") == [("c-a", "administrator", "some")]
    assert places(managed, "by-own") == [("c-b", "member", "all")]
    assert places(managed, "by-client") == [("c-b", "administrator", "all")]
    assert places(managed, "by-nothing") == []
    bad = mapping(tmp_path, "people: {reach: {attribute: groups}}\n")
    assert "name no sites" in run("import", "keycloak", str(tmp_path / "export"), "--mapping", bad, code=2).stderr
    lost = mapping(tmp_path, "people: {customer: {attribute: nowhere}}\n")
    told = run("import", "keycloak", str(tmp_path / "export"), "--mapping", lost).stderr
    assert "not in the mapping: people.customer: nobody has nowhere" in told


def test_a_folder_of_files_is_one_realm(managed: Managed, tmp_path: Path) -> None:
    """In any order, people before groups and roles, and what is missing is told."""
    files = written(
        tmp_path / "export", z_realm=text(realm(None)), contoso_users_0=text({"realm": "contoso", "users": [user("part-0", groups=A)]}),
        contoso_users_2=text({"realm": "contoso", "users": [user("part-2", groups=B)]}),
    )  # fmt: skip
    told = run("import", "keycloak", str(files), "--mapping", mapping(tmp_path, MAPPING)).stderr
    assert "contoso-users-1.json is missing" in told
    assert places(managed, "part-0") == [("c-a", "member", "all")]
    assert places(managed, "part-2") == [("c-b", "member", "all")]


def test_one_of_several_realms(managed: Managed, tmp_path: Path) -> None:
    several = text([realm([user("of-one")], realm="one"), realm([user("of-two")], realm="two")])
    assert "the files hold several realms (one, two): name one" in fault(tmp_path, both=several)
    assert "there is no realm three in the files, but one, two" in fault(
        tmp_path, "realm: {name: three}\n", both=several
    )
    run("import", "keycloak", str(tmp_path / "broken"), "--mapping", mapping(tmp_path, "realm: {name: two}\n"))
    assert person(managed, "of-one") is None
    assert person(managed, "of-two") is not None


HIDDEN = {"alias": "x", "config": {"clientSecret": "**********"}}


def test_a_partial_export_is_refused_with_the_command_for_a_whole_one(managed: Managed, tmp_path: Path) -> None:
    whole = "`bin/kc.sh export --dir export --realm NAME --users different_files"
    masked = text(realm([user("p1")], [client("x", secret="**********")]))
    partials = {
        "secrets": (masked, "it is a partial export"), "users": (text(realm(None)), "no file has users"),
        "a provider's secret": (text(realm([user("p2")], identityProviders=[HIDDEN])), "partial"),
        "the API": (text([{"id": kid("p3"), "username": "p3", "enabled": True}]), "a list of users as the administration's API gives it"),
        "passwords": (text(realm([{**user("p4"), "credentials": []}])), "nobody in it has a password"),
        "a page of another program": (b'{"value": []}', "it is no export of a realm"),
    }  # fmt: skip
    for kind, (data, because) in partials.items():
        told = fault(tmp_path, contoso_realm=data)
        assert because in told, (kind, told)
        assert whole in told, kind
    said = "realm: {without_passwords: take}\n"
    run(
        "import",
        "keycloak",
        str(written(tmp_path / "none", x=partials["passwords"][0])),
        "--mapping",
        mapping(tmp_path, said),
    )
    assert person(managed, "p4") is not None
    assert person(managed, "p1") is None


CUT = text(realm([user(number) for number in range(20)]))
BROKEN: Mapping[str, tuple[bytes, str]] = {
    "cut in the middle": (CUT[: len(CUT) // 2], "it ends within a record, so it was cut"),
    "cut by its last bytes": (CUT[:-2], "it ends within a record, so it was cut"),
    "of another encoding": (CUT.replace(b"Person", "Zoë".encode("latin-1")), "it is no text in UTF-8"),
    "UTF-16": (CUT.decode().encode("utf-16"), "it is in UTF-16"),
    "packed": (b"PK\x03\x04" + CUT, "it is packed (zip)"),
    "a page for people": (b"<!doctype html>", "it is no JSON"),
    "empty": (b"", "it is empty"),
    "nested without end": (b'{"realm":"x","a":' + b"[" * 200_000, "it is nested without end"),
    "nested without end in a person": (b'{"realm":"x","users":[{"a":' + b"[" * 200_000, "it is nested without end"),
    "a bracket too many": (b'{"realm":"x","users":[{"a":1}]]}', "] closes nothing"),
    "a name without end": (b'{"realm":"' + b"x" * 3_000_000, "a text has more than"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_imports_nothing(managed: Managed, tmp_path: Path, kind: str) -> None:
    data, because = BROKEN[kind]
    told = fault(tmp_path, contoso_realm=data)
    assert because in told
    assert "contoso-realm.json" in told
    assert "nothing was imported: 1 file can't be read" in told
    assert person(managed, 0) is None
