"""Who was erased, as digests that reveal nothing by themselves; with them, people that a backup brings back are erased
again (docs/adr/0023-erasing.md).
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, LargeBinary, Table, bindparam, select, update

from hoistway.store.columns import at, insert_all, key, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

ERASURES = Table("erasures", METADATA, key("digest"), at("erased_at"), Column("rest", LargeBinary, nullable=True))
MOST_AT_ONCE = 20


class Erasure(Struct, frozen=True):
    """`digest` identifies the person, `erased_at` is the end of the day. `rest` is sealed: what still has to be found
    in texts; None where that is done."""

    digest: str
    erased_at: int
    rest: bytes | None = None


_E = ERASURES.c
_PUT = Statement(lambda: upsert(ERASURES), nothing)
_ADD = Statement(lambda: insert_all(ERASURES, ignore=True), nothing)
_FIND = Statement(lambda: select(ERASURES).where(_E.digest == bindparam("digest")), Erasure)
_PAGE = Statement(
    lambda: select(ERASURES).where(_E.digest > bindparam("after")).order_by(_E.digest).limit(bindparam("most")), Erasure
)
_WAITING = Statement(
    lambda: (
        select(ERASURES)
        .where(_E.rest.is_not(None), _E.digest > bindparam("after"))
        .order_by(_E.digest)
        .limit(MOST_AT_ONCE)
    ),
    Erasure,
)
_SEALED = Statement(
    lambda: (
        select(ERASURES)
        .where(_E.rest.is_not(None), _E.digest > bindparam("after"))
        .order_by(_E.digest)
        .limit(bindparam("most"))
    ),
    Erasure,
)
_REST = Statement(
    lambda: (
        update(ERASURES)
        .where(_E.digest == bindparam("b_digest"), _E.rest == bindparam("before"))
        .values(rest=bindparam("after"))
    ),
    nothing,
)


async def add_erasure(tx: Writer, row: Erasure) -> None:
    """Replaces an existing entry, for a person whom a backup brought back."""
    await tx.run(_PUT, asdict(row))


async def add_erasures(tx: Writer, rows: Sequence[Erasure]) -> None:
    """Existing ones stay as they are."""
    await tx.run_many(_ADD, [asdict(row) for row in rows])


async def find_erasure(db: Reader, digest: str) -> Erasure | None:
    return await db.one(_FIND, {"digest": digest})


async def list_erasures(db: Reader, after: str = "", most: int = 1_000) -> list[Erasure]:
    return await db.all(_PAGE, {"after": after, "most": most})


async def waiting_erasures(db: Reader, after: str = "") -> list[Erasure]:
    """Those with something left to do, behind a digest; a few at a time."""
    return await db.all(_WAITING, {"after": after})


async def sealed_erasures(db: Reader, after: str, most: int) -> list[Erasure]:
    """Those that have something sealed, behind a digest."""
    return await db.all(_SEALED, {"after": after, "most": most})


async def put_rest(tx: Writer, digest: str, before: bytes, after: bytes | None) -> bool:
    """False where another process was faster."""
    return await tx.run(_REST, {"b_digest": digest, "before": before, "after": after}) == 1
