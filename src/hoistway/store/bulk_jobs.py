"""Jobs of many lines that programs hand in at the management API: who asked, how far each is, and which process carries it out."""

from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, bindparam, delete, func, select, update

from hoistway.protocol.ids import ClientId
from hoistway.store.columns import at, insert_all, key, number, optional_at, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

KEPT: Final = 24 * 3600
LEASE: Final = 30
"""Seconds after which another process goes on with what one has left."""
MOST_OPEN_OF_ONE, MOST_OPEN = 5, 50

BULK_JOBS = Table(
    "bulk_jobs", METADATA, key(), text("client_id"), text("scopes"), at("issued_at"), text("correlation_id"), number("dry"),
    text("state"), number("lines"), number("position"), number("refused"), at("created_at"), optional_at("ended_at"),
    at("leased_until"), Index("ix_bulk_jobs_state", "state", "leased_until"), Index("ix_bulk_jobs_client", "client_id", "id"),
    Index("ix_bulk_jobs_created_at", "created_at"),
)  # fmt: skip


class BulkJob(Struct, frozen=True):
    """`scopes` and `issued_at` are those of the token with which it was handed in. `state` is open, done, cancelled or stopped; of its
    `lines` the first `position` were looked at, and `refused` of these were refused. `id` sorts by time."""

    id: str
    client_id: ClientId
    scopes: str
    issued_at: int
    correlation_id: str
    dry: int
    state: str
    lines: int
    position: int
    refused: int
    created_at: int
    ended_at: int | None
    leased_until: int


_J = BULK_JOBS.c
_INSERT = Statement(lambda: insert_all(BULK_JOBS), nothing)
_FIND = Statement(
    lambda: select(BULK_JOBS).where(_J.id == bindparam("id"), _J.client_id == bindparam("client_id")), BulkJob
)
_OF = Statement(
    lambda: (
        select(BULK_JOBS)
        .where(_J.client_id == bindparam("client_id"), _J.id > bindparam("after"))
        .order_by(_J.id)
        .limit(bindparam("most"))
    ),
    BulkJob,
)
_LOCK = Statement(
    lambda: (
        select(BULK_JOBS)
        .where(_J.id == bindparam("id"), _J.client_id == bindparam("client_id"))
        .with_for_update(key_share=True)
    ),
    BulkJob,
)
_LEFT = Statement(
    lambda: (
        select(BULK_JOBS)
        .where(_J.state == "open", _J.leased_until < bindparam("now"))
        .order_by(_J.leased_until, _J.id)
        .limit(1)
    ),
    BulkJob,
)
_LEASE = Statement(
    lambda: (
        update(BULK_JOBS)
        .where(_J.id == bindparam("b_id"), _J.state == "open", _J.leased_until == bindparam("before"))
        .values(leased_until=bindparam("until"))
    ),
    nothing,
)
_NOTE = Statement(
    lambda: (
        update(BULK_JOBS)
        .where(_J.id == bindparam("b_id"), _J.position <= bindparam("place"))
        .values(position=bindparam("place"), refused=bindparam("refused"), leased_until=bindparam("until"))
    ),
    nothing,
)
_IS_OPEN = Statement(lambda: select(func.count()).where(_J.id == bindparam("id"), _J.state == "open"), int)
_END = Statement(
    lambda: (
        update(BULK_JOBS)
        .where(_J.id == bindparam("b_id"), _J.state == "open")
        .values(state=bindparam("ends_as"), ended_at=bindparam("now"))
    ),
    nothing,
)
_END_OF_TOKEN = Statement(
    lambda: (
        update(BULK_JOBS)
        .where(_J.client_id == bindparam("b_client"), _J.issued_at == bindparam("b_issued"), _J.state == "open")
        .values(state="stopped", ended_at=bindparam("now"))
    ),
    nothing,
)
_COUNT_OF = Statement(
    lambda: select(func.count()).where(_J.client_id == bindparam("client_id"), _J.state == "open"), int
)
_COUNT = Statement(lambda: select(func.count()).where(_J.state == "open"), int)
_OLD = Statement(lambda: select(_J.id).where(_J.created_at < bindparam("before")).limit(10), str)
_REMOVE = Statement(lambda: delete(BULK_JOBS).where(_J.id == bindparam("id")), nothing)


async def add_job(tx: Writer, row: BulkJob) -> None:
    await tx.run(_INSERT, asdict(row))


async def find_job(db: Reader, client_id: ClientId, job_id: str) -> BulkJob | None:
    """None for one of another application, too."""
    return await db.one(_FIND, {"id": job_id, "client_id": client_id})


async def lock_job(tx: Writer, client_id: ClientId, job_id: str) -> BulkJob | None:
    return await tx.one(_LOCK, {"id": job_id, "client_id": client_id})


async def jobs_of(db: Reader, client_id: ClientId, *, after: str, most: int) -> list[BulkJob]:
    return await db.all(_OF, {"client_id": client_id, "after": after, "most": most})


async def count_open_jobs(db: Reader, client_id: ClientId | None = None) -> int:
    """Of one application, or of all."""
    if client_id is None:
        return await db.one(_COUNT, {}) or 0
    return await db.one(_COUNT_OF, {"client_id": client_id}) or 0


async def find_left(db: Reader, now: int) -> BulkJob | None:
    """An open one that no process carries out."""
    return await db.one(_LEFT, {"now": now})


async def lease(tx: Writer, row: BulkJob, until: int) -> bool:
    """Of several processes one gets it."""
    return await tx.run(_LEASE, {"b_id": row.id, "before": row.leased_until, "until": until}) == 1


async def note_position(tx: Writer, job_id: str, position: int, refused: int, until: int) -> bool:
    """How far it came is told of one that has ended, too. Returns False where it is not open any more, or another process is further."""
    values = {"b_id": job_id, "place": position, "refused": refused, "until": until}
    return await tx.run(_NOTE, values) == 1 and await tx.one(_IS_OPEN, {"id": job_id}) == 1


async def end_job(tx: Writer, job_id: str, state: str, now: int) -> bool:
    """Returns False where it had ended."""
    return await tx.run(_END, {"b_id": job_id, "ends_as": state, "now": now}) == 1


async def end_jobs_of_token(tx: Writer, client_id: ClientId, issued_at: int, now: int) -> None:
    """Of tokens that an application got within the same second it is not known which one it was: the jobs of all of them end."""
    await tx.run(_END_OF_TOKEN, {"b_client": client_id, "b_issued": issued_at, "now": now})


async def old_jobs(db: Reader, before: int) -> list[str]:
    """A few ids."""
    return await db.all(_OLD, {"before": before})


async def remove_job(tx: Writer, job_id: str) -> None:
    await tx.run(_REMOVE, {"id": job_id})
