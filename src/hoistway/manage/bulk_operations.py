"""The operations about jobs of many lines."""

from typing import Final

from hoistway.manage import bulk
from hoistway.manage import bulk_bodies as bodies
from hoistway.manage.operations import Operation
from hoistway.protocol.manage_scopes import read_scope_of, write_scope_of

_READS, _WRITES = read_scope_of("bulk"), write_scope_of("bulk")
_EACH: Final = "/bulk/{id}"
BULK: Final = (
    Operation(
        "createBulkJob", "POST", "/bulk", "Hand in a job of many lines", "Bulk", _WRITES, bulk.make, bodies.BulkLine, bodies.BulkJob, 202,
        repeats=True, changes=True, media=bulk.MEDIA, alone=True,
        description=f"Up to {bulk.MOST_LINES:,} lines of JSON, one after the other, each for itself; each needs its own scope, too",
    ),
    Operation(
        "listBulkJobs", "GET", "/bulk", "List the jobs of this application", "Bulk", _READS, bulk.list_all, answers=bodies.BulkJobPage,
        is_list=True,
    ),
    Operation("readBulkJob", "GET", _EACH, "Read how far a job is", "Bulk", _READS, bulk.read_one, answers=bodies.BulkJob),
    Operation(
        "listBulkOutcomes", "GET", f"{_EACH}/lines", "Read the report of a job, line by line", "Bulk", _READS, bulk.list_outcomes,
        answers=bodies.BulkReport, is_list=True,
    ),
    Operation(
        "cancelBulkJob", "POST", f"{_EACH}/cancel", "Carry out no more of a job", "Bulk", _WRITES, bulk.cancel, answers=bodies.BulkJob,
        changes=True, needs_version=True, refusals=(409,), alone=True, description="What was carried out stays",
    ),
)  # fmt: skip
PARTS: Final = (bodies.BulkOutcome,)
"""Structs that stand in others alone."""
