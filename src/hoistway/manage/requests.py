"""Requests of customers for applications: read, approved, asked about, refused by programs. The rules are those of the console
(applications/deciding.py).
"""

from typing import Any, Final

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.reading import check_media_type, read_json
from hoistway.applications.deciding import Decision, TooLate, decide, read_verdict
from hoistway.applications.granting import prepare
from hoistway.applications.named_account import WrongAccount
from hoistway.applications.threads import LONGEST_MESSAGE, MOST_MESSAGES, TooManyMessages
from hoistway.engine import Engine
from hoistway.manage import request_bodies as bodies
from hoistway.manage.guard import Manager, managing
from hoistway.manage.nouns import row_id_of
from hoistway.manage.operations import Parameter
from hoistway.manage.problems import invalid, not_found, refused
from hoistway.manage.replies import PRIVATE, answer_of, check_filters, check_version, is_dry, reply_of
from hoistway.manage.values import text_of
from hoistway.manage.waiting import check_not_two
from hoistway.protocol.ids import RequestId
from hoistway.store.db import Reader
from hoistway.store.managed_lists import managed_page
from hoistway.store.messages import messages_before
from hoistway.store.request_looks import find_look
from hoistway.store.requests import Request as Row
from hoistway.store.requests import find_request
from hoistway.web.forms import read_body
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment

FILTERS: Final = (
    Parameter("customer_id", "Requests of one customer.", "c-1"),
    Parameter("state", "Those in one state.", "submitted", ("submitted", "asked", "approved", "rejected", "withdrawn")),
)
_MEMBERS: Final = {"text": "message", "until": "legacy_until"}
_EVERY: Final = (2**62, "\U0010ffff")
_WORDS: Final = PORTAL_WORDS["en"]


async def _shown(db: Reader, row: Row) -> bodies.ApplicationRequest:
    return bodies.request_body(row, await find_look(db, row.id) if row.kind == "look" else None)


async def _find(db: Reader, request_id: str) -> Row:
    row = await find_request(db, RequestId(request_id))
    if row is None:
        raise not_found()
    return row


async def list_all(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/requests"""
    names = frozenset(one.name for one in FILTERS)
    params, limit, after = read_page(request, names)
    asked = check_filters(params, FILTERS)
    rows = await managed_page(engine.db, "requests", asked, after=after, most=limit + 1)
    cursor = write_cursor(request, rows[limit - 1].id, params, names) if len(rows) > limit else None
    items = [await _shown(engine.db, row) for row in rows[:limit]]
    return page_reply(engine, request, page_of(bodies.ApplicationRequestPage(items, cursor), cursor), params)


async def read_one(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/requests/{id}"""
    body = await _shown(engine.db, await _find(engine.db, row_id_of(request)))
    return conditional(request, msgspec.json.encode(body), PRIVATE, compress=False)


async def list_messages(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/requests/{id}/messages"""
    row = await _find(engine.db, row_id_of(request))
    found = await messages_before(engine.db, row.id, _EVERY, 2 * MOST_MESSAGES)
    page = bodies.RequestMessageList([bodies.message_body(one) for one in found])
    return conditional(request, msgspec.json.encode(page), PRIVATE, compress=False)


async def decide_one(word: Decision, engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/requests/{id}/approve, /ask or /reject"""
    check_media_type(request, ("application/json",))
    dry, sent, before = is_dry(request), await read_body(request), await _find(engine.db, row_id_of(request))
    kind: Any = bodies.RequestApproval if word == "approve" else bodies.RequestReason
    body = read_json(sent, kind)
    text = text_of("message", body.message)
    # What is slow, before the transaction.
    prepared = await prepare(engine) if word == "approve" else None
    async with managing(engine, request, manager, before.customer_id, dry=dry) as managed:
        row = await _find(managed.tx, before.id)
        if row.customer_id != before.customer_id:
            raise not_found()
        check_version(request, await _shown(managed.tx, row))
        if word == "approve":
            check_not_two(managed, f"/console/requests/{segment(row.id)}")
        verdict, wrong = read_verdict(word, text, managed.hand.now, until=_until(body) if row.legacy_flows else None)
        if wrong:
            raise invalid({_MEMBERS[name]: _WORDS[key].format(most=LONGEST_MESSAGE) for name, key in wrong.items()})
        try:
            await decide(engine, managed.hand, row, verdict, prepared)
        except TooLate as error:
            raise refused(f"It is {row.state}, or its application is disabled: it can't be decided so.") from error
        except WrongAccount as error:
            which = "disabled" if error.disabled else "gone"
            raise refused(_WORDS[f"queue_account_{which}"]) from error
        except TooManyMessages as error:
            raise refused(_WORDS["queue_too_many"].format(most=MOST_MESSAGES)) from error
        answer = answer_of(await _shown(managed.tx, await _find(managed.tx, row.id)))
    return reply_of(answer, dry=dry)


def _until(body: Any) -> str:
    """The day, as it is typed at the console."""
    day = getattr(body, "legacy_until", UNSET)
    return "" if day is UNSET else str(day.isoformat())
