"""The operations on a kind of thing: list, read, make, change, disable, enable, delete. The rules are those of the thing
(things/changing.py).
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.etags import etag_of
from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.reading import check_media_type, read_json
from hoistway.approving.refusals import REFUSALS, key_of
from hoistway.authn.passwords import generate_password, random_digest
from hoistway.engine import Engine
from hoistway.manage.bodies import Waiting, waiting_body
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.operations import Parameter
from hoistway.manage.problems import Invalid, Wrong, not_found, refused, taken
from hoistway.manage.repeating import Answer, find_answer, keep_answer, read_attempt
from hoistway.manage.replies import PRIVATE, answer_of, check_filters, check_version, is_dry, reply_of
from hoistway.manage.values import Names, changed_values, member_of, new_values, unfit_problem
from hoistway.protocol.manage_scopes import PATH
from hoistway.store.change_row import lock_row
from hoistway.store.db import Conflict
from hoistway.store.managed_lists import managed_page
from hoistway.store.proposals import Proposal
from hoistway.store.removing import lock_whole
from hoistway.things.changing import change_thing, make_thing, remove_thing, switch_thing
from hoistway.things.making import Unfit
from hoistway.things.removing import Hangs, can_be_deleted
from hoistway.things.thing import Thing
from hoistway.web.forms import read_body
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

LONGEST_ID = 200


class Noun(Struct, frozen=True):
    """`one` is its name in names of operations and schemas. `body` shows a row; `page`, `new` and `change` are the structs
    of a list, of what is made, and of a change. `names` are members that have another name than their entry, `apart` entries
    that have operations of their own. `with_secrets` makes the answer to a creation, a `made`, of the body, the secrets that are shown once,
    and what waits. `check` raises Problem for a row that programs change nothing of, before
    a change and after it, `check_wanted` for what they may not even propose. Of a thing `in_parts` a list reads each for itself."""

    thing: Thing
    one: str
    body: Callable[[Any], Struct]
    shown: type[Struct]
    page: type[Struct]
    new: type[Struct]
    change: type[Struct]
    filters: Sequence[Parameter] = ()
    names: Names = field(default_factory=dict)
    made: type[Struct] | None = None
    with_secrets: Callable[[Any, Mapping[str, str], Waiting | None], Struct] | None = None
    apart: frozenset[str] = frozenset()
    check: Callable[[Any], None] | None = None
    check_wanted: Callable[[Proposal], None] | None = None
    in_parts: bool = False

    @property
    def word(self) -> str:
        return self.thing.word


def row_id_of(request: Request, name: str = "id") -> str:
    """Raises Problem."""
    row_id: str = request.path_params[name]
    if len(row_id) > LONGEST_ID:
        raise not_found()
    return row_id


async def list_things(noun: Noun, engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/{noun}"""
    names = frozenset(one.name for one in noun.filters)
    params, limit, after = read_page(request, names)
    asked = check_filters(params, noun.filters)
    rows = await managed_page(engine.db, noun.word, asked, after=after, most=limit + 1)
    if noun.in_parts:
        rows = [await noun.thing.find(engine.db, row.id) or row for row in rows]
    cursor = write_cursor(request, rows[limit - 1].id, params, names) if len(rows) > limit else None
    page = noun.page([noun.body(row) for row in rows[:limit]], cursor)
    return page_reply(engine, request, page_of(page, cursor), params)


