"""Groups over SCIM on a real server: pages, versions, and roles that everybody has."""

import pytest

from hoistway.accounts.places import end_place, give_place
from hoistway.protocol import scim_user
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.scim_operations import read_operations
from hoistway.protocol.scim_patch import patched
from hoistway.protocol.scim_user import GROUPS, read_group
from hoistway.scim import groups
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, find_membership
from hoistway.store.scim_search import MOST_MEMBERS
from hoistway.store.users import find_user_by_name
from tests.scim.directory import Directory, prove, read
from tests.server import Served, change
from tests.world import NOW

A = CustomerId("c-a")
ON, OFF = ({"op": "Replace", "path": "active", "value": word} for word in ("True", "False"))


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


def _account(served: Served, name: str) -> UserId:
    user = read(served.database, lambda db: find_user_by_name(db, name))
    assert user is not None
    return user.id


def _role(served: Served, name: str) -> str | None:
    user_id = _account(served, name)
    place = read(served.database, lambda db: find_membership(db, user_id, A))
    return None if place is None else place.role


def _administrators(directory: Directory) -> list[str]:
    return [one["value"] for one in directory.call("GET", "/Groups/administrator").json()["members"]]


@pytest.mark.parametrize("given", ["before", "while inactive"])
@pytest.mark.parametrize("taken", ["path", "value", "replace", "put"])
def test_a_role_taken_from_somebody_inactive_does_not_come_back(
    directory: Directory, served: Served, given: str, taken: str
) -> None:
    name = f"{taken}-{given.partition(' ')[0]}@acme.example"
    person = directory.push(name)["id"]
    role, member = "/Groups/administrator", {"value": person}
    added = {"op": "add", "path": "members", "value": [member]}
    if given == "before":
        assert directory.patch(role, added).status_code == 200
    assert directory.patch(f"/Users/{person}", OFF).status_code == 200
    if given == "while inactive":
        assert directory.patch(role, added).status_code == 200
    assert _role(served, name) is None
    assert person in _administrators(directory)
    found = directory.call("GET", f"/Users/{person}").json()
    assert [one["value"] for one in found["groups"]] == ["administrator"]
    asked = {"filter": f'members eq "{person}"'}
    assert directory.call("GET", "/Groups", params=asked).json()["totalResults"] == 1
    rest = [{"value": one} for one in _administrators(directory) if one != person]
    reply = {
        "path": lambda: directory.patch(role, {"op": "remove", "path": f'members[value eq "{person}"]'}),
        "value": lambda: directory.patch(role, {"op": "Remove", "path": "members", "value": [member]}),
        "replace": lambda: directory.patch(role, {"op": "replace", "path": "members", "value": rest}),
        "put": lambda: directory.call("PUT", role, {"displayName": "administrator", "members": rest}),
    }[taken]()
    assert reply.status_code == 200, reply.text
    assert person not in _administrators(directory)
    assert _role(served, name) is None
    assert "groups" in directory.patch(f"/Users/{person}", ON).json()
    assert _role(served, name) == "member"


def test_a_role_taken_in_the_portal_does_not_come_back(directory: Directory, served: Served) -> None:
    person = directory.push("lowered@acme.example")["id"]
    added = {"op": "add", "path": "members", "value": [{"value": person}]}
    assert directory.patch("/Groups/administrator", added).status_code == 200
    user_id = _account(served, "lowered@acme.example")

    async def lower_and_end(tx: Writer) -> None:
        await give_place(tx, Membership(user_id, A, "member", "all", NOW), now=NOW)
        await end_place(tx, user_id, A, NOW)

    change(served.database, lower_and_end)
    assert person not in _administrators(directory)
    assert directory.patch(f"/Users/{person}", ON).status_code == 200
    assert _role(served, "lowered@acme.example") == "member"


@pytest.mark.parametrize("act", ["replace", "add", "put"])
def test_a_role_is_changed_as_entra_maps_groups(directory: Directory, act: str) -> None:
    """Its mapping sends objectId as externalId, which is kept, and the name in its own spelling, which is not in the way."""
    person, path = directory.push(f"mapped-{act}@acme.example")["id"], "/Groups/administrator"
    alone = directory.patch(path, {"op": "Add", "path": "externalId", "value": "object-1"})
    assert (alone.status_code, "externalId" in alone.json()) == (200, True)
    had = [{"value": one} for one in _administrators(directory)]
    body = {"externalId": "object-2", "displayName": "Administrator", "members": [*had, {"value": person}]}
    if act == "put":
        changed = directory.call("PUT", path, body)
    else:
        changed = directory.patch(path, *({"op": act, "path": name, "value": value} for name, value in body.items()))
    assert changed.status_code == 200, changed.text
    assert (changed.json()["displayName"], changed.json()["externalId"]) == ("administrator", "object-2")
    found = directory.call("GET", "/Groups", params={"filter": 'externalId eq "object-2"'}).json()["Resources"]
    assert [one["id"] for one in found] == ["administrator"]
    assert person in _administrators(directory)
    refused = directory.patch(path, {"op": "replace", "value": {"displayName": "boss", "externalId": "object-1"}})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")
    assert directory.call("GET", path).json()["externalId"] == "object-2"
    gone = directory.patch(path, {"op": "remove", "path": "externalId"})
    assert (gone.status_code, "externalId" in gone.json()) == (200, False)
    assert gone.json()["meta"]["version"] != changed.json()["meta"]["version"]
