"""People of an Azure AD B2C tenant move in: by the command line, and then they sign in over HTTP under every name that they had."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hoistway.protocol.ids import ServiceAccountId, UserId
from hoistway.store.account_passwords import set_service_account_password
from hoistway.store.audit import latest_entries
from hoistway.store.db import Database, Writer
from hoistway.store.former_identities import find_former_identity
from hoistway.store.memberships import memberships_of
from hoistway.store.service_accounts import find_service_account
from hoistway.store.users import User, find_user, find_user_by_name, set_user_password
from tests.attacks.asking import bearer, post
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.flows.browser import Person, answer_of, pkce
from tests.imports.graph import (
    APP,
    DOMAIN,
    MAPPING,
    NEXT,
    TENANT,
    attribute,
    federated,
    lines,
    local,
    mapping,
    oid,
    page,
    user,
    written,
)
from tests.server import change
from tests.store.test_schema import on
from tests.world import API_URI, CALLBACK, DIGEST, NOW, PASSWORD

ROPC = f"/{DOMAIN}/B2C_1_ROPC/oauth2/v2.0/token"
SIGN_IN = f"/{DOMAIN}/B2C_1_signin/oauth2/v2.0"


def bring(folder: Path, *records: Any, text: str = MAPPING, code: int = 0, options: tuple[str, ...] = ()) -> Any:
    """What the import of one page answers."""
    files = written(folder / "export", "users.json", page(records))
    words = ("import", "b2c", str(files), "--mapping", mapping(folder, text), *options)
    return json.loads(run(*words, "--json", code=code).stdout)


def person(managed: Managed, word: object) -> User | None:
    async def read(db: Database) -> User | None:
        return await find_user(db, UserId(oid(word)))

    return on(managed.served.database, read)


def places(managed: Managed, word: object) -> list[tuple[str, str, str]]:
    async def read(db: Database) -> list[tuple[str, str, str]]:
        return [(one.customer_id, one.role, one.reach) for one in await memberships_of(db, UserId(oid(word)))]

    return on(managed.served.database, read)


def with_password(managed: Managed, word: object) -> None:
    """As if it had been carried over."""

    async def put(tx: Writer) -> None:
        if not await set_user_password(tx, UserId(oid(word)), DIGEST, NOW):
            await set_service_account_password(tx, ServiceAccountId(oid(word)), DIGEST, NOW)

    change(managed.served.database, put)


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return said


def enters(managed: Managed, name: str, word: str = PASSWORD) -> bool:
    visitor = Person(managed.served)
    found = visitor.submit("/sign-in", visitor.get("/sign-in"), username=name, password=word)
    return found.status_code == 200 and "csrf" not in found.text.partition('action="/sign-in"')[1]


def daemon(managed: Managed, name: str, word: str = PASSWORD, **more: str) -> Any:
    form = {"grant_type": "password", "client_id": "ropc", "username": name, "password": word, "scope": API_URI, **more}
    return post(managed.served, ROPC, **form)


def told(managed: Managed, event: str) -> list[Mapping[str, Any]]:
    async def read(db: Database) -> list[Mapping[str, Any]]:
        return [json.loads(entry.detail) for entry in await latest_entries(db, event)]

    return on(managed.served.database, read)


def test_a_person_keeps_what_they_had(managed: Managed, tmp_path: Path) -> None:
    record = user(
        "kept", local("anna@example.com"), local("ANNA-4711", "userName"), federated("https://idp.example", "s-1"),
        displayName="Anna Öst", preferredLanguage="de-AT",
        attributes={"CustomerNumber": 4711, "Role": "Admin", "Level": 3, "Vip": True, "Empty": None},
    )  # fmt: skip
    made = bring(tmp_path, record)
    assert (made["people"], made["places"], made["left_out"]) == (1, 1, 0)
    found = person(managed, "kept")
    assert found is not None
    assert (found.username, found.name, found.emails, found.locale, found.created_at) == (
        "anna@example.com", "Anna Öst", ("anna@example.com",), "de", 1614834367,
    )  # fmt: skip
    assert places(managed, "kept") == [("c-a", "administrator", "all")]
    former = on(managed.served.database, lambda db: find_former_identity(db, "https://idp.example", "s-1"))
    assert former is not None
    assert former.user_id == found.id
    by_name = on(managed.served.database, lambda db: find_user_by_name(db, "anna-4711"))
    assert by_name == found
    for event in ("import.begun", "import.written", "import.ended"):
        assert told(managed, event)[0]["import_id"] == made["import_id"], event


def test_each_name_signs_in_with_the_one_password(managed: Managed, tmp_path: Path) -> None:
    names = ("several@example.com", "Several", "+4989123", "K-77")
    kinds = ("emailAddress", "userName", "phoneNumber", "customerNumber")
    record = user("several", *map(local, names, kinds), attributes={"CustomerNumber": "4711"})
    bring(tmp_path, record)
    for name in (*names, "SEVERAL@Example.COM", "several"):
        assert not enters(managed, name), "nobody knows the password yet"
    with_password(managed, "several")
    managed.clock.turn(86_400)
    for name in (*names, "several"):
        assert enters(managed, name), name
    assert not enters(managed, "Several", "wrong")


def test_several_names_give_no_more_guesses(managed: Managed, tmp_path: Path) -> None:
    names = ("guessed@example.com", "guessed-1", "guessed-2")
    bring(
        tmp_path,
        user("guessed", *map(local, names, ("emailAddress", "userName", "x")), attributes={"CustomerNumber": "4711"}),
    )
    with_password(managed, "guessed")
    for number in range(12):
        enters(managed, names[number % 3], f"guess {number}")
    for name in names:
        assert not enters(managed, name), "what locks one name locks the account"
    managed.clock.turn(86_400)
    assert enters(managed, names[1])


def test_a_technical_account_gets_tokens_with_its_attributes(managed: Managed, tmp_path: Path) -> None:
    attributes = {"CustomerNumber": "4711", "AccountType": "technical", "Plant": "Dresden", "Level": 3, "On": True}
    made = bring(
        tmp_path, user("robot", local("robot-1", "userName"), local("robot@example.com"), attributes=attributes)
    )
    assert made["technical_accounts"] == 1
    account = on(managed.served.database, lambda db: find_service_account(db, ServiceAccountId(oid("robot"))))
    assert account is not None
    assert (account.customer_id, account.created_at) == ("c-a", 1614834367)
    assert daemon(managed, "robot-1").json()["error"] == "access_denied"
    with_password(managed, "robot")
    managed.clock.turn(86_400)
    for name in ("robot-1", "ROBOT@example.com"):
        reply = daemon(managed, name)
        assert reply.status_code == 200, reply.text
        token = claims(reply.json()["access_token"])
        assert (token["sub"], token["oid"], token["tid"]) == (oid("robot"), oid("robot"), TENANT)
        said = {
            name.removeprefix("extension_"): value for name, value in token.items() if name.startswith("extension_")
        }
        assert said == attributes
        assert bearer(managed.served, reply.json()["access_token"]).status_code == 200
    plain = post(
        managed.served, grant_type="password", client_id="ropc", username="robot-1", password=PASSWORD, scope=API_URI
    )
    assert not [name for name in claims(plain.json()["access_token"]) if name.startswith("extension_")]


def test_sub_may_be_the_sentence_of_old_policies(managed: Managed, tmp_path: Path) -> None:
    """Everything that reads tokens goes by `oid`."""
    sentence = "Not supported currently. Use oid claim."
    attributes = {"CustomerNumber": "4711", "AccountType": "technical"}
    bring(
        tmp_path,
        user("sentence", local("sentence-1", "userName"), attributes=attributes),
        user("says", attributes={"CustomerNumber": "4711"}),
    )
    answer("tenant", "subject", TENANT, sentence)
    with_password(managed, "sentence")
    with_password(managed, "says")
    managed.clock.turn(86_400)
    try:
        reply = daemon(managed, "sentence-1", scope="openid ropc offline_access").json()
        for name in ("access_token", "id_token"):
            said = claims(reply[name])
            assert (said["sub"], said["oid"]) == (sentence, oid("sentence"))
        token = daemon(managed, "sentence-1").json()["access_token"]
        assert bearer(managed.served, token).status_code == 200
        visitor = Person(managed.served)
        verifier, challenge = pkce()
        asked = {"scope": "openid units.read", "code_challenge": challenge, "code_challenge_method": "S256"}
        shown = visitor.authorize("spa", path=f"{SIGN_IN}/authorize", **asked)
        back = visitor.submit("/sign-in", shown, username="says@example.com", password=PASSWORD)
        form = {"grant_type": "authorization_code", "code": answer_of(back.headers["location"])["code"]}
        tokens = visitor.http.post(
            f"{SIGN_IN}/token", data={**form, "code_verifier": verifier, "redirect_uri": CALLBACK, "client_id": "spa"}
        ).json()
        assert claims(tokens["id_token"])["sub"] == sentence
        told = bearer(managed.served, tokens["access_token"], "/oauth2/userinfo").json()
        assert (told["sub"], told["oid"]) == (sentence, oid("says"))
        again = visitor.authorize(
            "spa", path=f"{SIGN_IN}/authorize", **asked, prompt="none", id_token_hint=tokens["id_token"]
        )
        assert "code" in answer_of(again.headers["location"]), "the hint names whoever is signed in"
        revoked = {"token": tokens["access_token"], "client_id": "spa"}
        assert post(managed.served, "/oauth2/revoke", **revoked).status_code == 200
        assert bearer(managed.served, tokens["access_token"]).status_code == 401
        out = visitor.get("/oauth2/logout", id_token_hint=tokens["id_token"])
        assert out.status_code == 303 or "csrf" not in out.text, "nobody is asked whether they mean it"
    finally:
        answer("tenant", "subject", TENANT, "--none")


FATES: Mapping[str, tuple[dict[str, Any], str]] = {
    "deleted": (user("f1", deletedDateTime="2026-01-01T00:00:00Z"), "was deleted at the old system"),
    "a guest": (user("f2", userType="Guest", creationType="Invitation"), "is a guest"),
    "a guest of another directory": (
        user("f3", {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}), "is a guest",  # type: ignore[dict-item]
    ),
    "a work account": (user("f4", local("x", "userPrincipalName"), creationType=None), "is a work account"),
    "of a provider alone": (user("f5", federated("google.com", "1"), otherMails=["f5@example.com"]), "signed in by a provider alone"),
    "without identities": ({"id": oid("f6"), "displayName": "x", "identities": None}, "has no identities"),
    "no GUID": (user("f7", id="4711"), "its id is no GUID"),
    "an invisible letter": (user("f8", local("ev\u200bil@example.com")), "U+200B"),
    "a line break": (user("f9", local("a\nb")), "U+000A"),
    "a name of blanks": (user("f10", local("   ")), "must have 1 to 200 characters"),
    "an endless name": (user("f11", local("x" * 201)), "must have 1 to 200 characters"),
    "twenty names": (user("f12", *(local(f"n{number}", "userName") for number in range(20))), "more than 11 names"),
    "twenty-one attributes": (user("f13", attributes={f"A{number}": 1 for number in range(21)}), "more than 20 attributes"),
    "attributes without end": (user("f14", attributes={"A": "x" * 5000}), "more than 4096 bytes"),
    "an attribute that is a list": (user("f15", attributes={"A": [1]}), "is no text, number or truth value"),
    "an attribute of two applications": (
        {**user("f16", attributes={"A": 1}), attribute("A").replace(APP, APP[::-1]): 2}, "two applications own an attribute A",
    ),
    "names that are a number": (user("f17", displayName=7), "the record can't be read"),
    "a customer that nobody knows": (user("f18", attributes={"CustomerNumber": "9"}), "there is no customer 9"),
    "a technical account of nobody": (user("f19", attributes={"AccountType": "technical"}), "names no customer"),
    "a name of an application's account": (
        user("f20", local("app-1", "userName"), attributes={"AccountType": "technical", "CustomerNumber": "4711"}), "begin with app-",
    ),
}  # fmt: skip


def test_each_that_is_left_out_is_told_with_line_and_reason(managed: Managed, tmp_path: Path) -> None:
    """And loses no other."""
    good = user("among", attributes={"CustomerNumber": "4711"})
    files = written(tmp_path / "export", "users.ndjson", lines([*(record for record, _ in FATES.values()), good]))
    report = tmp_path / "report.ndjson"
    words = ("import", "b2c", str(files), "--mapping", mapping(tmp_path), "--report", str(report))
    said = json.loads(run(*words, "--json", code=1).stdout)
    assert (said["people"], said["left_out"]) == (1, len(FATES))
    told = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(one["file"], one["line"]) for one in told] == [("users.ndjson", line) for line in range(1, len(FATES) + 1)]
    for one, (kind, (record, because)) in zip(told, FATES.items(), strict=True):
        assert because in one["because"], (kind, one)
        assert one["id"] in {record["id"], None}
    assert person(managed, "among") is not None
    assert all(person(managed, f"f{number}") is None for number in range(1, len(FATES) + 1))


PLACES = {
    "CustomerNumber": ("4711", "4712"), "Role": ("User", "Admin"), "Sites": ("c-a-s1", "c-a-s2"), "AccountType": ("person", "technical"),
}  # fmt: skip


def test_attributes_of_two_applications_place_nobody(managed: Managed, tmp_path: Path) -> None:
    """Also where tokens have others alone: whoever may write the second would choose the place."""
    text = MAPPING + "  attributes: [Note]\n  reach: {attribute: Sites}\n"
    records = [
        {
            **user(f"two-{name}", attributes={"CustomerNumber": "4711", name: own}),
            attribute(name).replace(APP, APP[::-1]): other,
        }
        for name, (own, other) in PLACES.items()
    ]
    several = user("two-many", attributes={"Note": "x", "Role": "User"})
    several |= {attribute(name).replace(APP, APP[::-1]): "y" for name in ("Role", "Note", "Unused")}
    unused = user("two-unused", attributes={"CustomerNumber": "4711", "Unused": "x"})
    unused[attribute("Unused").replace(APP, APP[::-1])] = "y"
    made = bring(tmp_path, *records, several, unused, text=text, code=1)
    assert (made["people"], made["left_out"]) == (1, 5)
    said = [one["because"] for one in made["refusals"]]
    assert [
        f"two applications own an attribute {name}:" in one for name, one in zip((*PLACES, "Note"), said, strict=True)
    ] == [True] * 5


def test_a_refused_tenant_takes_nothing_with_it_but_what_belongs_to_it(managed: Managed, tmp_path: Path) -> None:
    other = "5b6ff1d0-4c3e-4a4e-9a0e-6a2f7c8d9e10"
    text = MAPPING.replace(TENANT, other)
    for options, code in ((("--dry-run",), 1), ((), 1)):
        made = bring(
            tmp_path, user("orphan", attributes={"CustomerNumber": "4711"}), text=text, code=code, options=options
        )
        assert (made["people"], made["left_out"], made.get("to_carry")) == (1, 1, None)
        assert f"belongs to the tenant {TENANT}" in made["refusals"][0]["because"]
        assert "its people come without their attributes" in made["refusals"][0]["because"]
    assert places(managed, "orphan") == [("c-a", "member", "all")]


def test_identities_of_providers_that_are_none_stay_behind(managed: Managed, tmp_path: Path) -> None:
    """Those that the mapping makes one count once; what no provider can send is told."""
    text = MAPPING + "  issuers: {x.example: 'https://idp.example/odd'}\n"
    bad = ["a\x01b", "\u00e4", "x" * 256, "y" * 20_000, "\u200bz"]
    made = bring(
        tmp_path,
        user("same", local("same@example.com"), federated("x.example", "s"), federated("https://idp.example/odd", "s")),
        user("odd", local("odd@example.com"), *(federated("https://idp.example/odd", one) for one in bad)),
        user("strange", local("strange@example.com"), federated("i\n" * 300, "s")),
        text=text,
    )
    assert (made["people"], made["left_out"], made["told"]) == (3, 0, len(bad) + 1)
    assert all("stays behind" in one["because"] and len(one["because"]) < 500 for one in made["refusals"])
    former = on(managed.served.database, lambda db: find_former_identity(db, "https://idp.example/odd", "s"))
    assert former is not None
    assert former.user_id == oid("same")


def test_somebody_of_a_provider_alone_may_be_taken_by_address(managed: Managed, tmp_path: Path) -> None:
    text = MAPPING + "  federated_only: by_address\n  issuers: {idp.example: https://idp.example/v2.0}\n"
    record = user(
        "social",
        federated("idp.example", "s-9"),
        otherMails=["social@example.com"],
        attributes={"CustomerNumber": "4711"},
    )
    assert bring(tmp_path, record, text=text)["people"] == 1
    former = on(managed.served.database, lambda db: find_former_identity(db, "https://idp.example/v2.0", "s-9"))
    assert former is not None
    assert former.user_id == oid("social")
    nobody = user("nameless", federated("idp.example", "s-10"))
    assert "no e-mail address" in bring(tmp_path, nobody, text=text, code=1)["refusals"][0]["because"]


def test_the_old_graph_is_read_as_well(managed: Managed, tmp_path: Path) -> None:
    record = {
        "odata.type": "Microsoft.DirectoryServices.User", "objectId": oid("older"), "accountEnabled": False, "creationType": "LocalAccount",
        "displayName": "unknown", "givenName": "Olga", "surname": "Older",
        "signInNames": [{"type": "userName", "value": "olga-old"}, {"type": "emailAddress", "value": "older@example.com"}],
        "userIdentities": [{"issuer": "https://idp.example", "issuerUserId": base64.b64encode(b"s-77").decode()}],
        attribute("CustomerNumber"): "4712",
    }  # fmt: skip
    assert bring(tmp_path, record)["people"] == 1
    found = person(managed, "older")
    assert found is not None
    assert (found.username, found.name) == ("older@example.com", "Olga Older")
    assert found.disabled_at is not None
    assert places(managed, "older") == [("c-b", "member", "all")]
    assert on(managed.served.database, lambda db: find_former_identity(db, "https://idp.example", "s-77")) is not None


def test_a_second_time_changes_nothing(managed: Managed, tmp_path: Path) -> None:
    records = [user(f"twice{number}", attributes={"CustomerNumber": "4711"}) for number in range(3)]
    assert bring(tmp_path, *records)["people"] == 3
    before = person(managed, "twice1")
    again = bring(tmp_path, *(record | {"displayName": "Other"} for record in records))
    assert (again["there_already"], again.get("people"), again["left_out"]) == (4, None, 0)
    assert person(managed, "twice1") == before


def test_what_would_happen_is_told_and_nothing_is_written(managed: Managed, tmp_path: Path) -> None:
    record, bad = user("dry", attributes={"CustomerNumber": "4711"}), user("dry2", id="x")
    text = MAPPING[MAPPING.index("people:") :]
    said = bring(tmp_path, record, bad, record, text=text, code=1, options=("--dry-run",))
    assert (said["dry_run"], said["import_id"], said["people"], said["left_out"], said["there_already"]) == (
        True,
        None,
        1,
        1,
        1,
    )
    assert person(managed, "dry") is None


def test_what_the_mapping_can_not_place_is_listed_first(managed: Managed, tmp_path: Path) -> None:
    text = (
        MAPPING.replace("administrator: [Admin]", "administrator: [Admin], member: [User]")
        + "  reach: {attribute: Sites}\n"
    )
    records = [
        user("u1", attributes={"CustomerNumber": "9", "Role": "King"}),
        user("u2", attributes={"CustomerNumber": "9", "Sites": "c-a-s1; nowhere"}),
        user("u3", attributes={"CustomerNumber": "4711", "Sites": "c-a-s1"}),
    ]
    files = written(tmp_path / "export", "users.json", page(records))
    told = run("import", "b2c", str(files), "--mapping", mapping(tmp_path, text), code=1).stderr
    assert "not in the mapping: there is no customer 9" in told
    assert "(2 people)" in told
    assert "the value 'King' is neither of administrator nor of member (1 person)" in told
    assert "there is no site nowhere (1 person)" in told
    assert "nobody has the attribute AccountType" in told
    assert told.index("not in the mapping") < told.index("users.json, line 1")
    assert places(managed, "u3") == [("c-a", "member", "some")]


def test_a_reason_that_many_have_hides_no_other(managed: Managed, tmp_path: Path) -> None:
    records = [user(f"many-{number}", attributes={"CustomerNumber": "9"}) for number in range(30)]
    records.append(user("odd", attributes={"CustomerNumber": "4711", "Role": "King"}))
    files = written(tmp_path / "export", "users.json", page(records))
    text = MAPPING.replace("administrator: [Admin]", "administrator: [Admin], member: [User]")
    told = run("import", "b2c", str(files), "--mapping", mapping(tmp_path, text), "--dry-run", code=1).stderr
    assert told.count("users.json, line 1") == 4
    assert "the role 'King' is not in the mapping" in told
    assert "27 more are not shown" in told


@pytest.mark.parametrize("value", [";", "c-a-s1\u0007", "\u200b", " ; ;", 7])
def test_a_list_of_sites_that_can_not_be_read_opens_nothing(managed: Managed, tmp_path: Path, value: object) -> None:
    text = MAPPING + "  reach: {attribute: Sites}\n"
    word = f"reach {value!r}"
    made = bring(
        tmp_path,
        user(word, local(f"{oid(word)}@example.com"), attributes={"CustomerNumber": "4711", "Sites": value}),
        text=text,
        code=1,
    )
    assert "site" in made["refusals"][0]["because"]
    assert person(managed, word) is None


def test_customers_are_made_where_the_mapping_says_so(managed: Managed, tmp_path: Path) -> None:
    text = MAPPING + "  make_customers: true\n"
    assert bring(tmp_path, user("maker", attributes={"CustomerNumber": "N-1"}), text=text)["people"] == 1
    assert answer("customer", "show", "N-1")["name"] == "N-1"
    assert places(managed, "maker") == [("N-1", "member", "all")]
    said = bring(tmp_path, user("maker2", attributes={"CustomerNumber": "has blanks"}), text=text, code=1)
    assert "can't be the id of a customer" in said["refusals"][0]["because"]


def fault(folder: Path, name: str, data: bytes, code: int = 4) -> str:
    files = written(folder / "broken", name, data)
    return run("import", "b2c", str(files), "--mapping", mapping(folder), code=code).stderr


def test_a_page_without_identities_is_refused_once(managed: Managed, tmp_path: Path) -> None:
    few = [
        {"id": oid(f"w{number}"), "displayName": "x", "userPrincipalName": "y", "mail": None} for number in range(50)
    ]
    told = fault(tmp_path, "users.json", page(few))
    assert told.count("have no identities") == 1
    assert "$select=id,accountEnabled" in told
    assert "nothing was imported" in told
    assert fault(tmp_path, "users.json", page([one | {"identities": None} for one in few])).count("no identities") == 1


def test_the_portals_csv_is_refused_with_the_way(managed: Managed, tmp_path: Path) -> None:
    head = b"userPrincipalName,displayName,surname,mail,givenName,objectId,userType\nx,y,z,,,1,Member\n"
    assert "it is the portal's CSV, which has neither identities nor attributes" in fault(tmp_path, "export.csv", head)
    (tmp_path / "broken" / "export.csv").unlink()
    assert "hoistway import csv" in fault(tmp_path, "own.csv", b"name,address\nx,y\n")


def test_a_part_that_is_missing_is_told(managed: Managed, tmp_path: Path) -> None:
    files = written(tmp_path / "export", "users-1.json", page([user("p1")], more=True))
    written(files, "users-2.json", page([user("p2")], more=True))
    told = run("import", "b2c", str(files), "--mapping", mapping(tmp_path)).stderr
    assert "a part of the users is missing" in told
    written(files, "users-3.json", page([user("p3")]))
    assert "is missing" not in run("import", "b2c", str(files), "--mapping", mapping(tmp_path)).stderr
    assert NEXT not in told


def test_the_tenant_comes_with_its_names_and_policies(managed: Managed, tmp_path: Path) -> None:
    tenant = "1b6ff1d0-4c3e-4a4e-9a0e-6a2f7c8d9e10"
    domains = [{"name": "fabrikam.onmicrosoft.com", "isInitial": True}, {"name": "Fabrikam.example"}]
    files = written(
        tmp_path / "export", "organization.json", page([{"id": tenant, "verifiedDomains": domains}], of="organization")
    )
    flows = [
        {"id": "B2C_1_signupsignin", "userFlowType": "signUpOrSignIn"}, {"id": "B2C_1_ropc", "userFlowType": "resourceOwner"},
        {"id": "B2C_1_reset", "userFlowType": "passwordReset"},
    ]  # fmt: skip
    written(files, "flows.json", page(flows))
    written(files, "policies.json", page([{"id": "B2C_1A_ROPC_Auth"}, {"id": "B2C_1A_Custom"}]))
    text = "tenant:\n  policies: {B2C_1A_ROPC_Auth: ropc}\n  subject_text: Use oid.\n"
    told = run("import", "b2c", str(files), "--mapping", mapping(tmp_path, text)).stderr
    assert "the policy B2C_1A_Custom: say what it is for" in told
    found = answer("tenant", "show", "fabrikam.example")
    assert found["id"] == tenant
    assert found["names"] == ["fabrikam.example", "fabrikam.onmicrosoft.com"]
    assert found["policies"] == {"B2C_1A_ROPC_Auth": "ropc", "B2C_1_ropc": "ropc", "B2C_1_signupsignin": "sign_in"}
    assert found["subject_text"] == "Use oid."
    other = "2b6ff1d0-4c3e-4a4e-9a0e-6a2f7c8d9e10"
    text = f"tenant:\n  id: {other}\n  names: [fabrikam.example]\n"
    written(tmp_path / "more", "users.json", page([user("t1")]))
    said = json.loads(
        run("import", "b2c", str(tmp_path / "more"), "--mapping", mapping(tmp_path, text), "--json", code=1).stdout
    )
    assert "belongs to the tenant" in said["refusals"][0]["because"]


def test_the_example_of_a_mapping_is_one(managed: Managed, tmp_path: Path) -> None:
    text = run("import", "mapping", "--example").stdout
    files = written(tmp_path / "export", "users.json", page([user("example")]))
    run("import", "b2c", str(files), "--mapping", mapping(tmp_path, text), "--dry-run")
    assert "--example" in run("import", "mapping", code=2).stderr


WRONG_MAPPINGS = {
    "people: {custmer: x}": "unknown field",
    "people: [1]": "got `array`",
    "a: &x [1]\nb: *x": "aliases (*) are not read",
    "people: {": "line",
    "people:\n  role: {}\n  role: {}": "duplicate",
    "a: \x01b": "YAML",
}


@pytest.mark.parametrize("text", WRONG_MAPPINGS)
def test_a_wrong_mapping_is_refused(managed: Managed, tmp_path: Path, text: str) -> None:
    files = written(tmp_path / "export", "users.json", page([user("m1")]))
    told = run("import", "b2c", str(files), "--mapping", mapping(tmp_path, text), code=2).stderr
    assert WRONG_MAPPINGS[text] in told, told
