"""Carries out the lines of jobs: each as the request that it stands for, by the same operation, guard and rules, in a transaction
of its own, and once. What a process has left, another one goes on with.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.problems import Problem, answer
from hoistway.api.reading import read_json
from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.manage.bulk_bodies import BulkLine as Asked
from hoistway.manage.bulk_place import CarriedOut, JobOver, Place, keep, opened_line, placed
from hoistway.manage.guard import GONE, Manager, refuse
from hoistway.manage.operations import Operation
from hoistway.manage.problems import not_found, problem_reply, refused, scope_missing
from hoistway.manage.registry import OPERATIONS
from hoistway.protocol.manage_scopes import MANAGE, PATH
from hoistway.protocol.text import is_plain
from hoistway.store.bulk_jobs import KEPT, LEASE, BulkJob, end_job, find_left, lease, note_position
from hoistway.store.bulk_lines import BulkLine, lines_after
from hoistway.store.clients import find_client
from hoistway.store.db import DatabaseUnavailable
from hoistway.web.sealed import BadSeal

AT_ONCE: Final = 10
"""Lines after which it is noted how far the job is, and the lease is longer."""
NOTED: Final = LEASE // 3
"""Seconds after which that is done in any case: a line may take long."""
_UNKNOWN: Final = 401
_AWAY: Final = 503


async def carry_on(engine: Engine, over: Callable[[], bool]) -> bool:
    """Takes up a job that no process carries out, until it ends or this process is `over`; returns whether there was one. Raises
    DatabaseUnavailable; what was not carried out is taken up again."""
    now = engine.now()
    job = await find_left(engine.db, now)
    if job is None:
        return False
    async with engine.db.write() as tx:
        is_ours = await lease(tx, job, now + LEASE)
    if is_ours:
        await _run(engine, job, over)
    return True


async def _run(engine: Engine, job: BulkJob, over: Callable[[], bool]) -> None:
    position, count, state = job.position, job.refused, ""
    while not state and not over():
        lines = await lines_after(engine.db, job.id, position, AT_ONCE)
        state, until = "" if lines else "done", engine.now() + NOTED
        for line in lines:
            # SQLite answers without a pause, and whoever asks this process for anything is to have a turn between two lines.
            await asyncio.sleep(0)
            if over() or engine.now() >= until:
                break
            try:
                status = await _line(engine, job, line)
            except JobOver:
                break
            position, count = line.line, count + (status >= 400)
            if status == _UNKNOWN:
                state = "stopped"
                break
        now = engine.now()
        state = "stopped" if job.created_at + KEPT < now else state
        async with engine.db.write() as tx:
            # A process that ends leaves it to another one at once.
            is_open = await note_position(tx, job.id, position, count, 0 if over() else now + LEASE)
            if is_open and state:
                await end_job(tx, job.id, state, now)
        if not is_open:
            return


async def _line(engine: Engine, job: BulkJob, line: BulkLine) -> int:
    """Returns what it was answered. Raises DatabaseUnavailable, JobOver."""
    if line.status is not None:
        return line.status
    if line.carried_at is not None:
        return await _carried_out(engine, job, line)
    try:
        reply = await _answered(engine, job, line)
    except CarriedOut:
        return await _carried_out(engine, job, line)
    if reply.status_code == _AWAY:
        raise DatabaseUnavailable("a line of a job")
    async with engine.db.write() as tx:
        await keep(tx, engine, Place(job, line.line), reply.status_code, bytes(reply.body))
    return reply.status_code


async def _carried_out(engine: Engine, job: BulkJob, line: BulkLine) -> int:
    """The process ended after the change and before its answer was written."""
    try:
        status = _read(engine, job, line)[1].status
    except Problem:
        # What it asked can't be read any more.
        status = 200
    async with engine.db.write() as tx:
        await keep(tx, engine, Place(job, line.line), status, b"")
    return status


async def _answered(engine: Engine, job: BulkJob, line: BulkLine) -> Response:
    """As a request of its own. Raises CarriedOut, JobOver, DatabaseUnavailable."""
    try:
        return await answer(partial(_carry_out, job, line), engine, _request(job, line, "/bulk"), problem_reply)
    except (CarriedOut, JobOver, DatabaseUnavailable):
        raise
    except Exception as error:
        LOG.error("a line of a job failed", correlation_id=job.correlation_id, line=line.line, exc_info=error)
        return Response(b"", 500)


async def _carry_out(job: BulkJob, line: BulkLine, engine: Engine, _request_of_job: Request) -> Response:
    """Raises Problem, CarriedOut, JobOver."""
    asked, operation, ids = _read(engine, job, line)
    client = await find_client(engine.db, job.client_id)
    api = (await engine.directory.apis(engine.now())).by_id.get(MANAGE)
    if client is None or api is None:
        raise refuse(GONE)
    if operation.scope not in job.scopes.split():
        raise scope_missing(operation.scope)
    manager = Manager(client, operation.scope, job.issued_at, job.scopes)
    request = _request(job, line, asked.path, asked, ids)
    return await operation.endpoint(engine, request, manager)


def _read(engine: Engine, job: BulkJob, line: BulkLine) -> tuple[Asked, Operation, dict[str, str]]:
    """Raises Problem."""
    try:
        asked = read_json(opened_line(engine, job, line), Asked)
    except BadSeal as error:
        raise refused("The line can't be read any more: hand it in again.") from error
    path = asked.path.partition("?")[0]
    for one in OPERATIONS:
        ids = _ids(one.path, path)
        if one.method == asked.method and ids is not None:
            if not one.changes or one.alone:
                break
            return asked, one, ids
    raise not_found()


def _ids(template: str, path: str) -> dict[str, str] | None:
    """Those of the path, None where it is not of this operation."""
    parts, wanted = path.split("/"), template.split("/")
    if len(parts) != len(wanted):
        return None
    found = {}
    for part, name in zip(parts, wanted, strict=True):
        if name.startswith("{"):
            found[name[1:-1]] = unquote(part)
            if not is_plain(found[name[1:-1]]):
                return None
        elif part != name:
            return None
    return found if all(found.values()) else None


def _request(
    job: BulkJob, line: BulkLine, path: str, asked: Asked | None = None, ids: Mapping[str, str] | None = None
) -> Request:
    plain, _sign, query = path.partition("?")
    if job.dry:
        query = "&".join(part for part in (query, "dry_run=true") if part)
    headers = [(b"content-type", b"application/json")]
    body = b""
    if asked is not None:
        for name, value in ((b"if-match", asked.if_match), (b"idempotency-key", asked.idempotency_key)):
            if value is not UNSET:
                # As bytes of their own: two keys never become the same one.
                headers.append((name, value.encode()))
        body = b"" if asked.body is UNSET else bytes(asked.body)
    scope: dict[str, Any] = {
        "type": "http", "method": "POST" if asked is None else asked.method, "path": f"{PATH}{unquote(plain)}", "headers": headers,
        "query_string": query.encode(), "path_params": dict(ids or {}), "correlation_id": job.correlation_id,
        **placed(Place(job, line.line)),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)
