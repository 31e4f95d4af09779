"""What connects a thing with customers: who sees a unit, places of a person. The rules are those of the console (things/linking.py)."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.paging import conditional
from hoistway.api.reading import check_media_type, read_json
from hoistway.engine import Engine
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import as_problems, row_id_of
from hoistway.manage.problems import not_found
from hoistway.manage.repeating import Answer
from hoistway.manage.replies import PRIVATE, answer_of, check_version, is_dry, reply_of
from hoistway.manage.values import Names, new_values
from hoistway.protocol.ids import CustomerId
from hoistway.store.change_row import lock_row
from hoistway.store.db import Reader
from hoistway.things.linking import end_link, give_link
from hoistway.things.making import Linking
from hoistway.things.registry import THINGS
from hoistway.tokens.keyring import LONGEST_TOKEN
from hoistway.web.forms import read_body


class Linked(Struct, frozen=True):
    """`body` shows one of a customer, a `shown`; `every` is the struct of the list, `change` of what a program sends."""

    linking: Linking
    body: Callable[[str, Any], Struct]
    shown: type[Struct]
    every: type[Struct]
    change: type[Struct]
    names: Names


async def _found(linked: Linked, db: Reader, row_id: str) -> dict[CustomerId, Any]:
    """Raises Problem."""
    if await THINGS[linked.linking.word].find(db, row_id) is None:
        raise not_found()
    return dict(await linked.linking.found(db, row_id))


async def list_links(linked: Linked, engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/{noun}/{id}/{links}"""
    found = await _found(linked, engine.db, row_id_of(request))
    page = linked.every([linked.body(customer, row) for customer, row in found.items()])
    return conditional(request, msgspec.json.encode(page), PRIVATE, compress=False)


async def read_link(linked: Linked, engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/{noun}/{id}/{links}/{customer_id}"""
    customer_id = CustomerId(row_id_of(request, "customer_id"))
    row = (await _found(linked, engine.db, row_id_of(request))).get(customer_id)
    if row is None:
        raise not_found()
    return conditional(request, msgspec.json.encode(linked.body(customer_id, row)), PRIVATE, compress=False)


async def put_link(linked: Linked, engine: Engine, request: Request, manager: Manager) -> Response:
    """PUT /manage/v1/{noun}/{id}/{links}/{customer_id}"""
    row_id, customer_id, dry = row_id_of(request), CustomerId(row_id_of(request, "customer_id")), is_dry(request)
    check_media_type(request, ("application/json",))
    body = read_json(await read_body(request), linked.change)
    entries = [entry for entry in linked.linking.entries if entry.name != "customer"]
    values: dict[str, Any] = {**new_values(entries, body, linked.names), "customer": customer_id}
    names = {**linked.names, "customer_id": "customer"}
    async with as_problems(names), managing(engine, request, manager, customer_id, dry=dry) as managed:
        before = await _lock(linked, managed, row_id, customer_id)
        if before is not None:
            check_version(request, linked.body(customer_id, before))
        await give_link(managed.hand, linked.linking, row_id, values)
        after = (await _found(linked, managed.tx, row_id))[customer_id]
        answer = answer_of(linked.body(customer_id, after), 200 if before is not None else 201)
    return reply_of(answer, dry=dry)


async def _lock(linked: Linked, managed: Managed, row_id: str, customer_id: CustomerId) -> Any:
    """None where there is none yet. Raises Problem."""
    await lock_row(managed.tx, linked.linking.word, row_id)
    return (await _found(linked, managed.tx, row_id)).get(customer_id)


async def end_one(linked: Linked, engine: Engine, request: Request, manager: Manager) -> Response:
    """DELETE /manage/v1/{noun}/{id}/{links}/{customer_id}"""
    row_id, customer_id, dry = row_id_of(request), CustomerId(row_id_of(request, "customer_id")), is_dry(request)
    async with as_problems(linked.names), managing(engine, request, manager, customer_id, dry=dry) as managed:
        before = await _lock(linked, managed, row_id, customer_id)
        if before is None:
            raise not_found()
        check_version(request, linked.body(customer_id, before))
        ended = await end_link(managed.hand, linked.linking, row_id, customer_id)
    for family_id in () if dry else ended:
        engine.revoked.add(family_id, engine.now() + LONGEST_TOKEN)
    return reply_of(Answer(204, b"", {}), dry=dry)
