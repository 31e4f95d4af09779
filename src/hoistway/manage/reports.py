"""What programs read alone: the audit trail, and the jobs that the server runs by itself."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import said
from hoistway.api.paging import conditional, page_of, page_reply, read_page, write_cursor
from hoistway.api.problems import bad_request
from hoistway.engine import Engine
from hoistway.manage.bodies import Instant, NextCursor, moment
from hoistway.manage.guard import Manager
from hoistway.manage.operations import Parameter
from hoistway.manage.replies import PRIVATE, check_filters
from hoistway.protocol.numbers import read_moment
from hoistway.store.audit_search import search_audit
from hoistway.store.jobs import all_jobs

_DAY: Final = 86_400
FILTERS: Final = (
    Parameter("event", "Entries of one event.", "customer.added"),
    Parameter("actor", "What one person, account or application did.", "u-1"),
    Parameter("customer_id", "Entries of one customer.", "c-1"),
    Parameter("client_id", "Entries about one application.", "5a1d9c1e-52a1-4b86-8f3e-3d3f6f0a7c11"),
    Parameter("since", "From this day on, UTC.", "2026-01-30"),
    Parameter("until", "Before this day, UTC.", "2026-02-01"),
)
_DETAIL: Any = Meta(
    description="What the event says beside; no secret.", extra_json_schema={"type": "object"}, examples=[{"id": "c-1"}]
)


class AuditEntry(Struct):
    id: Annotated[str, said("Sorts by time.", "01994c9a-52a1-7b86-8f3e-3d3f6f0a7c11")]
    at: Annotated[Instant, said("When, UTC.", "2026-01-30T13:35:09Z")]
    event: Annotated[str, said("What was done.", "customer.added")]
    actor: Annotated[str | None, said("Who did it: a person, a technical account, an application, or a word.", "u-1")]
    client_id: Annotated[str | None, said("The application that it is about, or that was used.", None)]
    customer_id: Annotated[str | None, said("Whose it is.", "c-1")]
    correlation_id: Annotated[str | None, said("Of the request.", "3f0c9a52-7f0e-4c39-a6f5-8a8f5a0a8c55")]
    detail: Annotated[msgspec.Raw, _DETAIL]


class AuditPage(Struct):
    """The newest first."""

    items: list[AuditEntry]
    next_cursor: NextCursor


class ServerJob(Struct):
    name: Annotated[str, said("What the server does by itself.", "clear")]
    started_at: Annotated[Instant, said("When it last began, UTC.", "2026-01-30T13:35:09Z")]
    milliseconds: Annotated[int, said("How long it took.", 12)]
    outcome: Annotated[str, said("done, or why not.", "done")]


class ServerJobList(Struct):
    items: list[ServerJob]


def _day(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    found = read_moment(text) if len(text) == len("2026-01-30") else None
    if found is None:
        raise bad_request(f"{name} must be a day, such as 2026-01-30.")
    return int(found.timestamp())


async def list_audit(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/audit"""
    names = frozenset(one.name for one in FILTERS)
    params, limit, before = read_page(request, names)
    asked = check_filters(params, FILTERS)
    since, until = (_day(asked.pop(name, None), name) for name in ("since", "until"))
    wanted = {name: [value] for name, value in asked.items()}
    rows = await search_audit(engine.db, wanted, since=since, until=until, before=before, most=limit + 1)
    cursor = write_cursor(request, rows[limit - 1].id, params, names) if len(rows) > limit else None
    items = [
        AuditEntry(
            row.id, moment(row.at), row.event, row.actor, row.client_id, row.customer_id, row.correlation_id,
            msgspec.Raw(row.detail.encode()),
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return page_reply(engine, request, page_of(AuditPage(items, cursor), cursor), params)


async def list_jobs(engine: Engine, request: Request, _manager: Manager) -> Response:
    """GET /manage/v1/jobs"""
    items = [
        ServerJob(row.id, datetime.fromtimestamp(row.started_at, UTC), row.milliseconds, row.outcome)
        for row in await all_jobs(engine.db)
    ]
    return conditional(request, msgspec.json.encode(ServerJobList(items)), PRIVATE)
