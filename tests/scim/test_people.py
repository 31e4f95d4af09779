"""People over SCIM on a real server: pushed, found, changed and taken away."""

from typing import Any

import pytest

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.memberships import Membership, find_membership, put_membership
from hoistway.store.users import User, find_user, find_user_by_name
from tests.attacks.asking import CHALLENGE, bearer, post
from tests.flows.browser import Person, answer_of
from tests.scim.directory import Directory, prove, read
from tests.server import Served, change

A, B = CustomerId("c-a"), CustomerId("c-b")


@pytest.fixture(scope="module")
def directory(served: Served) -> Directory:
    prove(served.database, "c-a", "acme.example")
    prove(served.database, "c-a", "claimed.example", proved=False)
    prove(served.database, "c-b", "other.example")
    return Directory(served, "c-a")


def account(served: Served, name: str) -> User | None:
    return read(served.database, lambda db: find_user_by_name(db, name))


def place(served: Served, user_id: str, customer: CustomerId = A) -> Membership | None:
    return read(served.database, lambda db: find_membership(db, UserId(user_id), customer))


def role_of(served: Served, user_id: str) -> str | None:
    found = place(served, user_id)
    return None if found is None else found.role


def made(served: Served, directory: Directory, user_name: str, /, **more: Any) -> tuple[dict[str, Any], User]:
    pushed = directory.push(user_name, **more)
    found = account(served, user_name)
    assert found is not None
    return pushed, found


def test_a_person_is_pushed_and_found(directory: Directory, served: Served) -> None:
    pushed, user = made(
        served, directory, "Nora@acme.example", externalId="7", name={"givenName": "Nora", "familyName": "New"}
    )
    assert (pushed["userName"], pushed["active"], pushed["externalId"]) == ("Nora@acme.example", True, "7")
    assert [one["id"] for one in directory.find("nora@ACME.example")] == [pushed["id"]]
    assert (user.name, user.flags, user.home_customer_id) == ("Nora New", (), A)
    assert role_of(served, user.id) == "member"


def test_members_who_came_another_way_are_found(directory: Directory) -> None:
    (ann,) = directory.find("ann@example.com")
    assert (ann["id"], ann["displayName"], ann["active"]) == ("u-ann", "Ann", True)
    assert directory.call("POST", "/Users", {"userName": "ANN@example.com"}).status_code == 409


@pytest.mark.parametrize("name", ["x@elsewhere.example", "x@claimed.example", "x@other.example", "no-address"])
def test_only_a_proved_domain_gives_an_account(directory: Directory, served: Served, name: str) -> None:
    pushed = directory.push(name)
    assert pushed["active"] is True
    assert account(served, name) is None


def test_an_account_of_others_is_neither_taken_up_nor_told(directory: Directory, served: Served) -> None:
    """The same answer as for somebody new, and no place; also by a name that staff has, and one in another customer."""
    _pushed, mara = made(served, Directory(served, "c-b"), "mara@other.example")
    new = directory.push("new@acme.example")
    for name in ("bob@example.com", "olga@example.com", "mara@other.example"):
        user = account(served, name)
        assert user is not None
        pushed = directory.push(name, displayName="Taken", emails=[{"value": "thief@acme.example"}])
        assert pushed.keys() - {"displayName", "emails"} == new.keys()
        assert account(served, name) == user
        assert place(served, user.id) is None
    assert place(served, mara.id, B) is not None


def test_who_has_joined_another_customer_is_not_taken_back(directory: Directory, served: Served) -> None:
    pushed, user = made(served, directory, "moved@acme.example")
    assert directory.patch(f"/Users/{pushed['id']}", {"op": "replace", "value": {"active": False}}).status_code == 200
    change(served.database, lambda tx: put_membership(tx, Membership(user.id, B, "member", "all", 1)))
    again = directory.patch(f"/Users/{pushed['id']}", {"op": "replace", "value": {"active": True, "displayName": "X"}})
    assert (again.status_code, again.json()["active"]) == (200, True)
    assert place(served, user.id) is None
    assert read(served.database, lambda db: find_user(db, user.id)) == user


def test_the_place_ends_and_comes_back_and_the_account_stays(directory: Directory, served: Served) -> None:
    pushed, user = made(served, directory, "out@acme.example")
    path = f"/Users/{pushed['id']}"
    off = directory.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    assert (off.status_code, off.json()["active"], "groups" in off.json()) == (200, False, False)
    assert place(served, user.id) is None
    on = directory.patch(path, {"op": "Replace", "path": "active", "value": "True"})
    assert on.json()["active"] is True
    assert role_of(served, user.id) == "member"
    assert directory.call("DELETE", path).status_code == 204
    assert directory.call("GET", path).status_code == 404
    assert place(served, user.id) is None
    assert account(served, "out@acme.example") is not None
    directory.push("out@acme.example")
    assert role_of(served, user.id) == "member"


