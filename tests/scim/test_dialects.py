"""Requests as Entra ID and Okta send them (https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups,
https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20)."""

from typing import Any

import pytest

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.memberships import find_membership
from tests.scim.directory import GROUP, PATCH, USER, Directory, prove, read
from tests.server import Served


@pytest.fixture(scope="module")
def directory(served: Served) -> Directory:
    prove(served.database, "c-a", "acme.example")
    return Directory(served, "c-a")


def entra(name: str) -> dict[str, Any]:
    return {
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": f"id-{name}", "userName": name, "active": True, "displayName": "Lina",
        "emails": [{"primary": True, "type": "work", "value": name}], "meta": {"resourceType": "User"},
        "name": {"formatted": "Lina Lee", "familyName": "Lee", "givenName": "Lina"}, "roles": [], "title": "Boss",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Lifts", "manager": {"value": "x"}},
    }  # fmt: skip


def test_entra_looks_up_pushes_and_changes(directory: Directory) -> None:
    nobody = directory.call("GET", "/Users", params={"filter": 'userName eq "non-existent"'}).json()
    assert (nobody["totalResults"], nobody["Resources"]) == (0, [])
    made = directory.call("POST", "/Users", entra("lina@acme.example"))
    assert made.status_code == 201
    assert "title" not in made.json()
    path = f"/Users/{made.json()['id']}"
    changed = directory.patch(
        path,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "updated@acme.example"},
        {"op": "Replace", "path": "name.familyName", "value": "Updated"},
        {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "555"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "X"},
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "home@acme.example"},
        {"op": "Replace", "value": {"displayName": "L. U.", "name.givenName": "Li"}},
    )
    assert changed.status_code == 200, changed.text
    found = changed.json()
    assert [(one["type"], one["value"]) for one in found["emails"]] == [
        ("work", "updated@acme.example"), ("home", "home@acme.example"),
    ]  # fmt: skip
    assert found["name"] == {"formatted": "Lina Lee", "familyName": "Updated", "givenName": "Li"}
    assert found["displayName"] == "L. U."
    off = directory.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    assert off.json()["active"] is False


@pytest.mark.parametrize("urn", [USER, USER.lower()])
def test_members_under_the_core_schema_are_refused_and_names_behind_it_are_read(directory: Directory, urn: str) -> None:
    """Passed over, a person would stay active whom the directory sent as inactive."""
    name = "behind@acme.example" if urn == USER else "lower@acme.example"
    made = directory.call("POST", "/Users", {f"{urn}:userName": name, f"{urn}:active": False})
    assert made.status_code == 201, made.text
    assert (made.json()["userName"], made.json()["active"]) == (name, False)
    path = f"/Users/{made.json()['id']}"
    for body in (
        {"userName": name, urn: {"active": True}},
        {"userName": name, "active": False, "ACTIVE": True},
        {"userName": name, "active": False, f"{urn}:active": True},
    ):
        for method, where in (("PUT", path), ("POST", "/Users")):
            refused = directory.call(method, where, body)
            assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidSyntax"), body
    said = directory.call("PUT", path, {"userName": name, urn: {"active": True}}).json()["detail"]
    assert "move them out of this member" in said
    assert directory.call("PUT", path, {"userName": name, urn: {}}).status_code == 200
    group = directory.call("POST", "/Groups", {"displayName": "Behind", GROUP: {"members": [{"value": "x"}]}})
    assert (group.status_code, group.json()["scimType"]) == (400, "invalidSyntax")
    assert directory.call("GET", path).json()["active"] is False


def test_entra_takes_members_out_by_the_value(directory: Directory, served: Served) -> None:
    person = directory.push("grouped@acme.example")["id"]
    found = directory.call(
        "GET", "/Groups", params={"excludedAttributes": "members", "filter": 'displayName eq "administrator"'}
    )
    (group,) = found.json()["Resources"]
    assert "members" not in group
    path = f"/Groups/{group['id']}"
    user_id = read(served.database, lambda db: find_membership(db, UserId("u-adam"), CustomerId("c-a")))
    assert user_id is not None
    added = directory.patch(path, {"op": "Add", "path": "members", "value": [{"value": person}]})
    assert added.status_code == 200, added.text
    assert {one["value"] for one in added.json()["members"]} == {"u-adam", person}
    asked = directory.call("GET", "/Groups", params={"filter": f'id eq "{group["id"]}" and members eq "{person}"'})
    assert asked.json()["totalResults"] == 1
    removed = directory.patch(path, {"op": "Remove", "path": "members", "value": [{"value": person}]})
    assert [one["value"] for one in removed.json()["members"]] == ["u-adam"]
    assert [one["value"] for one in directory.call("GET", f"/Users/{person}").json()["groups"]] == ["member"]


