"""Jobs that the server runs by itself: when each last ran and how it ended, one row a job."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Table, select

from hoistway.store.columns import at, key, number, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

JOBS = Table("jobs", METADATA, key(), text("process"), at("started_at"), number("milliseconds"), text("outcome"))


class Job(Struct, frozen=True):
    """`process` is the id of the process that last ran it; `outcome` is "done" or the reason of its failure."""

    id: str
    process: str
    started_at: int
    milliseconds: int
    outcome: str


_PUT = Statement(lambda: upsert(JOBS), nothing)
_ALL = Statement(lambda: select(JOBS).order_by(JOBS.c.id).limit(100), Job)


async def put_jobs(tx: Writer, jobs: list[Job]) -> None:
    await tx.run_many(_PUT, [asdict(job) for job in jobs])


async def all_jobs(db: Reader) -> list[Job]:
    return await db.all(_ALL, {})
