"""Every operation on every kind of path, over people and groups, on a real server: none is the server's fault (RFC 7644 section 3.5.2)."""

from typing import Any

import msgspec
import pytest

from hoistway.protocol.scim_operations import BadPatch, Document, read_operations
from hoistway.protocol.scim_patch import patched
from hoistway.protocol.scim_user import GROUPS, USERS, read_group, read_user
from tests.scim.directory import GROUP, USER, Directory, prove
from tests.server import Served

WORK, HOME = {"type": "work", "value": "w@acme.example", "display": "W"}, {"type": "home", "value": "h@acme.example"}
SUBS = {
    "emails": ("value", "display", "type", "primary", "$ref", "other", "VALUE"),
    "members": ("value", "display", "type", "$ref", "other", "Type"),
    "groups": ("value", "display"),
    "name": ("givenName", "familyName", "formatted", "middleName", "other"),
    "displayName": ("other",),
    "phoneNumbers": ("value",),
    "meta": ("location",),
}
PLAIN = {
    USER: (
        "userName",
        "active",
        "displayName",
        "externalId",
        "id",
        "schemas",
        "nickName",
        "nothing",
        "emails",
        "name",
        "groups",
    ),
    GROUP: ("displayName", "externalId", "members", "id", "schemas", "nothing"),
}
OF = {
    USER: ("emails", "groups", "name", "displayName", "phoneNumbers", "meta"),
    GROUP: ("members", "displayName", "meta"),
}
FILTERS = (
    '[type eq "work"]',
    '[type eq "nobody"]',
    "[value pr]",
    '[not (value eq "x")]',
    "[primary eq true]",
    "[value[type pr]]",
    "[]",
)
VALUES: tuple[Any, ...] = (
    "x", "", None, True, 7, [], {}, ["x"], [{}], [None], {"value": "x@acme.example"}, [{"value": "x@acme.example"}],
    {"value": {"value": "x"}}, {"givenName": "G"}, {"type": 7, "value": "y@acme.example"},
)  # fmt: skip


KINDS = {"invalidFilter", "invalidPath", "invalidSyntax", "invalidValue", "mutability", "noTarget", "tooMany"}


def paths_of(kind: str) -> list[str]:
    named = [*PLAIN[kind]]
    for name in OF[kind]:
        named += [f"{name}{chosen}" for chosen in FILTERS]
        named += [f"{name}{chosen}.{sub}" for chosen in ("", *FILTERS) for sub in SUBS[name]]
    named += [f"{kind}:{one}" for one in named]
    return [*named, kind, f"{kind}.value", "", "emails.", "emails[", "a.b.c", "urn:x:y", f"{kind}:"]


@pytest.fixture(scope="module")
def directory(served: Served) -> Directory:
    prove(served.database, "c-a", "acme.example")
    return Directory(served, "c-a")


def _made(directory: Directory, kind: str, name: str) -> str:
    if kind == USER:
        return f"/Users/{directory.push(f'{name}@acme.example', emails=[WORK, HOME])['id']}"
    person = directory.push(f"in-{name}@acme.example")["id"]
    body = {"displayName": name, "members": [{"value": person}]}
    return f"/Groups/{directory.call('POST', '/Groups', body).json()['id']}"


BEFORE: dict[str, Document] = {
    USER: {
        "userName": "a@acme.example", "displayName": "A", "name": {"givenName": "A"}, "emails": [WORK, {**HOME, "primary": True}],
    },
    GROUP: {"displayName": "G", "members": [{"value": "p-1", "type": "User", "$ref": "https://x/Users/p-1"}, {"value": "p-2"}]},
}  # fmt: skip


def _patched(kind: str, operation: Document) -> None:
    operations = read_operations({"Operations": [operation]})
    if kind == USER:
        msgspec.json.encode(read_user(patched(BEFORE[USER], operations, USERS)))
    else:
        msgspec.json.encode(read_group(patched(BEFORE[GROUP], operations, GROUPS)))


@pytest.mark.parametrize("op", ["add", "replace", "Remove"])
@pytest.mark.parametrize("kind", [USER, GROUP])
def test_every_operation_is_applied_or_refused(kind: str, op: str) -> None:
    """Whatever is raised but BadPatch would be the server's fault."""
    refused = []
    for path in paths_of(kind):
        for value in VALUES:
            for operation in ({"op": op, "path": path, "value": value}, {"op": op, "value": {path: value}}):
                try:
                    _patched(kind, operation)
                except BadPatch as error:
                    refused.append(error.kind)
    assert len(refused) > 100
    assert set(refused) <= KINDS


