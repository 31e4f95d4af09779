"""Jobs of many lines: handed in, looked at, cancelled. What a line asks is carried out by manage/bulk_lines."""

import re
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.problems import Problem, bad_request
from hoistway.api.reading import check_media_type
from hoistway.engine import Engine, time_ordered_id
from hoistway.manage import bulk_bodies as bodies
from hoistway.manage.bulk_place import opened_answer, sealed_line
from hoistway.manage.guard import Managed, Manager, managing
from hoistway.manage.nouns import row_id_of
from hoistway.manage.problems import not_found, refused
from hoistway.manage.repeating import RETRY, Answer, find_answer, keep_answer, read_attempt
from hoistway.manage.replies import PRIVATE, answer_of, check_version, is_dry, reply_of
from hoistway.protocol.manage_scopes import PATH
from hoistway.protocol.numbers import read_whole
from hoistway.store import bulk_jobs, bulk_lines
from hoistway.store.bulk_jobs import BulkJob, add_job, end_job, find_job, jobs_of, lock_job
from hoistway.store.bulk_lines import BulkLine, add_lines, lines_after
from hoistway.web.forms import read_body
from hoistway.web.replies import correlation_id

MEDIA: Final = "application/x-ndjson"
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_LINES: Final = 5_000
LONGEST_LINE: Final = 64 * 1024
_BLANK: Final = re.compile(rb"[ \t\r]*")


def _lines(sent: bytes) -> list[bytes]:
    """Blank ones count, so that the numbers of the report are those of the file. Raises Problem."""
    lines = sent.removesuffix(b"\n").split(b"\n")
    if len(lines) > MOST_LINES:
        raise bad_request(f"A job has at most {MOST_LINES} lines: hand in several.")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise bad_request(f"Line {number} is longer than {LONGEST_LINE} bytes.")
    if all(_BLANK.fullmatch(line) for line in lines):
        raise bad_request("The body has no lines: send one object on each, as the description says.")
    return lines


async def make(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/bulk"""
    check_media_type(request, (MEDIA,))
    dry, sent = is_dry(request), await read_body(request, MOST_BYTES)
    attempt = read_attempt(request, b"dry " + sent if dry else sent)
    lines = _lines(sent)
    async with managing(engine, request, manager) as managed:
        answer = await find_answer(managed, attempt)
        if answer is None:
            await _check_room(managed, len(lines))
            answer = await _made(managed, request, lines, dry=dry)
            await keep_answer(managed, attempt, answer)
    return reply_of(answer, dry=dry)


async def _check_room(managed: Managed, lines: int) -> None:
    """Raises Problem."""
    own, tx = managed.manager.client.id, managed.tx
    for found, most in (
        (await bulk_jobs.count_open_jobs(tx, own), bulk_jobs.MOST_OPEN_OF_ONE),
        (await bulk_jobs.count_open_jobs(tx), bulk_jobs.MOST_OPEN),
        (await bulk_lines.count_kept_lines(tx, own) + lines - 1, bulk_lines.MOST_OF_ONE),
        (await bulk_lines.count_kept_lines(tx) + lines - 1, bulk_lines.MOST),
    ):
        if found >= most:
            detail = f"So many jobs or lines are kept, for a day, that there is no room ({most:,}): wait until one has ended, or try later."
            raise Problem(429, "too-many-jobs", "Too many jobs", detail, headers={"retry-after": str(RETRY)})


async def _made(managed: Managed, request: Request, lines: list[bytes], *, dry: bool) -> Answer:
    manager, now, engine = managed.manager, managed.hand.now, managed.engine
    row = BulkJob(
        time_ordered_id(), manager.client.id, manager.scopes, manager.issued_at, correlation_id(request), 1 if dry else 0, "open",
        len(lines), 0, 0, now, None, 0,
    )  # fmt: skip
    await add_job(managed.tx, row)
    sealed = (sealed_line(engine, row, number, line) for number, line in enumerate(lines, 1))
    await add_lines(managed.tx, [BulkLine(row.id, number, row.client_id, one) for number, one in enumerate(sealed, 1)])
    return answer_of(bodies.job_body(row), 202, location=f"{engine.settings.base_url}{PATH}/bulk/{row.id}")


async def list_all(engine: Engine, request: Request, manager: Manager) -> Response:
    """GET /manage/v1/bulk"""
    params, limit, after = read_page(request, frozenset())
    rows = await jobs_of(engine.db, manager.client.id, after=after, most=limit + 1)
    cursor = write_cursor(request, rows[limit - 1].id, params, frozenset()) if len(rows) > limit else None
    page = bodies.BulkJobPage([bodies.job_body(row) for row in rows[:limit]], cursor)
    return page_reply(engine, request, page_of(page, cursor), params)


async def _find(engine: Engine, request: Request, manager: Manager) -> BulkJob:
    """Nobody sees that of another application: secrets are in it. Raises Problem."""
    row = await find_job(engine.db, manager.client.id, row_id_of(request))
    if row is None:
        raise not_found()
    return row


async def read_one(engine: Engine, request: Request, manager: Manager) -> Response:
    """GET /manage/v1/bulk/{id}"""
    body = bodies.job_body(await _find(engine, request, manager))
    return conditional(request, msgspec.json.encode(body), PRIVATE, compress=False)


async def list_outcomes(engine: Engine, request: Request, manager: Manager) -> Response:
    """GET /manage/v1/bulk/{id}/lines"""
    row = await _find(engine, request, manager)
    params, limit, after = read_page(request, frozenset())
    place = read_whole(after or "0", 0, MOST_LINES)
    if place is None:
        raise bad_request("cursor is not one of this list: begin again without it.")
    rows = await lines_after(engine.db, row.id, place, limit + 1)
    cursor = write_cursor(request, str(rows[limit - 1].line), params, frozenset()) if len(rows) > limit else None
    items = [bodies.BulkOutcome(one.line, one.status, opened_answer(engine, row, one)) for one in rows[:limit]]
    return page_reply(engine, request, page_of(bodies.BulkReport(items, cursor), cursor), params)


async def cancel(engine: Engine, request: Request, manager: Manager) -> Response:
    """POST /manage/v1/bulk/{id}/cancel"""
    job_id, dry = row_id_of(request), is_dry(request)
    async with managing(engine, request, manager, dry=dry) as managed:
        row = await lock_job(managed.tx, manager.client.id, job_id)
        if row is None:
            raise not_found()
        check_version(request, bodies.job_body(row))
        if not await end_job(managed.tx, row.id, "cancelled", managed.hand.now):
            raise refused(f"It has ended already: {row.state}.")
        after = await find_job(managed.tx, row.client_id, row.id)
        answer = answer_of(bodies.job_body(after or row))
    return reply_of(answer, dry=dry)
