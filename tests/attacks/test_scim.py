"""Row 66: SCIM of one customer reading, changing or claiming another's people; a role above the customer's own."""

import asyncio

import httpx2
import pytest
from sqlalchemy import select

from hoistway import clock
from hoistway.accounts.places import LEFT
from hoistway.authn.scim_token import new_token
from hoistway.engine import Engine
from hoistway.protocol.ids import ClientId, CustomerId, FamilyId, UserId
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import DatabaseUnavailable, Statement, Writer
from hoistway.store.families import Family, add_family
from hoistway.store.members import page_of_members
from hoistway.store.memberships import Membership, find_membership, hold_membership, put_membership
from hoistway.store.scim_tokens import add_scim_token, remove_scim_token
from hoistway.store.sessions import SESSIONS, lock_session
from hoistway.store.users import User, add_user, find_user, find_user_by_name
from tests.attacks.asking import assert_refused_token, bearer, daemon_token, refresh, refusal
from tests.attacks.overtaken import Room, everything, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.scim.directory import Directory, prove, read
from tests.server import Served, change, populate
from tests.world import DIGEST, NOW, is_named

A, B = CustomerId("c-a"), CustomerId("c-b")
_DIGESTS = Statement(lambda: select(SESSIONS.c.session_digest), bytes)


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
    before = read(served.database, lambda db: page_of_members(db, B, most=60))
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
    assert read(served.database, lambda db: page_of_members(db, B, most=60)) == before


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
        one for one in read(served.database, lambda db: page_of_members(db, A, most=60))[0] if one.username == name
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


@pytest.mark.parametrize(
    "path",
    [
        "/scim/v2/c-b/Users", "/scim/v2/C-A/Users", "/scim/v2/c-a/../c-b/Users", "/scim/v2/c-a%2f..%2fc-b/Users", "/scim/v2//Users",
        "/scim/v2/c-a%00/Users", "/scim/v2/c-b/Groups/member", "/scim/v2/c-b/.search", "/scim/v2/c-b/ServiceProviderConfig",
    ],
)  # fmt: skip
def test_no_spelling_of_the_address_opens_another_customer(
    directories: tuple[Directory, Directory], served: Served, path: str
) -> None:
    """Row 66: a token of one customer at the address of another, however it is written."""
    mine, _theirs = directories
    # Sent letter for letter: clients take dots out of paths.
    with httpx2.Client(base_url=served.url, headers={"authorization": f"Bearer {mine.token}"}, timeout=30) as http:
        method = "POST" if path.endswith(".search") else "GET"
        request = http.build_request(method, "/", json={"schemas": []} if method == "POST" else None)
        request.url = request.url.copy_with(raw_path=path.encode())
        reply = http.send(request)
    assert reply.status_code in {400, 401, 404}, reply.text
    assert not is_named("bob", reply.text.lower())


def test_a_token_of_a_directory_opens_nothing_else(directories: tuple[Directory, Directory], served: Served) -> None:
    """Row 66: neither the API nor anything of OAuth; and an access token opens no directory."""
    mine, _theirs = directories
    for path in ("/api/v1/units", "/oauth2/userinfo", "/api/v1/me"):
        assert_refused_token(bearer(served, mine.token, path))
    assert refusal(refresh(served, mine.token)) == (400, "invalid_grant")
    access = daemon_token(served)
    assert mine.call("GET", "/Users", headers={"authorization": f"Bearer {access}"}).status_code == 401


@pytest.mark.parametrize("name", ["bob@example.com", "olga@example.com", "kept@other.example", "nobody@other.example"])
def test_a_name_is_neither_taken_over_nor_told(
    directories: tuple[Directory, Directory], served: Served, name: str
) -> None:
    """Row 66: a person of this customer renamed to one of another, to staff, or to nobody: the same answer, and no
    account is touched; nor by a filter, or a group's member of that id."""
    mine, theirs = directories
    if not theirs.find("kept@other.example"):
        theirs.push("kept@other.example", displayName="Kept")
    pushed = mine.push(f"clash-{name.partition('@')[0]}@acme.example", displayName="Clash")
    before = read(served.database, lambda db: find_user_by_name(db, name))
    body = {"userName": name, "displayName": "Clash", "emails": [{"value": "thief@acme.example"}]}
    put = mine.call("PUT", f"/Users/{pushed['id']}", body)
    assert (put.status_code, put.json()["userName"], put.json()["active"]) == (200, name, True)
    assert put.json().keys() - {"emails"} == pushed.keys()
    assert read(served.database, lambda db: find_user_by_name(db, name)) == before
    if before is not None:
        assert read(served.database, lambda db: find_membership(db, before.id, A)) is None
        for wanted in (f'id eq "{before.id}"', f'members eq "{before.id}"', f'members[value eq "{before.id}"]'):
            kind = "Users" if wanted.startswith("id") else "Groups"
            found = mine.call("GET", f"/{kind}", params={"filter": wanted})
            assert (found.status_code, found.json().get("totalResults", 0)) in {(200, 0), (400, 0)}
    assert mine.call("DELETE", f"/Users/{pushed['id']}").status_code == 204
    assert read(served.database, lambda db: find_user_by_name(db, name)) == before