@pytest.mark.parametrize("kind", [USER, GROUP])
def test_no_operation_is_the_servers_fault(directory: Directory, kind: str) -> None:
    """A few of them over HTTP."""
    at = _made(directory, kind, f"odd-{kind[-4:]}")
    paths = [f"{name}.{sub}" for name in OF[kind][:1] for sub in SUBS[name]]
    paths += [f"emails{FILTERS[0]}.{sub}" for sub in SUBS["emails"] if kind == USER]
    answered = {path: directory.patch(at, {"op": "remove", "path": path}).status_code for path in paths}
    assert {path: status for path, status in answered.items() if status not in {200, 400}} == {}


@pytest.mark.parametrize("sub", ["display", "type", "primary"])
@pytest.mark.parametrize("chosen", ['[type eq "work"]', '[value eq "w@acme.example"]', ""])
def test_a_part_of_a_value_goes(directory: Directory, sub: str, chosen: str) -> None:
    work = {**WORK, "primary": True}
    at = f"/Users/{directory.push(f'part-{sub}-{len(chosen)}@acme.example', emails=[work, HOME])['id']}"
    changed = directory.patch(at, {"op": "remove", "path": f"emails{chosen}.{sub}"})
    assert changed.status_code == 200, changed.text
    left = [{name: one for name, one in email.items() if name != sub} for email in (work, HOME)]
    assert changed.json()["emails"] == (left if chosen == "" else [left[0], HOME])


def test_an_email_without_its_address_is_none(directory: Directory) -> None:
    """As Entra ID says that somebody has no such address any more."""
    at = _made(directory, USER, "addressless")
    changed = directory.patch(at, {"op": "Remove", "path": 'emails[type eq "work"].value'})
    assert (changed.status_code, changed.json()["emails"]) == (200, [HOME])


@pytest.mark.parametrize("sub", ["value", "type", "$ref"])
@pytest.mark.parametrize("op", ["remove", "replace", "add"])
def test_a_member_is_one_piece(directory: Directory, sub: str, op: str) -> None:
    """RFC 7643 section 8.7.1: its parts are immutable."""
    at = _made(directory, GROUP, f"Piece {op} {sub}")
    before = directory.call("GET", at).json()
    refused = directory.patch(at, {"op": op, "path": f"members.{sub}", "value": "x"})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")
    assert "whole" in refused.json()["detail"]
    assert directory.call("GET", at).json() == before


@pytest.mark.parametrize("kind", [USER, GROUP])
def test_attributes_under_the_name_of_the_core_schema_are_applied(directory: Directory, kind: str) -> None:
    at = _made(directory, kind, f"Keyed-{kind[-4:]}")
    bodies: tuple[Document, ...] = (
        {"value": {kind: {"displayName": "K0"}}},
        {"path": kind, "value": {"displayName": "K1"}},
    )
    for number, body in enumerate(bodies):
        changed = directory.patch(at, {"op": "replace", **body})
        assert (changed.status_code, changed.json().get("displayName")) == (200, f"K{number}"), changed.text
    for value in ({kind: "x"}, {kind: {kind: {"displayName": "x"}}}):
        assert directory.patch(at, {"op": "replace", "value": value}).status_code == 400
    assert directory.call("GET", at).json()["displayName"] == "K1"


@pytest.mark.parametrize(
    ("method", "path"), [(one, "/Me") for one in ("GET", "POST", "PUT", "PATCH", "DELETE")] + [("POST", "/Bulk")]
)
def test_what_is_not_here_says_so(directory: Directory, method: str, path: str) -> None:
    """RFC 7644 sections 3.7 and 3.11: 501, in the form of every refusal."""
    answered = directory.call(method, path, {})
    assert (answered.status_code, answered.headers["content-type"]) == (501, "application/scim+json")
    assert answered.json()["status"] == "501"
    stranger = directory.call(method, path, {}, headers={"authorization": "Bearer x"})
    assert stranger.status_code == 401


def test_a_request_without_a_token_is_told_no_error(directory: Directory) -> None:
    """RFC 6750 section 3.1."""
    for said, has_error in (("", False), ("Basic eDp4", False), ("Bearer x", True)):
        refused = directory.call("GET", "/Users", headers={"authorization": said})
        challenge = refused.headers["www-authenticate"]
        assert (refused.status_code, challenge.startswith('Bearer realm="hoistway"')) == (401, True)
        assert ("error" in challenge) == has_error
