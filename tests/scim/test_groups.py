"""Groups over SCIM on a real server: pages, versions, and roles that everybody has."""

import pytest

from hoistway.protocol import scim_user
from hoistway.protocol.scim_patch import patched, read_operations
from hoistway.protocol.scim_user import GROUPS, read_group
from hoistway.scim import groups
from hoistway.store.scim_search import MOST_MEMBERS
from tests.scim.directory import Directory, prove
from tests.server import Served


@pytest.fixture(scope="module")
def directory(served: Served) -> Directory:
    prove(served.database, "c-a", "acme.example")
    return Directory(served, "c-a")


@pytest.fixture(scope="module")
def pushed(directory: Directory) -> list[str]:
    """The ids of three groups with the same two people."""
    people = [directory.push(f"grouped-{number}@acme.example")["id"] for number in range(2)]
    bodies = [{"displayName": f"Group {number}", "members": [{"value": one} for one in people]} for number in range(3)]
    return [directory.call("POST", "/Groups", body).json()["id"] for body in bodies]


def test_a_page_of_groups_ends_where_its_members_are_many(
    directory: Directory, pushed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = directory.call("GET", "/Groups").json()
    assert {one["id"] for one in whole["Resources"]} == {"member", "administrator", *pushed}
    monkeypatch.setattr(groups, "MOST_MEMBERS_READ", 3)
    pages, begin = [], 1
    while begin <= whole["totalResults"]:
        page = directory.call("GET", "/Groups", params={"startIndex": str(begin)}).json()
        assert (page["totalResults"], page["itemsPerPage"]) == (whole["totalResults"], len(page["Resources"]))
        pages.append(page["Resources"])
        begin += page["itemsPerPage"]
    # The role that everybody has is a page of its own; then one member and two, and the two groups that are left.
    assert [len(page) for page in pages] == [1, 2, 2]
    assert [one for page in pages for one in page] == whole["Resources"]
    searched = directory.call("POST", "/Groups/.search", {"startIndex": 2}).json()
    assert searched["Resources"] == pages[1]
    without = directory.call("GET", "/Groups", params={"excludedAttributes": "members"}).json()
    assert without["itemsPerPage"] == whole["totalResults"]


@pytest.mark.parametrize("asked", [{"excludedAttributes": "members"}, {"attributes": "displayName,meta"}])
def test_a_version_is_told_only_where_it_can_be_sent_back(
    directory: Directory, pushed: list[str], asked: dict[str, str]
) -> None:
    found = directory.call("GET", "/Groups", params=asked).json()["Resources"]
    assert {one["id"] for one in found} == {"member", "administrator", *pushed}
    assert ["version" in one["meta"] for one in found] == [False] * len(found)
    for whole in directory.call("GET", "/Groups").json()["Resources"]:
        tag = {"if-match": whole["meta"]["version"]}
        assert directory.call("GET", f"/Groups/{whole['id']}", params=asked).headers["etag"] == tag["if-match"]
        body = {"Operations": [{"op": "replace", "path": "displayName", "value": whole["displayName"]}]}
        changed = directory.call("PATCH", f"/Groups/{whole['id']}", body, headers=tag)
        assert changed.status_code == 200, changed.text


def test_a_role_has_as_many_members_as_the_customer_has_people(
    directory: Directory, pushed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scim_user, "MOST_MEMBERS", 1)
    person = directory.push("another@acme.example")["id"]
    for role in ("administrator", "member"):
        for op in ("add", "remove"):
            changed = directory.patch(f"/Groups/{role}", {"op": op, "path": "members", "value": [{"value": person}]})
            assert changed.status_code == 200, changed.text
            assert (person in {one["value"] for one in changed.json()["members"]}) == (op == "add")
    refused = directory.patch(f"/Groups/{pushed[0]}", {"op": "add", "path": "members", "value": [{"value": person}]})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")


@pytest.mark.parametrize(
    "remove", [{"path": 'members[value eq "p-7"]'}, {"path": "members", "value": [{"value": "p-7"}]}]
)
def test_one_may_be_taken_out_of_the_largest_role(remove: dict[str, object]) -> None:
    """The bound on work leaves room for it, as Okta and as Entra ID write it."""
    role = {"displayName": "member", "members": [{"value": f"p-{number}"} for number in range(MOST_MEMBERS)]}
    after = read_group(
        patched(role, read_operations({"Operations": [{"op": "remove", **remove}]}), GROUPS), is_role=True
    )
    assert len(after.members) == MOST_MEMBERS - 1
    assert "p-7" not in after.members
