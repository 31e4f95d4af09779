"""Changes that wait for a second operator: seen, and withdrawn by the application that proposed them. People approve and
refuse them at the console (docs/adr/0012-two-approve.md).
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.paging import conditional
from hoistway.approving.proposing import Own, TooLate, decide
from hoistway.engine import Engine
from hoistway.manage.bodies import WaitingList, waiting_body
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import row_id_of
from hoistway.manage.problems import not_found, refused
from hoistway.manage.replies import PRIVATE, answer_of, check_version, is_dry, reply_of
from hoistway.store.proposals import find_proposal, lock_proposal, waiting_proposals
from hoistway.web.portal_words import PORTAL_WORDS

MOST = 500


async def list_waiting(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/proposals"""
    rows = await waiting_proposals(engine.db, after=(-1, ""), most=MOST)
    page = WaitingList([waiting_body(row) for row in rows])
    return conditional(request, msgspec.json.encode(page), PRIVATE, compress=False)


async def read_waiting(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/proposals/{id}"""
    row = await find_proposal(engine.db, row_id_of(request))
    if row is None:
        raise not_found()
    return conditional(request, msgspec.json.encode(waiting_body(row)), PRIVATE, compress=False)


async def withdraw(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/proposals/{id}/withdraw"""
    row_id, dry = row_id_of(request), is_dry(request)
    async with managing(engine, request, manager, dry=dry) as managed:
        row = await lock_proposal(managed.tx, row_id)
        if row is None:
            raise not_found()
        check_version(request, waiting_body(row))
        try:
            await decide(managed.hand, row_id, "withdraw")
        except Own as error:
            raise refused("Somebody else proposed this: only they can withdraw it.") from error
        except TooLate as error:
            raise refused(PORTAL_WORDS["en"]["two_late"]) from error
        after = await find_proposal(managed.tx, row_id)
        if after is None:
            raise not_found()
        answer = answer_of(waiting_body(after))
    return reply_of(answer, dry=dry)


def check_not_two(managed: Managed, page: str) -> None:
    """For what two operators approve on a page of its own: a program is nobody's eyes. Raises Problem."""
    if managed.hand.two:
        address = f"{managed.engine.settings.base_url}{page}"
        raise refused(f"Two people approve this, and a program is none of them: they do so at {address}.")
