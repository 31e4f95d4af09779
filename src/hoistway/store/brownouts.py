"""Brown-outs: hours in which a legacy flow is switched off for a while, so that whoever still uses it notices before it ends for good."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Index, Table, bindparam, delete, select

from hoistway.store.columns import at, insert_all, key, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

BROWNOUTS = Table(
    "brownouts",
    METADATA,
    key(),
    text("flow"),
    at("starts_at"),
    at("ends_at"),
    text("note"),
    text("created_by"),
    at("created_at"),
    Index("ix_brownouts_ends_at", "ends_at"),
)


class Brownout(Struct, frozen=True):
    """`flow` is "password" or "implicit"; it is off from `starts_at` until `ends_at`."""

    id: str
    flow: str
    starts_at: int
    ends_at: int
    note: str
    created_by: str
    created_at: int


_B = BROWNOUTS.c
_INSERT = Statement(lambda: insert_all(BROWNOUTS), nothing)
_COMING = Statement(
    lambda: select(BROWNOUTS).where(_B.ends_at > bindparam("now")).order_by(_B.starts_at, _B.id).limit(200), Brownout
)
_REMOVE = Statement(lambda: delete(BROWNOUTS).where(_B.id == bindparam("id")), nothing)


async def add_brownout(tx: Writer, brownout: Brownout) -> None:
    await tx.run(_INSERT, asdict(brownout))


async def coming_brownouts(db: Reader, now: int) -> list[Brownout]:
    """The current and the future ones, in the order in which they begin."""
    return await db.all(_COMING, {"now": now})


async def remove_brownout(tx: Writer, brownout_id: str) -> bool:
    return await tx.run(_REMOVE, {"id": brownout_id}) == 1
