"""Marks what changed, so that every customer's changes feed tells it: units, what stands in a changed site, what left a site.

The tables are named by their columns alone, because those whose rows change import this. docs/adr/0018-text.md."""

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

# Their indexes hold what ever changed, and nothing that was only added.
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


_LEAVE = Statement(_leave(), nothing)
_FOLLOW = Statement(
    update(_A)
    .where(_A.c.unit_id.in_(select(_U.c.id).where(_UNIT_CHANGED)))
    .values(site_id=_stored("site_id"), equipment_type=_stored("equipment_type"), revision=CURRENT),
    nothing,
)
# By the index of each customer's sites: there is none of sites alone, which every import would pay for.
_STAND = Statement(
    update(_A)
    .where(_A.c.customer_id.in_(select(_C.c.id)), _A.c.site_id.in_(select(_S.c.id).where(_SITE_CHANGED)))
    .values(revision=CURRENT),
    nothing,
)


async def mark_units(tx: Writer) -> None:
    """After units were changed under the present revision: every customer of theirs finds them in the site, and as the type, that
    they now have, and hears of it."""
    await tx.run(_LEAVE, {})
    await tx.run(_FOLLOW, {})


async def mark_sites(tx: Writer) -> None:
    """After sites were changed under the present revision: what stands there changed."""
    await tx.run(_STAND, {})
