"""Groups over SCIM: the customer's roles, and groups that are kept for the directory and give nothing."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.pushed import Directory, TooMany, change_person, lock_person, set_role
from hoistway.engine import Engine
from hoistway.protocol.scim_operations import BadPatch, read_operations
from hoistway.protocol.scim_patch import patched
from hoistway.protocol.scim_user import GROUP, GROUPS, SaidGroup, known, read_group
from hoistway.protocol.text import username_key
from hoistway.scim.asked import (
    Asked,
    check_version,
    document_reply,
    list_reply,
    moment,
    read_asked,
    read_object,
    read_search,
    with_version,
)
from hoistway.scim.group_search import is_meant, people_asked_for
from hoistway.scim.guard import Sender, admit, pushing
from hoistway.scim.refusals import ScimRefusal, scim_reply, unknown
from hoistway.store.customers import find_customer
from hoistway.store.db import Reader
from hoistway.store.scim_groups import (
    MOST,
    PushedGroup,
    add_group,
    add_group_members,
    change_group,
    count_groups,
    find_group,
    groups_of,
    groups_of_people,
    lock_group,
    members_of_group,
    remove_group,
    remove_group_members,
)
from hoistway.store.scim_roles import put_role_id, role_ids
from hoistway.store.scim_search import Belonging, find_listed, people_in_role

ROLES: Final = ("member", "administrator")
MOST_CHANGES: Final = 1_000
MOST_MEMBERS_READ: Final = 20_000
"""For one page: it ends with the group that reaches it."""
Document = dict[str, Any]


async def _members(db: Reader, sender: Sender, group: PushedGroup) -> list[Belonging]:
    if group.id in ROLES:
        return await people_in_role(db, sender.customer_id, group.id)
    return await members_of_group(db, sender.customer_id, group.id)


def _document(sender: Sender, group: PushedGroup, members: Sequence[Belonging] | None) -> Document:
    """`members` is None where they were not read: then there is no version, for it is that of the whole."""
    found: Document = {"schemas": [GROUP], "id": group.id, "displayName": group.display_name}
    if group.external_id is not None:
        found["externalId"] = group.external_id
    if members:
        found["members"] = [
            {"value": one.id, "$ref": f"{sender.base}/Users/{one.id}", "type": "User"} for one in members
        ]
    found["meta"] = {
        "resourceType": "Group", "created": moment(group.created_at), "lastModified": moment(group.changed_at),
        "location": f"{sender.base}/Groups/{group.id}",
    }  # fmt: skip
    return found if members is None else with_version(found)


async def _roles(db: Reader, sender: Sender) -> list[PushedGroup]:
    customer = await find_customer(db, sender.customer_id)
    at, ids = 0 if customer is None else customer.created_at, await role_ids(db, sender.customer_id)
    return [PushedGroup(role, sender.customer_id, role, role, ids.get(role), at, at) for role in ROLES]


async def _find(db: Reader, sender: Sender, id: str) -> tuple[PushedGroup, list[Belonging]]:
    """Raises ScimRefusal."""
    if id in ROLES:
        found = next((one for one in await _roles(db, sender) if one.id == id), None)
    else:
        found = await find_group(db, sender.customer_id, id)
    if found is None:
        raise unknown()
    return found, await _members(db, sender, found)


async def _groups_with(db: Reader, sender: Sender, person_id: str) -> frozenset[str]:
    person = await find_listed(db, sender.customer_id, person_id)
    if person is None:
        return frozenset()
    others = await groups_of_people(db, sender.customer_id, [person_id])
    return frozenset({*person.roles, *(one.id for one in others.get(person_id, ()))})


async def find_groups(engine: Engine, sender: Sender, asked: Asked) -> tuple[list[Document], int]:
    """(one page, how many there are in all). Raises BadFilter."""
    db, wanted = engine.db, asked.wanted
    groups = [*await _roles(db, sender), *await groups_of(db, sender.customer_id)]
    if wanted is not None:
        of_person = {one: await _groups_with(db, sender, one) for one in people_asked_for(wanted)}
        groups = [one for one in groups if is_meant(wanted, one, of_person)]
    page: list[Document] = []
    count = 0
    for one in groups[asked.begin : asked.begin + asked.most]:
        members = await _members(db, sender, one) if asked.wants("members") else None
        page.append(_document(sender, one, members))
        count += len(members or ())
        if count >= MOST_MEMBERS_READ:
            # A page may have fewer than were asked for; the next one begins behind it (RFC 7644 section 3.4.2.4).
            break
    return page, len(groups)


async def groups(engine: Engine, request: Request) -> Response:
    """GET lists, POST makes."""
    sender = await admit(engine, request)
    asked = read_asked(request)
    if request.method != "POST":
        return list_reply(*await find_groups(engine, sender, asked), asked)
    said = read_group(known(await read_object(request), GROUPS))
    async with pushing(engine, request, sender) as directory:
        tx, now = directory.tx, engine.now()
        await _check_name(directory, said, "")
        if await count_groups(tx, sender.customer_id) >= MOST:
            raise TooMany
        key = username_key(said.display_name)
        row = PushedGroup(str(uuid.uuid4()), sender.customer_id, said.display_name, key, said.external_id, now, now)
        await add_group(tx, row)
        await directory.record("scim.group_added", id=row.id)
        await _change_members(directory, row, [], said.members)
        document = _document(sender, *await _find(tx, sender, row.id))
    return document_reply(request, document, asked, 201)


async def search_groups(engine: Engine, request: Request) -> Response:
    sender = await admit(engine, request)
    asked = await read_search(request)
    return list_reply(*await find_groups(engine, sender, asked), asked)


async def group(engine: Engine, request: Request) -> Response:
    """GET, PUT, PATCH and DELETE of one group."""
    sender = await admit(engine, request)
    group_id, asked = request.path_params["id"], read_asked(request)
    if request.method in {"GET", "HEAD"}:
        return document_reply(request, _document(sender, *await _find(engine.db, sender, group_id)), asked)
    body = {} if request.method == "DELETE" else await read_object(request)
    operations = read_operations(body) if request.method == "PATCH" else []
    document: Document | None = None
    async with pushing(engine, request, sender) as directory:
        tx = directory.tx
        if group_id not in ROLES and await lock_group(tx, sender.customer_id, group_id) is None:
            raise unknown()
        row, members = await _find(tx, sender, group_id)
        before = _document(sender, row, members)
        check_version(request, before)
        if request.method == "DELETE":
            await _remove(directory, row)
        else:
            wanted = patched(known(before, GROUPS), operations, GROUPS) if operations else known(body, GROUPS)
            await _change(directory, row, [one.id for one in members], read_group(wanted, is_role=row.id in ROLES))
            document = _document(sender, *await _find(tx, sender, group_id))
    return scim_reply(None, 204) if document is None else document_reply(request, document, asked)


async def _check_name(directory: Directory, said: SaidGroup, id: str) -> None:
    """Raises ScimRefusal."""
    key = username_key(said.display_name)
    known_groups = await groups_of(directory.tx, directory.customer_id)
    if key in ROLES or any(one.name_key == key and one.id != id for one in known_groups):
        words = "The customer has a group of this displayName: find it by a filter, and change that."
        raise ScimRefusal(409, words, "uniqueness")


async def _remove(directory: Directory, row: PushedGroup) -> None:
    if row.id in ROLES:
        raise ScimRefusal(403, "A role of the customer can't be removed: take its members out instead.")
    await remove_group(directory.tx, directory.customer_id, row.id)
    await directory.record("scim.group_removed", id=row.id)


class _Wanted(Struct, frozen=True):
    added: list[str]
    removed: list[str]


def _difference(before: Sequence[str], after: Sequence[str]) -> _Wanted:
    had, has = set(before), set(after)
    found = _Wanted([one for one in after if one not in had], [one for one in before if one not in has])
    if len(found.added) + len(found.removed) > MOST_CHANGES:
        raise BadPatch("tooMany", f"A request changes at most {MOST_CHANGES} members: send the rest in another one.")
    return found


async def _change(directory: Directory, row: PushedGroup, members: Sequence[str], said: SaidGroup) -> None:
    if row.id in ROLES:
        if username_key(said.display_name) != row.name_key:
            raise ScimRefusal(400, "A role keeps its name: change its members.", "mutability")
        if said.external_id != row.external_id:
            await put_role_id(directory.tx, row.customer_id, row.id, said.external_id)
    else:
        await _check_name(directory, said, row.id)
        key, now = username_key(said.display_name), directory.engine.now()
        after = replace(row, display_name=said.display_name, name_key=key, external_id=said.external_id, changed_at=now)
        await change_group(directory.tx, after)
    await _change_members(directory, row, members, said.members)
    await directory.record("scim.group_changed", id=row.id)


async def _change_members(directory: Directory, row: PushedGroup, before: Sequence[str], after: Sequence[str]) -> None:
    wanted = _difference(before, after)
    for person_id in wanted.added + wanted.removed:
        person = await lock_person(directory, person_id)
        if person is None:
            raise ScimRefusal(400, "A member is no person of this customer: push the person first.", "invalidValue")
        if row.id == "administrator":
            await set_role(directory, person, "administrator" if person_id in wanted.added else "member")
        elif row.id == "member":
            await change_person(directory, person, replace(person.said, active=person_id in wanted.added))
    if row.id not in ROLES:
        await add_group_members(directory.tx, row.customer_id, row.id, wanted.added)
        await remove_group_members(directory.tx, row.customer_id, row.id, wanted.removed)