async def _given(here: Room) -> dict[str, int]:
    """What somebody who is to leave has, by kind."""
    world = await everything(here.other)
    return {
        "sessions": sum(1 for row in world["sessions"].values() if "u-gone" in row),
        "living families": sum(1 for row in world["grants"].values() if "u-gone" in row and LEFT not in row),
        "places": sum(1 for key in world["memberships"] if "u-gone" in key),
        "refused access tokens": len(world["revocations"]),
    }


@pytest.mark.parametrize("act", ["patch", "put", "delete", "role", "group"])
def test_a_member_of_two_customers_is_each_directorys_own(
    directories: tuple[Directory, Directory], served: Served, act: str
) -> None:
    """Row 66: what one directory says of a member whom none pushed neither hinders the other nor is seen by it."""
    mine, theirs = directories
    shared = UserId(f"u-shared-{act}")

    async def join(tx: Writer) -> None:
        name = f"{shared}@example.com"
        await add_user(tx, User(shared, name, "Shared", (name,), (), None, DIGEST, A, NOW, NOW))
        for customer in (A, B):
            await put_membership(tx, Membership(shared, customer, "member", "all", NOW))

    change(served.database, join)
    path, member = f"/Users/{shared}", {"op": "add", "path": "members", "value": [{"value": shared}]}
    first = mine.patch(path, {"op": "replace", "value": {"displayName": "Of mine", "externalId": "mine"}})
    assert first.status_code == 200, first.text
    group = mine.call("POST", "/Groups", {"displayName": f"Mine {act}", "members": [{"value": shared}]}).json()["id"]
    before = mine.call("GET", path).json()
    assert [one["value"] for one in before["groups"]] == ["member", group]
    found = theirs.call("GET", path).json()
    assert ("externalId" in found, found["displayName"]) == (False, "Shared")

    body = {"displayName": f"Theirs {act}", "members": [{"value": shared}]}
    reply = {
        "patch": lambda: theirs.patch(path, {"op": "replace", "value": {"active": False, "displayName": "Of theirs"}}),
        "put": lambda: theirs.call("PUT", path, {"userName": f"{shared}@example.com", "active": False}),
        "delete": lambda: theirs.call("DELETE", path),
        "role": lambda: theirs.patch("/Groups/member", {**member, "op": "remove"}),
        "group": lambda: theirs.call("POST", "/Groups", body),
    }[act]()
    assert reply.status_code in {200, 201, 204}, reply.text
    stays, groups = act == "group", []
    assert (read(served.database, lambda db: find_membership(db, shared, B)) is not None) == stays
    if stays:
        groups = [one["value"] for one in theirs.call("GET", path).json()["groups"]]
        assert groups == ["member", reply.json()["id"]]
        assert theirs.call("GET", "/Groups", params={"filter": f'members eq "{shared}"'}).json()["totalResults"] == 2
    else:
        # And back again where it is still known.
        again = theirs.patch(path, {"op": "replace", "value": {"active": True}})
        assert again.status_code == (404 if act == "delete" else 200), again.text
    assert mine.call("GET", path).json() == before
    assert [one["value"] for one in mine.call("GET", f"/Groups/{group}").json()["members"]] == [shared]
    removed = mine.patch(f"/Groups/{group}", {**member, "op": "remove"})
    assert "members" not in removed.json()
    assert mine.call("DELETE", path).status_code == 204
    if stays:
        assert [one["value"] for one in theirs.call("GET", path).json()["groups"]] == groups


