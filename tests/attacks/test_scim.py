"""Row 66: SCIM of one customer reading, changing or claiming another's people; a role above the customer's own."""

import pytest

from hoistway import clock
from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Writer
from hoistway.store.members import page_of_members
from hoistway.store.scim_tokens import remove_scim_token
from hoistway.store.users import find_user
from tests.scim.directory import Directory, prove, read
from tests.server import Served, change

A, B = CustomerId("c-a"), CustomerId("c-b")


@pytest.fixture(scope="module")
def directories(served: Served) -> tuple[Directory, Directory]:
    prove(served.database, "c-a", "acme.example")
    prove(served.database, "c-b", "other.example")
    return Directory(served, "c-a"), Directory(served, "c-b")


def test_people_of_another_customer_are_not_there(directories: tuple[Directory, Directory], served: Served) -> None:
    """Row 66: neither read, found, changed, removed, nor put into a group; the same answer as for nobody."""
    mine, theirs = directories
    person = theirs.push("hers@other.example")["id"]
    group = theirs.call("POST", "/Groups", {"displayName": "Theirs"}).json()["id"]
    before = read(served.database, lambda db: page_of_members(db, B, most=100))
    change_it = {"op": "replace", "value": {"active": False, "displayName": "x"}}
    for path in (f"/Users/{person}", "/Users/u-bob", "/Users/nobody", f"/Groups/{group}", "/Groups/nothing"):
        answers = [
            mine.call("GET", path), mine.patch(path, change_it), mine.call("DELETE", path),
            mine.call("PUT", path, {"userName": "x", "displayName": "x"}),
        ]  # fmt: skip
        assert [one.status_code for one in answers] == [404] * 4, path
        assert len({one.json()["detail"].partition("Correlation")[0] for one in answers}) == 1
    for name in ("hers@other.example", "bob@example.com"):
        assert mine.find(name) == []
    for person_id in (person, "u-bob"):
        for path in ("/Groups/administrator", "/Groups/member"):
            added = mine.patch(path, {"op": "add", "path": "members", "value": [{"value": person_id}]})
            assert added.status_code == 400, added.text
        made = mine.call("POST", "/Groups", {"displayName": f"With {person_id}", "members": [{"value": person_id}]})
        assert made.status_code == 400
    assert read(served.database, lambda db: page_of_members(db, B, most=100)) == before


def test_a_token_opens_one_customer_only(directories: tuple[Directory, Directory], served: Served) -> None:
    """Row 66: at another address, ended, revoked, of a disabled customer, or none: one and the same 401."""
    mine, theirs = directories
    ended, revoked = Directory(served, "c-a", now=clock.now() - 31 * 86_400), Directory(served, "c-a")

    async def revoke(tx: Writer) -> None:
        await remove_scim_token(tx, A, revoked.row.id)

    async def disable(tx: Writer) -> None:
        await set_customer_disabled(tx, B, clock.now())

    async def enable(tx: Writer) -> None:
        await set_customer_disabled(tx, B, None)

    change(served.database, revoke)
    strangers = [mine.call("GET", "/Users", headers={"authorization": f"Bearer {theirs.token}"})]
    strangers += [one.call("GET", "/Users") for one in (ended, revoked)]
    strangers += [
        mine.call("GET", "/Users", headers={"authorization": said}) for said in ("Bearer x", "Basic eDp4", "")
    ]
    change(served.database, disable)
    strangers.append(theirs.call("POST", "/Users", {"userName": "late@other.example"}))
    change(served.database, enable)
    assert {one.status_code for one in strangers} == {401}
    assert len({one.json()["detail"].partition("Correlation")[0] for one in strangers}) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"flags": ["operator"]}, {"roles": [{"value": "operator"}]}, {"entitlements": [{"value": "operator"}]},
        {"groups": [{"value": "operator"}]}, {"password": "chosen-by-the-directory"}, {"id": "u-olga"},
        {"urn:hoistway:User": {"flags": ["operator", "employee"]}}, {"home_customer_id": "c-b"},
    ],
    ids=lambda said: next(iter(said)),
)  # fmt: skip
def test_no_role_above_the_customers_own(
    directories: tuple[Directory, Directory], served: Served, said: dict[str, object]
) -> None:
    """Row 66: flags of staff can't be pushed, by any name."""
    mine, _theirs = directories
    name = f"climber-{next(iter(said)).lower().replace(':', '-')}@acme.example"
    pushed = mine.push(name, **said)
    assert pushed["id"] != "u-olga"
    for method in ("PUT", "PATCH"):
        body = {"userName": name, **said} if method == "PUT" else {"Operations": [{"op": "add", "value": said}]}
        mine.call(method, f"/Users/{pushed['id']}", body)
    (found,) = [
        one for one in read(served.database, lambda db: page_of_members(db, A, most=200)) if one.username == name
    ]
    user = read(served.database, lambda db: find_user(db, UserId(found.user_id)))
    assert user is not None
    assert (user.flags, user.home_customer_id, found.role) == ((), "c-a", "member")
    assert user.password_digest.count("$") > 2
    assert (
        mine.patch("/Groups/operator", {"op": "add", "path": "members", "value": [{"value": pushed["id"]}]}).status_code
        == 404
    )


@pytest.mark.parametrize(
    "body", [[], "x", {"userName": 1}, {"userName": "a\u202eb@acme.example"}, {"userName": ""}, {}]
)
def test_odd_bodies(directories: tuple[Directory, Directory], body: object) -> None:
    """Row 66: a clear 400 in the words of the standard."""
    reply = directories[0].call("POST", "/Users", body)
    assert (reply.status_code, reply.headers["content-type"]) == (400, "application/scim+json")
    assert reply.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
