"""The lines of jobs (store/bulk_jobs): what each asks, sealed, and what it was answered, sealed, because it may hold a secret."""

from typing import Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import BigInteger, Column, LargeBinary, Table, bindparam, delete, func, select, update

from hoistway.store.bulk_jobs import BULK_JOBS
from hoistway.store.columns import insert_all, key, optional_at, optional_number, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

MOST_OF_ONE, MOST = 50_000, 200_000
"""Lines that are kept, of one application and of all."""
REMOVED_AT_ONCE: Final = 1_000

BULK_LINES = Table(
    "bulk_lines", METADATA, key("job_id"), Column("line", BigInteger, primary_key=True, autoincrement=False), text("client_id"),
    Column("request", LargeBinary, nullable=False), optional_at("carried_at"), optional_number("status"),
    Column("answer", LargeBinary, nullable=True),
)  # fmt: skip


class BulkLine(Struct, frozen=True):
    """`line` counts from 1. `carried_at` is written together with the change, `status` with the answer."""

    job_id: str
    line: int
    client_id: str
    request: bytes
    carried_at: int | None = None
    status: int | None = None
    answer: bytes | None = None


_L = BULK_LINES.c
_INSERT = Statement(lambda: insert_all(BULK_LINES), nothing)
_AFTER = Statement(
    lambda: (
        select(BULK_LINES)
        .where(_L.job_id == bindparam("job_id"), _L.line > bindparam("after"))
        .order_by(_L.line)
        .limit(bindparam("most"))
    ),
    BulkLine,
)
_TAKE = Statement(
    lambda: (
        update(BULK_LINES)
        .where(_L.job_id == bindparam("b_job"), _L.line == bindparam("b_line"), _L.carried_at.is_(None))
        .values(carried_at=bindparam("now"))
    ),
    nothing,
)
_ANSWER = Statement(
    lambda: (
        update(BULK_LINES)
        .where(_L.job_id == bindparam("b_job"), _L.line == bindparam("b_line"), _L.status.is_(None))
        .values(status=bindparam("status"), answer=bindparam("answer"))
    ),
    nothing,
)
_COUNT_OF = Statement(
    lambda: select(func.coalesce(func.sum(BULK_JOBS.c.lines), 0)).where(
        BULK_JOBS.c.client_id == bindparam("client_id")
    ),
    int,
)
_COUNT = Statement(lambda: select(func.coalesce(func.sum(BULK_JOBS.c.lines), 0)), int)
_REMOVE = Statement(
    lambda: delete(BULK_LINES).where(_L.job_id == bindparam("job_id"), _L.line <= bindparam("up_to")), nothing
)


async def add_lines(tx: Writer, rows: list[BulkLine]) -> None:
    await tx.run_many(_INSERT, [asdict(row) for row in rows])


async def lines_after(db: Reader, job_id: str, after: int, most: int) -> list[BulkLine]:
    return await db.all(_AFTER, {"job_id": job_id, "after": after, "most": most})


async def take_line(tx: Writer, job_id: str, line: int, now: int) -> bool:
    """In the transaction of its change. Returns False where it was carried out before."""
    return await tx.run(_TAKE, {"b_job": job_id, "b_line": line, "now": now}) == 1


async def answer_line(tx: Writer, job_id: str, line: int, status: int, answer: bytes) -> None:
    """What was answered before stays."""
    await tx.run(_ANSWER, {"b_job": job_id, "b_line": line, "status": status, "answer": answer})


async def count_kept_lines(db: Reader, client_id: str | None = None) -> int:
    """Of one application, or of all."""
    if client_id is None:
        return await db.one(_COUNT, {}) or 0
    return await db.one(_COUNT_OF, {"client_id": client_id}) or 0


async def remove_lines(tx: Writer, job_id: str, up_to: int) -> int:
    return await tx.run(_REMOVE, {"job_id": job_id, "up_to": up_to})
