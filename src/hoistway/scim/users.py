"""People of a customer over SCIM (https://www.rfc-editor.org/rfc/rfc7644#section-3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.pushed import Directory, change_person, lock_person, push_person, remove_person
from hoistway.engine import Engine
from hoistway.protocol.scim_operations import Operation, read_operations
from hoistway.protocol.scim_patch import patched
from hoistway.protocol.scim_user import UNSAID, USER, USERS, SaidPerson, known, read_user, shown_of
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
from hoistway.scim.guard import Sender, admit, pushing
from hoistway.scim.refusals import scim_reply, unknown
from hoistway.store.db import Reader
from hoistway.store.scim_groups import groups_of_people
from hoistway.store.scim_people import Pushed
from hoistway.store.scim_search import Belonging, ListedPerson, find_listed, search_people

Document = dict[str, Any]


def _belongings(sender: Sender, person: ListedPerson, groups: Sequence[Belonging]) -> list[Document]:
    named = [Belonging(role, role) for role in person.roles]
    return [
        {"value": one.id, "display": one.display_name, "$ref": f"{sender.base}/Groups/{one.id}", "type": "direct"}
        for one in (*named, *groups)
    ]


def document_of(sender: Sender, person: ListedPerson, groups: Sequence[Belonging]) -> Document:
    details = shown_of(person.display_name, person.user_name) if person.details is None else person.details
    found: Document = {"schemas": [USER], "id": person.id, "userName": person.user_name}
    if person.external_id is not None:
        found["externalId"] = person.external_id
    found |= {name: value for name, value in details.items() if name != UNSAID}
    if UNSAID not in details:
        found["active"] = person.active
    belongings = _belongings(sender, person, groups)
    if belongings:
        found["groups"] = belongings
    found["meta"] = {
        "resourceType": "User", "created": moment(person.created_at), "lastModified": moment(person.changed_at),
        "location": f"{sender.base}/Users/{person.id}",
    }  # fmt: skip
    return with_version(found)


async def _document(db: Reader, sender: Sender, id: str) -> Document:
    """Raises ScimRefusal."""
    person = await find_listed(db, sender.customer_id, id)
    if person is None:
        raise unknown()
    groups = await groups_of_people(db, sender.customer_id, [id])
    return document_of(sender, person, groups.get(id, ()))


async def find_users(engine: Engine, sender: Sender, asked: Asked) -> tuple[list[Document], int]:
    """(one page, how many there are in all). Raises BadFilter."""
    people, total = await search_people(engine.db, sender.customer_id, asked.wanted, asked.begin, asked.most)
    groups = await groups_of_people(engine.db, sender.customer_id, [person.id for person in people])
    return [document_of(sender, person, groups.get(person.id, ())) for person in people], total


async def users(engine: Engine, request: Request) -> Response:
    """GET lists, POST makes."""
    sender = await admit(engine, request)
    asked = read_asked(request)
    if request.method != "POST":
        return list_reply(*await find_users(engine, sender, asked), asked)
    said = read_user(known(await read_object(request), USERS))
    async with pushing(engine, request, sender) as directory:
        row = await push_person(directory, said)
        document = await _document(directory.tx, sender, row.id)
    return document_reply(request, document, asked, 201)


async def search_users(engine: Engine, request: Request) -> Response:
    sender = await admit(engine, request)
    asked = await read_search(request)
    return list_reply(*await find_users(engine, sender, asked), asked)


async def _locked(request: Request, sender: Sender, directory: Directory, id: str) -> tuple[Pushed, Document]:
    """Raises ScimRefusal."""
    row = await lock_person(directory, id)
    if row is None:
        raise unknown()
    document = await _document(directory.tx, sender, id)
    check_version(request, document)
    return row, document


def _wanted(before: Document, row: Pushed, body: Mapping[str, Any], operations: Sequence[Operation]) -> SaidPerson:
    """Whoever is inactive stays so until the directory says otherwise. Raises BadPatch."""
    if not operations:
        return read_user({"active": row.active, **known(body, USERS)})
    after = patched(known(before, USERS), operations, USERS)
    said = read_user({"active": row.active, **after})
    return said if "active" in after else replace(said, details={**said.details, UNSAID: True})


async def user(engine: Engine, request: Request) -> Response:
    """GET, PUT, PATCH and DELETE of one person."""
    sender = await admit(engine, request)
    person_id, asked = request.path_params["id"], read_asked(request)
    if request.method in {"GET", "HEAD"}:
        return document_reply(request, await _document(engine.db, sender, person_id), asked)
    if request.method == "DELETE":
        async with pushing(engine, request, sender) as directory:
            row, _before = await _locked(request, sender, directory, person_id)
            await remove_person(directory, row)
        return scim_reply(None, 204)
    body = await read_object(request)
    operations = read_operations(body) if request.method == "PATCH" else []
    async with pushing(engine, request, sender) as directory:
        row, before = await _locked(request, sender, directory, person_id)
        await change_person(directory, row, _wanted(before, row, body, operations))
        document = await _document(directory.tx, sender, person_id)
    return document_reply(request, document, asked)
