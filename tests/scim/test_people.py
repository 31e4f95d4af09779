"""People over SCIM on a real server: pushed, found, changed and taken away."""

import pytest

from hoistway.protocol.ids import CustomerId
from hoistway.store.memberships import find_membership
from hoistway.store.users import find_user_by_name
from tests.scim.directory import Directory, prove, read
from tests.server import Served


@pytest.fixture(scope="module")
def directory(served: Served) -> Directory:
    prove(served.database, "c-a", "acme.example")
    return Directory(served, "c-a")


def test_a_person_is_pushed_and_found(directory: Directory, served: Served) -> None:
    made = directory.push("Nora@acme.example", externalId="7", name={"givenName": "Nora", "familyName": "New"})
    assert (made["userName"], made["active"], made["externalId"]) == ("Nora@acme.example", True, "7")
    assert [one["id"] for one in directory.find("nora@ACME.example")] == [made["id"]]
    user = read(served.database, lambda db: find_user_by_name(db, "nora@acme.example"))
    assert user is not None
    assert (user.name, user.flags, user.home_customer_id) == ("Nora New", (), "c-a")
    place = read(served.database, lambda db: find_membership(db, user.id, CustomerId("c-a")))
    assert place is not None
    assert (place.role, place.reach) == ("member", "all")


def test_members_who_came_another_way_are_found(directory: Directory) -> None:
    (ann,) = directory.find("ann@example.com")
    assert (ann["id"], ann["displayName"], ann["active"]) == ("u-ann", "Ann", True)
    assert directory.find("bob@example.com") == []
    assert directory.call("GET", "/Users/u-bob").status_code == 404
