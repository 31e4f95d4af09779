"""Where a line of a job stands, while it is carried out as a request; and how lines and answers are stored: sealed, because they may
hold secrets.
"""

from typing import Final

from msgspec import Raw, Struct
from starlette.requests import Request

from hoistway.engine import Engine
from hoistway.store.bulk_jobs import BulkJob, lock_job
from hoistway.store.bulk_lines import BulkLine, answer_line, take_line
from hoistway.store.db import Writer
from hoistway.web.sealed import BadSeal, open_answer, seal_answer

_PLACE: Final = "hoistway.bulk"
NOTHING: Final = b"null"


class CarriedOut(Exception):
    """This line was carried out before; nothing was written now."""


class JobOver(Exception):
    """It was cancelled or stopped before this line; nothing was written now."""


class Place(Struct, frozen=True):
    job: BulkJob
    line: int


def placed(place: Place) -> dict[str, Place]:
    """For the scope of the request."""
    return {_PLACE: place}


def place_of(request: Request) -> Place | None:
    """None for a request that somebody sent."""
    found: Place | None = request.scope.get(_PLACE)
    return found


async def take(tx: Writer, place: Place | None, now: int) -> None:
    """In the transaction of the line's change, so that it is carried out once, and never after the end of its job. Raises CarriedOut,
    JobOver."""
    if place is None:
        return
    job = await lock_job(tx, place.job.client_id, place.job.id)
    if job is None or job.state != "open":
        raise JobOver
    if not await take_line(tx, place.job.id, place.line, now):
        raise CarriedOut


async def keep(tx: Writer, engine: Engine, place: Place, status: int, body: bytes) -> None:
    """What it is answered."""
    sealed = seal_answer(engine.cookie_secret, _about(place.job, place.line, b"answer"), body or NOTHING)
    await answer_line(tx, place.job.id, place.line, status, sealed)


def _about(job: BulkJob, line: int, what: bytes) -> bytes:
    """What is sealed is bound to its application, job and line."""
    return b"\x00".join((b"bulk", job.client_id.encode(), job.id.encode(), str(line).encode(), what))


def sealed_line(engine: Engine, job: BulkJob, line: int, request: bytes) -> bytes:
    return seal_answer(engine.cookie_secret, _about(job, line, b"request"), request)


def opened_line(engine: Engine, job: BulkJob, row: BulkLine) -> bytes:
    """Raises BadSeal."""
    return open_answer(engine.cookie_secret, _about(job, row.line, b"request"), row.request)


def opened_answer(engine: Engine, job: BulkJob, row: BulkLine) -> Raw:
    """null where it is not known, or can't be read any more."""
    try:
        found = (
            NOTHING
            if row.answer is None
            else open_answer(engine.cookie_secret, _about(job, row.line, b"answer"), row.answer)
        )
    except BadSeal:
        found = NOTHING
    return Raw(found)
