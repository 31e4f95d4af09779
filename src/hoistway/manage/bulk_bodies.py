"""Bodies about jobs of many lines (docs/adr/0017-answers-and-document.md)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from hoistway.api.bodies import said
from hoistway.manage.bodies import CreatedAt, Instant, NextCursor, moment, optional_moment
from hoistway.store.bulk_jobs import BulkJob as JobRow

_BODY: Any = Meta(
    description="As that of the operation.",
    extra_json_schema={"type": "object"},
    examples=[{"id": "c-1", "name": "Harbour Estates"}],
)
_ANSWER: Any = Meta(
    description="The body of the answer, or the problem; null where the operation answers none, and where it is not known.",
    extra_json_schema={"type": ["object", "null"]}, examples=[{"id": "c-1", "name": "Harbour Estates"}],
)  # fmt: skip
State = Literal["open", "done", "cancelled", "stopped"]


class BulkLine(Struct, forbid_unknown_fields=True):
    """One line of a job: an operation that changes something, as a request of its own would ask for it."""

    method: Annotated[Literal["POST", "PUT", "PATCH", "DELETE"], said("Of the operation.", "POST")]
    path: Annotated[str, said("What follows /manage/v1, with its query.", "/customers")]
    body: Annotated[msgspec.Raw, _BODY] | UnsetType = UNSET
    if_match: Annotated[str, said("As the header.", "*")] | UnsetType = UNSET
    idempotency_key: Annotated[str, said("As the header, of a creation.", "5b3e1c2e")] | UnsetType = UNSET


class BulkJob(Struct):
    id: Annotated[str, said("Sorts by time.", "01994c9a-52a1-7b86-8f3e-3d3f6f0a7c11")]
    state: Annotated[
        State,
        said(
            "stopped: its application lost what it needs, or a day was over; what is left is not carried out.", "open"
        ),
    ]
    dry_run: Annotated[bool, said("Each line is carried out, answered and undone, for itself.", False)]
    lines: Annotated[int, said("How many there are.", 3)]
    position: Annotated[int, said("How many were looked at.", 2)]
    refused: Annotated[int, said("How many of these were refused.", 1)]
    created_at: CreatedAt
    ended_at: Annotated[Instant | None, said("When it ended; null while it is open.", None)]


class BulkJobPage(Struct):
    """Those that this application handed in, for a day."""

    items: list[BulkJob]
    next_cursor: NextCursor


class BulkOutcome(Struct):
    line: Annotated[int, said("Which, counted from 1.", 1)]
    status: Annotated[int | None, said("As a request of its own would have been answered; null where it waits.", 201)]
    answer: Annotated[msgspec.Raw, _ANSWER]


class BulkReport(Struct):
    """Line by line. Secrets that are shown once are in here, for as long as the job is kept."""

    items: list[BulkOutcome]
    next_cursor: NextCursor


def job_body(row: JobRow) -> BulkJob:
    state: Any = row.state
    return BulkJob(
        row.id,
        state,
        bool(row.dry),
        row.lines,
        row.position,
        row.refused,
        moment(row.created_at),
        optional_moment(row.ended_at),
    )
