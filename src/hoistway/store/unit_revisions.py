"""Revision numbers of changes of units, in the order in which they are committed; the changes feed counts by them.

Each transaction that changes units takes the next number, and locks the one row of this table until it ends. So whoever
reads a number sees everything that was written under it and before it, on both engines, and the feed misses no
transaction that was committed late.
"""

from typing import Final

from msgspec import Struct
from sqlalchemy import Table, bindparam, select, update

from hoistway.store.columns import key as text_key
from hoistway.store.columns import number
from hoistway.store.db import Database, Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

ONLY: Final = "units"
UNIT_REVISIONS = Table("unit_revisions", METADATA, text_key(), number("revision"), number("forgotten"))


class Revisions(Struct, frozen=True):
    """`revision` is the newest; removals up to `forgotten` have been deleted."""

    revision: int
    forgotten: int


_R = UNIT_REVISIONS.c
CURRENT: Final = select(_R.revision).scalar_subquery()
_NEXT = Statement(lambda: update(UNIT_REVISIONS).values(revision=_R.revision + 1), nothing)
_NOW = Statement(lambda: select(_R.revision, _R.forgotten), Revisions)
_REVISION = Statement(lambda: select(_R.revision), int)
_FORGET = Statement(
    lambda: update(UNIT_REVISIONS).where(_R.forgotten < bindparam("upto")).values(forgotten=bindparam("upto")), nothing
)


async def next_revision(tx: Writer) -> None:
    """Everything written after this call gets a number that nobody has seen yet."""
    await tx.run(_NEXT, {})


async def revisions_now(db: Reader) -> Revisions:
    return await db.one(_NOW, {}) or Revisions(0, 0)


async def revision_shared(db: Database) -> int:
    """The newest one, of a round trip that is shared with others of the same moment."""
    return await db.one_of_many(_REVISION, {}) or 0


async def forget_revisions(tx: Writer, upto: int) -> None:
    await tx.run(_FORGET, {"upto": upto})
