"""Calls that were answered but not counted, because the database was away for longer than the memory for counts lasts."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Select, Table, bindparam, delete, func, or_, select

from hoistway.store.columns import at, insert_all, key, number, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.usage_shape import EVERYBODY

USAGE_LOSSES = Table(
    "usage_losses", METADATA, key(), text("customer_id"), at("from_at"), at("to_at"), number("calls"),
    Index("ix_usage_losses_customer", "customer_id", "to_at"), Index("ix_usage_losses_to_at", "to_at"),
)  # fmt: skip


class Loss(Struct, frozen=True):
    """`customer_id` is EVERYBODY where it is unknown whose calls they were."""

    id: str
    customer_id: str
    from_at: int
    to_at: int
    calls: int


class Lost(Struct, frozen=True):
    """What was lost in a span of time, all losses together."""

    calls: int
    from_at: int
    to_at: int


def _lost(calls: int | None, from_at: int | None, to_at: int | None) -> Lost | None:
    return None if calls is None or from_at is None or to_at is None else Lost(int(calls), from_at, to_at)


_L = USAGE_LOSSES.c


def _sums() -> Select[tuple[int, int, int]]:
    return select(func.sum(_L.calls), func.min(_L.from_at), func.max(_L.to_at)).where(_L.to_at >= bindparam("since"))


_ADD = Statement(lambda: insert_all(USAGE_LOSSES), nothing)
_OF = Statement(
    lambda: _sums().where(or_(_L.customer_id == bindparam("customer_id"), _L.customer_id == EVERYBODY)), _lost
)
_ALL = Statement(_sums, _lost)
_PRUNE = Statement(lambda: delete(USAGE_LOSSES).where(_L.to_at < bindparam("before")), nothing)


async def add_losses(tx: Writer, losses: Sequence[Loss]) -> None:
    await tx.run_many(_ADD, [asdict(loss) for loss in losses])


async def lost_of(db: Reader, customer_id: str, since: int) -> Lost | None:
    """The customer's own losses, and those that may be anybody's."""
    return await db.one(_OF, {"customer_id": customer_id, "since": since})


async def lost_by_all(db: Reader, since: int) -> Lost | None:
    return await db.one(_ALL, {"since": since})


async def prune_losses(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