def test_what_was_given_for_the_place_ends_with_it(directory: Directory, served: Served) -> None:
    """The session, the access token and the refresh token of a member who has no other customer."""
    person = Person(served)
    tokens = person.tokens("spa", "gone", "openid offline_access units.read")
    renewed = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": tokens["refresh_token"]}
    assert bearer(served, tokens["access_token"]).status_code == 200
    assert directory.patch("/Users/u-gone", {"op": "replace", "value": {"active": False}}).status_code == 200
    assert bearer(served, tokens["access_token"]).status_code == 401
    assert post(served, **renewed).json()["error"] == "invalid_grant"
    again = person.authorize("spa", prompt="none", scope="openid units.read", **CHALLENGE)
    assert answer_of(again.headers["location"])["error"] == "login_required"


def test_the_only_administrator_stays(directory: Directory, served: Served) -> None:
    for reply in (
        directory.call("DELETE", "/Users/u-adam"),
        directory.patch("/Users/u-adam", {"op": "replace", "value": {"active": False}}),
        directory.patch("/Groups/administrator", {"op": "remove", "path": 'members[value eq "u-adam"]'}),
    ):
        assert reply.status_code == 409, reply.text
        assert "administrator" in reply.json()["detail"]
    assert role_of(served, "u-adam") == "administrator"


def test_name_and_addresses_follow_where_the_account_was_made(directory: Directory, served: Served) -> None:
    pushed, user = made(served, directory, "maid@acme.example")
    body = {
        "userName": "wife@acme.example", "displayName": "W", "emails": [{"value": "w@evil.example"}, {"value": "w@acme.example"}],
    }  # fmt: skip
    assert directory.call("PUT", f"/Users/{pushed['id']}", body).status_code == 200
    after = read(served.database, lambda db: find_user(db, user.id))
    assert after is not None
    assert (after.username, after.name, after.emails) == (
        "wife@acme.example",
        "W",
        ("wife@acme.example", "w@acme.example"),
    )
    put = directory.call("PUT", "/Users/u-ann", {"userName": "ann@acme.example", "displayName": "Other"})
    assert put.status_code == 200
    ann = read(served.database, lambda db: find_user(db, UserId("u-ann")))
    assert ann is not None
    assert (ann.username, ann.name) == ("ann@example.com", "Ann")


def test_a_version_that_was_overtaken_changes_nothing(directory: Directory, served: Served) -> None:
    pushed = directory.push("tag@acme.example")
    path, tag = f"/Users/{pushed['id']}", pushed["meta"]["version"]
    assert directory.call("GET", path, headers={"if-none-match": tag}).status_code == 304
    body = {"userName": "tag@acme.example", "displayName": "One"}
    first = directory.call("PUT", path, body, headers={"if-match": tag})
    assert (first.status_code, first.headers["etag"]) == (200, first.json()["meta"]["version"])
    late = directory.call("PUT", path, {**body, "displayName": "Two"}, headers={"if-match": tag})
    assert late.status_code == 412
    assert directory.call("GET", path).json()["displayName"] == "One"


def test_pages_and_attributes(directory: Directory) -> None:
    page = directory.call("GET", "/Users", params={"startIndex": "2", "count": "1", "attributes": "userName"}).json()
    assert (page["startIndex"], page["itemsPerPage"]) == (2, 1)
    assert page["totalResults"] > 2
    assert page["Resources"][0].keys() == {"schemas", "id", "userName"}
    none = directory.call("GET", "/Users", params={"count": "0"}).json()
    assert (none["Resources"], none["totalResults"]) == ([], page["totalResults"])
    without = directory.call("GET", "/Users/u-adam", params={"excludedAttributes": "groups,emails.value"}).json()
    assert "groups" not in without
    assert without["emails"] == [{"primary": True}]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ('externalId eq "ext-1"', 1),
        ('userName sw "filter" and active eq true', 1),
        ('(userName eq "FILTER@acme.example" or userName eq "nobody") and not (displayName co "zzz")', 1),
        ('emails[type eq "work"].value eq "Mail@acme.example"', 1),
        ('emails[type eq "home"].value eq "mail@acme.example"', 0),
        ('emails.value co "mail@acme"', 1),
        ('externalId pr and userName ew "R@acme.example"', 1),
        ('userName sw "filter" and meta.created gt "2099-01-01T00:00:00Z"', 0),
        ('userName eq "100%" or userName co "fil_er"', 0),
    ],
)
def test_filters(directory: Directory, wanted: str, count: int) -> None:
    if not directory.find("filter@acme.example"):
        directory.push(
            "filter@acme.example", externalId="ext-1", emails=[{"type": "work", "value": "mail@acme.example"}]
        )
    found = directory.call("GET", "/Users", params={"filter": wanted})
    assert (found.status_code, found.json().get("totalResults")) == (200, count), found.text
    searched = directory.call("POST", "/Users/.search", {"filter": wanted})
    assert searched.json()["totalResults"] == count


@pytest.mark.parametrize(
    "wanted",
    ["userName", "userName eq", 'userName zz "x"', "((", 'password eq "x"', '"x" eq "x"', "(" * 500, "a pr " * 900],
)
def test_a_filter_that_is_not_understood(directory: Directory, wanted: str) -> None:
    reply = directory.call("GET", "/Users", params={"filter": wanted})
    assert (reply.status_code, reply.json()["scimType"]) == (400, "invalidFilter")
    assert "Correlation id: " in reply.json()["detail"]
