"""Row 68: single records that somebody at the old system could write: none ends an import, fills the memory, writes over a terminal or
becomes what another one is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hoistway.protocol.ids import ServiceAccountId
from hoistway.store.service_accounts import find_service_account
from tests.attacks.overtaken import everything
from tests.attacks.test_other_imports import world as world
from tests.cli.running import run
from tests.imports import graph
from tests.imports.realm import MAPPING, client, kid, realm, service, text, user
from tests.imports.test_b2c_applications import api, application
from tests.store.test_schema import on

ODD = "a\x1b]0;b\x07\r\u009b31m\u202ec\nd"
SHOWN = "a\\x1b]0;b\\x07\\r\\x9b31m\\u202ec\\nd"
CORPORATE = "https://login.contoso.example"
RECORDS: Mapping[str, tuple[dict[str, Any], str]] = {
    "a text that no database keeps": (user("odd", firstName="a\0b"), "holds U+0000"),
    "the same in an attribute": (user("odd", attributes={"note": ["a\0b"]}), "holds U+0000"),
    "a path of groups without end": (user("odd", groups=["/" * 20_000]), "the path of a group"),
    "a group below hundreds": (user("odd", groups=["/a" * 200]), "the path of a group"),
}


def keycloak(folder: Path, said: Any, code: int = 0) -> Any:
    (folder / "realm.json").write_bytes(text(said))
    words = ("import", "keycloak", str(folder / "realm.json"), "--mapping", graph.mapping(folder, MAPPING), "--json")
    return json.loads(run(*words, code=code).stdout)


def b2c(folder: Path, code: int, *people: Any, programs: tuple[Any, ...] = ()) -> Any:
    files = graph.written(folder / "export", "users.json", graph.page(people))
    graph.written(files, "applications.json", graph.page(programs, of="applications"))
    return json.loads(run("import", "b2c", str(files), "--mapping", graph.mapping(folder), "--json", code=code).stdout)


@pytest.mark.parametrize("kind", RECORDS)
def test_one_person_of_a_realm_ends_no_import(world: str, tmp_path: Path, kind: str) -> None:
    """Row 68: on each database; the person is left out with the line, and whoever stands behind is taken."""
    record, because = RECORDS[kind]
    said = keycloak(tmp_path, realm([user("before"), record, user("behind")]), code=1)
    assert (said["people"], said["left_out"]) == (2, 1)
    assert because in said["refusals"][0]["because"]


def test_what_no_provider_can_send_stays_behind(world: str, tmp_path: Path) -> None:
    """Row 68: longer than an index holds, or no ASCII; of a provider or of a person there. The person is taken."""
    issuers = [
        {"alias": alias, "providerId": "oidc", "config": {"issuer": issuer}}
        for alias, issuer in (("long", "https://x.example/" + "y" * 5000), ("corporate", CORPORATE))
    ]
    identities = [("corporate", "s-1"), ("corporate", "é" * 999), ("corporate", "x" * 900), ("long", "s-2")]
    record = user(
        "known", federatedIdentities=[{"identityProvider": alias, "userId": subject} for alias, subject in identities]
    )
    said = keycloak(tmp_path, realm([record, user("behind")], identityProviders=issuers))
    assert (said["people"], said["told"]) == (2, 3)
    rows: Mapping[str, Any] = on(world, everything)
    assert [row[:3] for row in rows["former_identities"].values()] == [(CORPORATE, "s-1", kid("known"))]


def test_groups_below_each_other_cost_little(world: str, tmp_path: Path) -> None:
    """Row 68: the path of each group holds those above it, and a record of groups may be long."""
    group: dict[str, Any] = {"name": "last", "subGroups": []}
    for _ in range(25):
        group = {"name": "n" * 10_000, "subGroups": [group]}
    said = keycloak(tmp_path, realm([user("one")], groups=[group]))
    assert said["people"] == 1
    assert any("a record of groups is left out: the path of a group" in note for note in said["notes"])


def test_one_record_of_a_tenant_ends_no_import(world: str, tmp_path: Path) -> None:
    """Row 68: a month that no year has, a text that no database keeps, in people, applications and scopes."""
    people = (
        graph.user("month", createdDateTime="2024-13-01T00:00:00Z"), graph.user("year", createdDateTime="0000-01-01T00:00:00Z"),
        graph.user("mail", mail="a\0b@example.com"), graph.user("behind"),
    )  # fmt: skip
    programs = (
        {**api("uri", "uri.read"), "identifierUris": ["https://contoso.example/a\0b"]},
        api("behind-api", "behind.read", spa={"redirectUris": ["https://s.example/cb"]}),
        application("wanting", spa={"redirectUris": ["https://s.example/cb"]}, requiredResourceAccess=[{"resourceAppId": "a\0b"}]),
    )  # fmt: skip
    said = b2c(tmp_path, 1, *people, programs=programs)
    assert (said["people"], said["apis"], said["applications"], said["left_out"]) == (3, 1, 1, 3)


def test_what_a_scope_is_called_can_be_seen(world: str, tmp_path: Path) -> None:
    """Row 68: people read it where they are asked for consent."""
    scopes = [
        {"id": graph.oid(name), "value": name, "userConsentDisplayName": words}
        for name, words in (("odd.read", ODD), ("none.read", "\u202e"))
    ]
    b2c(tmp_path, 0, graph.user("one"), programs=({**api("odd", "x"), "api": {"oauth2PermissionScopes": scopes}},))
    rows: Mapping[str, Any] = on(world, everything)
    (said,) = (row[4] for row in rows["apis"].values() if row[0] == graph.oid("odd"))
    assert [one["description"] for one in json.loads(said)] == ["a]0;b 31mc d", "none.read"]


def test_no_record_writes_over_a_terminal(world: str, tmp_path: Path) -> None:
    """Row 68: neither on standard error nor in the report, whichever sentence it stands in."""
    people = [
        user("named", username=ODD), {**user("nameless", username=ODD), "id": None}, user("factor", {"type": ODD}),
        user("action", requiredActions=[ODD]), user("fed", federatedIdentities=[{"identityProvider": ODD, "userId": "1"}]),
    ]  # fmt: skip
    apps = [
        client(ODD, "https://x.example/cb"), client("origin", "https://x.example/cb", webOrigins=[f"https://{ODD}"]),
        client("address", f"https://x.example/{ODD}", "https://x.example/cb", defaultClientScopes=[ODD]), client(f"{ODD}-realm"),
    ]  # fmt: skip
    (tmp_path / "realm.json").write_bytes(text(realm(people, apps)))
    report = tmp_path / "report.ndjson"
    files = (str(tmp_path / "realm.json"), "--mapping", graph.mapping(tmp_path, MAPPING), "--report", str(report))
    told = run("import", "keycloak", *files, code=1).stderr
    (tmp_path / "other.json").write_bytes(text(realm([user("one")], realm=ODD)))
    told += run("import", "keycloak", str(tmp_path / "realm.json"), str(tmp_path / "other.json"), code=4).stderr
    graph.written(tmp_path / "b2c", "users.json", graph.page([graph.user("h", graph.local(ODD, "userName"))]))
    secrets = [{"hint": ODD, "endDateTime": "2020-01-01"}]
    program = application("p", web={"redirectUris": ["https://x.example/cb"]}, passwordCredentials=secrets)
    graph.written(tmp_path / "b2c", "applications.json", graph.page([program], of="applications"))
    graph.written(tmp_path / "b2c", "policies.json", graph.page([{"id": f"B2C_1A_{ODD}"}], of="policies"))
    told += run("import", "b2c", str(tmp_path / "b2c"), "--mapping", graph.mapping(tmp_path), code=1).stderr
    assert told.count(SHOWN) > 5
    said = report.read_text(encoding="utf-8")
    assert json.dumps(SHOWN)[1:-1] in said
    for letter in "\x1b\x07\r\u009b\u202e":
        assert letter not in told + said, ascii(letter)


def test_a_service_account_is_no_application(world: str, tmp_path: Path) -> None:
    """Row 68: neither with the id of an application that is here, nor of one that comes with it; and who was disabled, stays so."""
    shared = kid("shared")
    apps = [
        client(shared, "https://x.example/cb"),
        *(client(one, serviceAccountsEnabled=True, standardFlowEnabled=False) for one in ("first", "second", "ended")),
    ]
    people = [
        service("first", id=shared, groups=["/customers/a"]), service("ended", enabled=False, groups=["/customers/a"]), user("someone"),
    ]  # fmt: skip
    said = keycloak(tmp_path, realm(people, [*apps[:2], apps[3]]), code=1)
    assert "has the id of another account or application" in said["refusals"][0]["because"]
    account = on(world, lambda db: find_service_account(db, ServiceAccountId(kid("service-account-ended"))))
    assert account is not None
    assert account.disabled_at is not None
    again = [service("second", id=shared, groups=["/customers/a"]), user("someone")]
    said = keycloak(tmp_path, realm(again, [apps[2]]), code=1)
    assert "has the id of another account or application" in said["refusals"][0]["because"]
