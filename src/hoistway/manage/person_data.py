"""Copies of what is held about people, and erasing them, by programs (docs/adr/0023-erasing.md)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.accounts.erasing import check_erasable
from hoistway.accounts.exporting import held_about, written
from hoistway.api.problems import Problem
from hoistway.approving.proposing import give
from hoistway.engine import Engine
from hoistway.manage import invitation_bodies as bodies
from hoistway.manage.bodies import waiting_body
from hoistway.manage.guard import Manager, managing
from hoistway.manage.nouns import as_problems, row_id_of
from hoistway.manage.people import check_changeable
from hoistway.manage.people_bodies import user_body
from hoistway.manage.problems import not_found
from hoistway.manage.repeating import Answer
from hoistway.manage.replies import NO_STORE, answer_of, check_version, is_dry, reply_of
from hoistway.protocol.ids import UserId
from hoistway.store.users import find_user, lock_user


async def copy(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/users/{id}/copy: the copy is in the trail before it is made, that of a dry run, too: nothing takes back what
    somebody has read."""
    row_id, dry = row_id_of(request), is_dry(request)
    person = await find_user(engine.db, UserId(row_id))
    if person is None:
        raise not_found()
    check_changeable(person)
    if person.id in engine.copied:
        raise Problem(409, "refused", "Refused", "A copy of what is held about this person is being made: wait for it.")
    engine.copied.add(person.id)
    try:
        async with managing(engine, request, manager) as managed:
            await managed.hand.record("user.exported", id=person.id)
        held = await held_about(engine.db, person, engine.lockout.account_of(person.username), engine.now())
    finally:
        engine.copied.discard(person.id)
    body = msgspec.json.encode(bodies.Copy(msgspec.Raw(written(held).strip().encode())))
    return reply_of(Answer(200, body, dict(NO_STORE)), dry=dry)


async def erase(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/users/{id}/erase"""
    row_id, dry = row_id_of(request), is_dry(request)
    async with as_problems({}), managing(engine, request, manager, dry=dry) as managed:
        row = await lock_user(managed.tx, UserId(row_id))
        if row is None:
            raise not_found()
        check_changeable(row)
        check_version(request, user_body(row))
        await check_erasable(managed.tx, row, managed.hand.now)
        waits = await give(managed.hand, "person", row.id, {"erased": "yes"})
        answer = Answer(204, b"", {}) if waits is None else answer_of(waiting_body(waits), 202)
    return reply_of(answer, dry=dry)