@pytest.mark.parametrize("act", ["patch", "put", "delete", "group"])
def test_a_deactivated_person_is_out_at_once_or_not_at_all(
    engine_name: EngineName, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Row 66: place, sessions, refresh tokens and access tokens end in one transaction: where its last statement fails,
    nothing has ended, and no answer says so."""
    url = fresh_database(engine_name, populate)
    row, token = new_token(A, clock.now(), 30)
    family = Family(
        FamilyId("f"), ClientId("spa"), "user", "u-gone", A, "openid", None, NOW, None, 1, NOW, NOW, 4_000_000_000, 4_000_000_000,
        granted="[]", policy="", acting=0,
    )  # fmt: skip
    base, record = "/scim/v2/c-a", Engine.record

    async def send(here: Room) -> int:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/scim+json"}
        person = f"{base}/Users/u-gone"
        off = {"Operations": [{"op": "replace", "value": {"active": False}}]}
        out = {"Operations": [{"op": "remove", "path": 'members[value eq "u-gone"]'}]}
        reply = await {
            "patch": lambda: here.http.patch(person, json=off, headers=headers),
            "put": lambda: here.http.put(
                person, json={"userName": "gone@example.com", "active": False}, headers=headers
            ),
            "delete": lambda: here.http.delete(person, headers=headers),
            "group": lambda: here.http.patch(f"{base}/Groups/member", json=out, headers=headers),
        }[act]()
        return reply.status_code

    async def fails(engine: Engine, tx: Writer, event: str, **facts: object) -> None:
        if event == "membership.removed":
            raise DatabaseUnavailable("the disk is full")
        await record(engine, tx, event, **facts)

    async def work() -> None:
        async with room(url) as here:
            await here.sign_in("u-gone")

            async def furnish(tx: Writer) -> None:
                await add_scim_token(tx, row)
                await add_family(tx, family)

            await here.write(furnish)
            before = await _given(here)
            assert before == {"sessions": 1, "living families": 1, "places": 1, "refused access tokens": 0}
            with monkeypatch.context() as patch:
                patch.setattr(Engine, "record", fails)
                assert await send(here) == 503
            assert await _given(here) == before
            assert await send(here) in {200, 204}
            after = {"sessions": 0, "living families": 0, "places": 0, "refused access tokens": 1}
            assert await _given(here) == after

    try:
        run(work)
    finally:
        drop_database(url)


async def _pushed_out_meanwhile(here: Room, headers: dict[str, str]) -> int:
    """Somebody gives something in the name of a session, as an authorization request does: first the session, then the place."""
    async with here.engine.db.write() as tx:
        (digest,) = await tx.all(_DIGESTS, {})
        await lock_session(tx, digest, here.engine.now())
        going = asyncio.create_task(here.http.delete("/scim/v2/c-a/Users/u-gone", headers=headers))
        await asyncio.sleep(0.3)
        assert await hold_membership(tx, UserId("u-gone"), A) is not None
    return (await going).status_code


def test_whoever_pushes_somebody_out_waits_for_their_sessions_first(engine_name: EngineName) -> None:
    """Row 66: in the other order both would wait for each other, and one be answered 503."""
    url = fresh_database(engine_name, populate)
    row, token = new_token(A, clock.now(), 30)

    async def work() -> None:
        async with room(url) as here:
            await here.sign_in("u-gone")
            await here.write(lambda tx: add_scim_token(tx, row))
            headers = {"authorization": f"Bearer {token}", "content-type": "application/scim+json"}
            assert await _pushed_out_meanwhile(here, headers) == 204

    run(work)
    drop_database(url)


def test_a_request_that_compares_too_much_is_refused(directories: tuple[Directory, Directory]) -> None:
    """Row 66: filters over and over again, and long lists, keep nobody else waiting; and a member that is no text is no fault."""
    mine, _theirs = directories
    people = [mine.push(f"crowd-{number}@acme.example")["id"] for number in range(30)]
    group = mine.call("POST", "/Groups", {"displayName": "Crowd", "members": [{"value": one} for one in people]}).json()
    where = f"/Groups/{group['id']}"
    path = "members[" + " or ".join(f'value eq "{number}"' for number in range(9)) + "]"
    refused = mine.patch(where, *[{"op": "remove", "path": path}] * 200)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "tooMany")
    strange = mine.patch(where, {"op": "remove", "path": "members", "value": [{"value": ["x"]}]})
    assert strange.status_code == 200, strange.text
    shapes: tuple[dict[str, object], ...] = ({"value": ["x"]}, {"value": {}}, {"type": ["x"], "value": people[0]})
    for shape in shapes:
        assert mine.patch(where, {"op": "add", "path": "members", "value": [shape]}).status_code in {200, 400}, shape
    assert {one["value"] for one in mine.call("GET", where).json()["members"]} == set(people)
    gone = mine.patch(where, {"op": "remove", "path": f'members[value eq "{people[0]}"]'})
    assert {one["value"] for one in gone.json()["members"]} == set(people[1:])


def test_a_character_that_no_database_takes_is_no_fault(directories: tuple[Directory, Directory]) -> None:
    """Row 49: NUL in an address, a filter, a path, an id."""
    mine, _theirs = directories
    for path in ("/Users/%00", "/Groups/%00"):
        answers = [mine.call(method, path).status_code for method in ("GET", "DELETE")]
        answers.append(mine.patch(path, {"op": "replace", "path": "displayName", "value": "x"}).status_code)
        assert answers == [404] * 3, path
    for name in ("id", "externalId", "displayName", "userName", "emails.value"):
        assert mine.call("GET", "/Users", params={"filter": f'{name} eq "\\u0000"'}).status_code == 400, name
    assert mine.call("GET", "/Groups", params={"filter": 'members.value eq "\\u0000"'}).status_code == 400
    added = mine.patch("/Groups/administrator", {"op": "add", "path": "members", "value": [{"value": "\x00"}]})
    assert added.status_code == 400