def test_okta_pushes_and_deactivates(directory: Directory) -> None:
    body = {
        "schemas": [USER], "userName": "okta@acme.example", "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": True, "value": "okta@acme.example", "type": "work"}], "displayName": "Test User",
        "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [], "password": "1mz050nq", "active": True,
    }  # fmt: skip
    made = directory.call("POST", "/Users", body)
    assert made.status_code == 201
    assert "password" not in made.text
    off = directory.call(
        "PATCH",
        f"/Users/{made.json()['id']}",
        {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]},
    )
    assert (off.status_code, off.json()["active"]) == (200, False)
    put = directory.call("PUT", f"/Users/{made.json()['id']}", {**body, "active": True, "id": made.json()["id"]})
    assert put.json()["active"] is True


def test_okta_pushes_groups(directory: Directory) -> None:
    person = directory.push("pushed@acme.example")["id"]
    made = directory.call("POST", "/Groups", {"schemas": [GROUP], "displayName": "Test SCIMv2", "members": []})
    assert made.status_code == 201
    group = made.json()["id"]
    added = directory.patch(
        f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": person, "display": "x"}]}
    )
    assert [one["value"] for one in added.json()["members"]] == [person]
    renamed = directory.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "Renamed"}})
    assert renamed.json()["displayName"] == "Renamed"
    removed = directory.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{person}"]'})
    assert "members" not in removed.json()
    assert directory.call("DELETE", f"/Groups/{group}").status_code == 204


@pytest.mark.parametrize("name", ["administrator", "Member"])
def test_a_role_is_neither_made_renamed_nor_removed(directory: Directory, name: str) -> None:
    assert directory.call("POST", "/Groups", {"displayName": name}).status_code == 409
    path = f"/Groups/{name.lower()}"
    assert directory.patch(path, {"op": "replace", "value": {"displayName": "operator"}}).status_code == 400
    assert directory.call("DELETE", path).status_code == 403


@pytest.mark.parametrize(
    "operation",
    [{"op": op, **rest} for op in ("replace", "Add") for rest in (
        {"path": "active", "value": None}, {"path": "active"}, {"value": {"active": None}}, {"value": {"ACTIVE": None}},
        {"path": f"{USER}:active", "value": None}, {"path": "active", "value": ""}, {"path": "active", "value": []},
        {"path": "active", "value": {}},
    )],
)  # fmt: skip
def test_a_switch_without_a_value_activates_nobody(directory: Directory, operation: dict[str, Any]) -> None:
    """As a mapping of Entra ID writes that has no result."""
    found = directory.find("nulled@acme.example")
    person = found[0] if found else directory.push("nulled@acme.example", active=False)
    path = f"/Users/{person['id']}"
    refused = directory.patch(path, operation)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    put = directory.call("PUT", path, {"userName": "nulled@acme.example", "active": None})
    assert (put.status_code, put.json()["active"]) == (200, False)


WORK, HOME = {"type": "work", "value": "w@acme.example"}, {"type": "home", "value": "h@acme.example"}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": 'emails[type eq "home"].primary', "value": True},
        {"op": "Replace", "path": 'emails[type eq "home"].primary', "value": "True"},
        {"op": "replace", "path": 'emails[type eq "home"]', "value": {**HOME, "primary": True}},
        {"op": "Add", "path": 'emails[type eq "home"]', "value": {**HOME, "Primary": "true"}},
        {"op": "Add", "path": "emails", "value": [{**HOME, "primary": "True"}]},
        {"op": "Add", "value": {"emails": [{**HOME, "primary": True}]}},
        {"op": "Replace", "value": {'emails[type eq "home"].primary': "True"}},
    ],
)
def test_a_new_primary_address_takes_the_word_from_the_other(directory: Directory, operation: dict[str, Any]) -> None:
    path = f"/Users/{directory.push('moving@acme.example', emails=[{**WORK, 'primary': True}, HOME])['id']}"
    changed = directory.patch(path, operation)
    assert changed.status_code == 200, changed.text
    assert changed.json()["emails"] == [{**WORK, "primary": False}, {**HOME, "primary": True}]
    assert directory.call("DELETE", path).status_code == 204


@pytest.mark.parametrize("said", ['"True"', '"true"', "true", "True"])
def test_the_primary_address_is_found_as_entra_writes_it(directory: Directory, said: str) -> None:
    path = f"/Users/{directory.push('meant@acme.example', emails=[{**WORK, 'primary': True}, HOME])['id']}"
    changed = directory.patch(
        path, {"op": "Replace", "path": f"emails[primary eq {said}].value", "value": "n@acme.example"}
    )
    assert changed.json()["emails"] == [{**WORK, "value": "n@acme.example", "primary": True}, HOME]
    assert directory.call("DELETE", path).status_code == 204


def test_two_primary_addresses_at_once_are_refused(directory: Directory) -> None:
    path = f"/Users/{directory.push('both@acme.example', emails=[WORK, HOME])['id']}"
    for operation in (
        {"op": "replace", "path": "emails.primary", "value": True},
        {"op": "add", "path": "emails", "value": [{**WORK, "primary": True}, {**HOME, "primary": "True"}]},
    ):
        refused = directory.patch(path, operation)
        assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