async def read_thing(noun: Noun, engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/{noun}/{id}"""
    row = await noun.thing.find(engine.db, row_id_of(request))
    if row is None:
        raise not_found()
    return conditional(request, msgspec.json.encode(noun.body(row)), PRIVATE, compress=False)


@asynccontextmanager
async def as_problems(names: Names, entries: str = "id") -> AsyncIterator[None]:
    """What a rule raises becomes a problem; `entries` names what a Conflict is about. The sentences are those of the console."""
    try:
        yield
    except Unfit as unfit:
        if unfit.misfit.because == "make_taken":
            raise taken(member_of(unfit.entry, names), str(unfit.misfit)) from unfit
        raise unfit_problem(unfit, names) from unfit
    except Conflict as conflict:
        raise taken(member_of(entries, names), PORTAL_WORDS["en"]["make_taken"]) from conflict
    except REFUSALS as refusal:
        raise refused(PORTAL_WORDS["en"][key_of(refusal)]) from refusal
    except Hangs as hangs:
        found = [Wrong(one.what, f"{PORTAL_WORDS['en'][f'hangs_{one.what}']}: {one.count}.") for one in hangs.what]
        raise Invalid(409, "in-use", "In use", found) from hangs


async def make(noun: Noun, engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/{noun}"""
    check_media_type(request, ("application/json",))
    dry, sent = is_dry(request), await read_body(request)
    attempt = None if dry else read_attempt(request, sent)
    making = noun.thing.making
    if making is None:
        raise not_found()
    values = new_values(making.entries, read_json(sent, noun.new), noun.names)
    password = generate_password() if making.has_password else ""
    digest = await engine.passwords.hash(password) if password else random_digest()
    async with as_problems(noun.names, making.names), managing(engine, request, manager, dry=dry) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            answer = await _made(noun, managed, values, password, digest, dry=dry)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


async def _made(
    noun: Noun, managed: Managed, values: dict[str, Any], password: str, digest: str, *, dry: bool
) -> Answer:
    """A dry run shows no secret, because it would open nothing."""
    begun = await make_thing(managed.hand, noun.thing, values, digest, managed.engine.settings)
    row = await noun.thing.find(managed.tx, begun.made.row.id)
    _check_outcome(noun, row, begun.waits)
    address = f"{managed.engine.settings.base_url}{PATH}/{noun.word}/{segment(row.id)}"
    body = noun.body(row)
    etag = etag_of(msgspec.json.encode(body))
    if noun.with_secrets is not None:
        secrets = {} if dry else {**({"password": password} if password else {}), **begun.made.shown_once}
        body = noun.with_secrets(body, secrets, None if begun.waits is None else waiting_body(begun.waits))
    return answer_of(body, 201, location=address, etag=etag)


async def change(noun: Noun, engine: Engine, request: Request, manager: Manager) -> Response:
    """PATCH /manage/v1/{noun}/{id}, a merge patch (RFC 7396)"""
    row_id, dry = row_id_of(request), is_dry(request)
    check_media_type(request)
    body = read_json(await read_body(request), noun.change)
    differing = changed_values(noun.thing.entries, body, noun.names)
    async with as_problems(noun.names), managing(engine, request, manager, dry=dry) as managed:
        row = await lock_version(noun, managed, request, row_id)
        waits = await change_thing(managed.hand, noun.thing, row, differing(row), engine.settings)
        answer = await changed_answer(noun, managed, row_id, waits)
    return reply_of(answer, dry=dry)


async def changed_answer(noun: Noun, managed: Managed, row_id: str, waits: Proposal | None) -> Answer:
    """202 with the proposal where a second operator must approve. Raises Problem."""
    row = await noun.thing.find(managed.tx, row_id)
    _check_outcome(noun, row, waits)
    return answer_of(noun.body(row)) if waits is None else answer_of(waiting_body(waits), 202)


def _check_outcome(noun: Noun, row: Any, waits: Proposal | None) -> None:
    """What a program may not change, it may not make of something else either. Raises Problem, and so undoes it."""
    if noun.check is not None:
        noun.check(row)
    if noun.check_wanted is not None and waits is not None:
        noun.check_wanted(waits)


async def lock_version(noun: Noun, managed: Managed, request: Request, row_id: str) -> Any:
    """The row, locked, where it is in the version that If-Match names. Raises Problem."""
    await lock_row(managed.tx, noun.word, row_id)
    row = await noun.thing.find(managed.tx, row_id)
    if row is None:
        raise not_found()
    if noun.check is not None:
        noun.check(row)
    check_version(request, noun.body(row))
    return row


async def disable(noun: Noun, engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/{noun}/{id}/disable"""
    return await _switch(noun, engine, request, manager, off=True)


async def enable(noun: Noun, engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/{noun}/{id}/enable"""
    return await _switch(noun, engine, request, manager, off=False)


async def _switch(noun: Noun, engine: Engine, request: Request, manager: Manager, *, off: bool) -> Response:
    row_id, dry = row_id_of(request), is_dry(request)
    async with as_problems(noun.names), managing(engine, request, manager, dry=dry) as managed:
        row = await lock_version(noun, managed, request, row_id)
        waits = await switch_thing(managed.hand, noun.thing, row, off=off)
        answer = await changed_answer(noun, managed, row_id, waits)
    return reply_of(answer, dry=dry)


async def delete(noun: Noun, engine: Engine, request: Request, manager: Manager) -> Response:
    """DELETE /manage/v1/{noun}/{id}"""
    row_id, dry = row_id_of(request), is_dry(request)
    if not can_be_deleted(noun.word, row_id):
        raise not_found()
    async with as_problems(noun.names), managing(engine, request, manager, dry=dry) as managed:
        await lock_whole(managed.tx, noun.word, row_id)
        row = await lock_version(noun, managed, request, row_id)
        await remove_thing(managed.hand, noun.thing, row)
    return reply_of(Answer(204, b"", {}), dry=dry)
