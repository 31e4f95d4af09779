"""Units that a customer no longer sees, and where they stood: the changes feed reports them for as long as they are kept."""

from sqlalchemy import Index, Table, bindparam, delete, func, select

from hoistway.store.columns import at, key, number, reference
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.unit_revisions import forget_revisions

UNIT_REMOVALS = Table(
    "unit_removals",
    METADATA,
    reference("customer_id", "customers.id", primary_key=True),
    key("unit_id"),
    key("site_id"),
    number("revision"),
    at("at"),
    Index("ix_unit_removals_customer", "customer_id", "revision", "unit_id"),
    Index("ix_unit_removals_at", "at"),
)
_R = UNIT_REMOVALS.c
_oldest = select(_R.revision).where(_R.at < bindparam("before")).order_by(_R.at).limit(bindparam("most")).subquery()
_DUE = Statement(lambda: select(func.coalesce(func.max(_oldest.c.revision), 0)), int)
_PRUNE = Statement(
    lambda: delete(UNIT_REMOVALS).where(_R.revision <= bindparam("upto"), _R.at < bindparam("before")), nothing
)


async def prune_removals(tx: Writer, before: int, most: int) -> int:
    """Deletes some of the removals before that time, the oldest first; returns how many. Whoever asks for changes from
    before them is told to start again."""
    upto = await tx.one(_DUE, {"before": before, "most": most})
    if not upto:
        return 0
    await forget_revisions(tx, upto)
    return await tx.run(_PRUNE, {"upto": upto, "before": before})
