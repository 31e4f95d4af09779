"""The number of the last batch of counts that each process wrote, so that a batch whose commit was in doubt is counted once."""

from sqlalchemy import Index, Table, bindparam, delete
from sqlalchemy.dialects.postgresql import Insert

from hoistway.store.columns import at, key, number
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.schema import METADATA

USAGE_WRITERS = Table(
    "usage_writers", METADATA, key(), number("sequence"), at("wrote_at"), Index("ix_usage_writers_wrote_at", "wrote_at")
)

_W = USAGE_WRITERS.c
_ADD = Insert(USAGE_WRITERS).values(id=bindparam("id"), sequence=bindparam("sequence"), wrote_at=bindparam("at"))
_TAKE = Statement(
    lambda: _ADD.on_conflict_do_update(
        index_elements=["id"],
        set_={"sequence": _ADD.excluded.sequence, "wrote_at": _ADD.excluded.wrote_at},
        where=_W.sequence < _ADD.excluded.sequence,
    ).returning(_W.id),
    str,
)
_PRUNE = Statement(lambda: delete(USAGE_WRITERS).where(_W.wrote_at < bindparam("before")), nothing)


async def take_turn(tx: Writer, writer_id: str, sequence: int, at: int) -> bool:
    """Returns False where this batch, or a later one, was already written."""
    return await tx.one(_TAKE, {"id": writer_id, "sequence": sequence, "at": at}) is not None


async def prune_writers(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
