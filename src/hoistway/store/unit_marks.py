"""Marks what changed, so that it appears in the changes feed of every customer concerned: changed units, units in a
changed site, and units that left a site.

The tables are named by their columns alone, because the modules whose rows change import this one.
docs/adr/0018-text.md.
"""

from typing import Final

from sqlalchemy import and_, column, select, table, update
from sqlalchemy.dialects.postgresql import Insert

from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.unit_removals import UNIT_REMOVALS
from hoistway.store.unit_revisions import CURRENT

_A = table(
    "unit_access", *map(column, ("customer_id", "unit_id", "site_id", "equipment_type", "revision"))
)  # fmt: skip
_U = table("units", *map(column, ("id", "site_id", "equipment_type", "updated_at", "revision")))
_S = table("sites", *map(column, ("id", "revision")))
_C = table("customers", column("id"))

# Their indexes hold only rows that have changed, not those that were just added.
_UNIT_CHANGED: Final = and_(_U.c.revision > 0, _U.c.revision == CURRENT)
_SITE_CHANGED: Final = and_(_S.c.revision > 0, _S.c.revision == CURRENT)


def _stored(name: str) -> object:
    return select(_U.c[name]).where(_U.c.id == _A.c.unit_id).scalar_subquery()


def _leave() -> Insert:
    moved = (
        select(_A.c.customer_id, _A.c.unit_id, _A.c.site_id, _U.c.revision, _U.c.updated_at)
        .select_from(_U.join(_A, _A.c.unit_id == _U.c.id))
        .where(_UNIT_CHANGED, _A.c.site_id != _U.c.site_id)
    )
    left = Insert(UNIT_REMOVALS).from_select(["customer_id", "unit_id", "site_id", "revision", "at"], moved)
    newest = {name: left.excluded[name] for name in ("revision", "at")}
    return left.on_conflict_do_update(index_elements=["customer_id", "unit_id", "site_id"], set_=newest)


_LEAVE = Statement(_leave, nothing)
_FOLLOW = Statement(
    lambda: (
        update(_A)
        .where(_A.c.unit_id.in_(select(_U.c.id).where(_UNIT_CHANGED)))
        .values(site_id=_stored("site_id"), equipment_type=_stored("equipment_type"), revision=CURRENT)
    ),
    nothing,
)
# Uses the index of each customer's sites. There is none on the site alone, because every import would have to maintain
# it.
_STAND = Statement(
    lambda: (
        update(_A)
        .where(_A.c.customer_id.in_(select(_C.c.id)), _A.c.site_id.in_(select(_S.c.id).where(_SITE_CHANGED)))
        .values(revision=CURRENT)
    ),
    nothing,
)


async def mark_units(tx: Writer) -> None:
    """Call it after units were changed under the current revision: all customers who see them get the current site and
    type, and find the change in their feeds."""
    await tx.run(_LEAVE, {})
    await tx.run(_FOLLOW, {})


async def mark_sites(tx: Writer) -> None:
    """Call it after sites were changed under the current revision: the units there count as changed."""
    await tx.run(_STAND, {})
