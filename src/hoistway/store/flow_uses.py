"""Who used the password grant or the implicit flow through which application: one row a day, with the customer of the last use."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Index, Table, bindparam, case, delete, func, select
from sqlalchemy.dialects.postgresql import Insert

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.columns import at, key, number, optional_text, reference
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

FLOW_USES = Table(
    "flow_uses",
    METADATA,
    key("actor"),
    reference("client_id", "clients.id", primary_key=True),
    key("flow"),
    key("day"),
    number("uses"),
    at("last_used_at"),
    optional_text("customer_id"),
    Index("ix_flow_uses_last_used_at", "last_used_at"),
)


class Use(NamedTuple):
    """What is counted together; `day` is an ISO date (UTC)."""

    client_id: ClientId
    flow: str
    day: str
    actor: str
    customer_id: CustomerId


Counted = tuple[Use, int, int]
"""How often, and when last."""
_F = FLOW_USES.c
_COUNT = Statement(
    lambda: (
        Insert(FLOW_USES)
        .values(
            {name: bindparam(name) for name in ("actor", "client_id", "flow", "day", "last_used_at", "customer_id")}
            | {"uses": 1}
        )
        .on_conflict_do_update(
            index_elements=["actor", "client_id", "flow", "day"],
            set_={
                "uses": _F.uses + 1,
                "last_used_at": bindparam("last_used_at"),
                "customer_id": bindparam("customer_id"),
            },
        )
        .returning(_F.uses)
    ),
    int,
)
_ADD = Statement(
    lambda: (
        Insert(FLOW_USES)
        .values(
            {
                name: bindparam(name)
                for name in ("actor", "client_id", "flow", "day", "last_used_at", "customer_id", "uses")
            }
        )
        .on_conflict_do_update(
            index_elements=["actor", "client_id", "flow", "day"],
            set_={
                "uses": _F.uses + bindparam("uses"),
                "last_used_at": case(
                    (_F.last_used_at > bindparam("last_used_at"), _F.last_used_at), else_=bindparam("last_used_at")
                ),
            },
        )
    ),
    nothing,
)
_OF = Statement(
    lambda: select(func.coalesce(func.sum(_F.uses), 0)).where(
        _F.actor == bindparam("actor"), _F.flow == bindparam("flow")
    ),
    int,
)
_PRUNE = Statement(lambda: delete(FLOW_USES).where(_F.last_used_at < bindparam("before")), nothing)


async def count_flow_use(
    tx: Writer, actor: str, client_id: ClientId, flow: str, day: str, at: int, customer_id: CustomerId
) -> int:
    """`flow` is "password", "implicit" or "code", `day` an ISO date (UTC). Returns the count of that day, this use
    included."""
    row = {
        "actor": actor,
        "client_id": client_id,
        "flow": flow,
        "day": day,
        "last_used_at": at,
        "customer_id": customer_id,
    }
    return await tx.one(_COUNT, row) or 0


async def add_flow_uses(tx: Writer, counted: Sequence[Counted]) -> None:
    """In one order, so that two processes do not wait for each other for ever."""
    rows = [{**use._asdict(), "uses": uses, "last_used_at": at} for use, uses, at in counted]
    await tx.run_many(_ADD, sorted(rows, key=lambda row: (row["actor"], row["client_id"], row["flow"], row["day"])))


async def flow_uses_of(db: Reader, actor: str, flow: str) -> int:
    return await db.one(_OF, {"actor": actor, "flow": flow}) or 0


async def prune_flow_uses(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
