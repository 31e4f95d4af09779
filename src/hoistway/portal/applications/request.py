"""The page of one request: its state, the conversation with the operator, an answer, and withdrawing it."""

from starlette.responses import Response

from hoistway.applications.looks import logo_of
from hoistway.applications.named_account import find_named
from hoistway.applications.threads import LONGEST_MESSAGE, MOST_MESSAGES, TooManyMessages, check_room, say_about
from hoistway.engine import Engine
from hoistway.portal.applications.conversation import read_thread
from hoistway.portal.applications.listed import NEWEST, read_place
from hoistway.portal.changing import changing
from hoistway.portal.not_now import Forbidden
from hoistway.portal.visit import NotFound, Reader, Visit, see_other
from hoistway.protocol.ids import RequestId, UserId
from hoistway.store.request_looks import find_look
from hoistway.store.requests import Request, answer_request, find_request_of, lock_request, withdraw_request
from hoistway.store.users import find_user
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS


async def request_page(engine: Engine, visit: Visit, reader: Reader) -> Response:
    """GET or POST /portal/requests/{request_id}: `do` is answer, with `text`, or withdraw."""
    request_id = RequestId(visit.request.path_params["request_id"])
    found = await find_request_of(engine.db, reader.customer_id, request_id)
    if found is None:
        raise NotFound
    if not visit.posted:
        return await _show(engine, visit, reader, found, None, "")
    visit.check_shown(found)
    if visit.form.get("do") == "withdraw":
        return await _withdraw(engine, visit, reader, found)
    return await _answer(engine, visit, reader, found)


def may_withdraw(reader: Reader, request: Request) -> bool:
    """Whoever made the request, and administrators."""
    return reader.may_manage or (request.requested_by == reader.user.id and not reader.only_looks)


async def _show(
    engine: Engine, visit: Visit, reader: Reader, request: Request, problems: Problems | None, typed: str
) -> Response:
    requester = await find_user(engine.db, UserId(request.requested_by))
    look = await find_look(engine.db, request.id) if request.kind == "look" else None
    return engine.pages.portal(
        "portal/request.html",
        visit.showing(request),
        422 if problems else 200,
        request=request,
        look=look,
        account=await find_named(engine.db, request),
        look_logo=logo_of(look),
        requester=None if requester is None else requester.name,
        thread=await read_thread(engine.db, request.id, visit.path, read_place(visit.query, "before", NEWEST)),
        may_answer=request.is_open and not reader.only_looks,
        may_withdraw=request.is_open and may_withdraw(reader, request),
        problems=problems,
        typed=typed,
        now=engine.now(),
        crumbs=(Crumb(PORTAL_WORDS[visit.lang]["frame_applications"], "/portal/applications"),),
    )


async def _answer(engine: Engine, visit: Visit, reader: Reader, request: Request) -> Response:
    text, words, problems = visit.form.get("text") or "", PORTAL_WORDS[visit.lang], Problems()
    if not text:
        problems.add("text", words["request_answer_empty"])
    if len(text) > LONGEST_MESSAGE:
        problems.add("text", words["wish_too_long"].format(most=LONGEST_MESSAGE))
    if problems:
        return await _show(engine, visit, reader, request, problems, text)
    try:
        async with changing(engine, visit, reader) as change:
            change.check_shown(await lock_request(change.tx, request.id))
            if await answer_request(change.tx, reader.customer_id, request.id, engine.now()) is None:
                raise NotFound
            await check_room(change.tx, request.id, "customer")
            await say_about(engine, change.tx, request.id, reader.user.id, "customer", "said", text)
            await change.record("request.answered", client_id=request.client_id, request=request.id)
    except TooManyMessages:
        problems.add("text", words["request_answer_too_many"].format(most=MOST_MESSAGES))
        return await _show(engine, visit, reader, request, problems, text)
    return see_other(visit.path, "notice_request_answered")


async def _withdraw(engine: Engine, visit: Visit, reader: Reader, request: Request) -> Response:
    if not may_withdraw(reader, request):
        raise Forbidden
    async with changing(engine, visit, reader) as change:
        change.check_shown(await lock_request(change.tx, request.id))
        if await withdraw_request(change.tx, reader.customer_id, request.id, engine.now()) is None:
            raise NotFound
        await say_about(engine, change.tx, request.id, reader.user.id, "customer", "withdrawn", "")
        await change.record("request.withdrawn", client_id=request.client_id, request=request.id)
    return see_other(visit.path, "notice_request_withdrawn")
