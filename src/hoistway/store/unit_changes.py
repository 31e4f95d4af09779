"""The changes feed: what changed among the units that one customer sees, oldest first.

A page is read from two indexes, one of changed views and one of removals, both up to the same revision, so that they
describe the same moment.
"""

from collections.abc import Mapping
from functools import partial
from heapq import merge
from itertools import islice
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, bindparam, literal_column, or_, select
from sqlalchemy.sql.expression import Executable
from sqlalchemy.types import BigInteger

from hoistway.protocol.ids import UnitId
from hoistway.store.db import Reads, Statement
from hoistway.store.seen import Reach, SeenUnit
from hoistway.store.sites import SITES
from hoistway.store.unit_access import SEEN, UNIT_ACCESS, who_of, within_membership
from hoistway.store.unit_removals import UNIT_REMOVALS
from hoistway.store.units import UNITS

_A, _U, _S, _R = UNIT_ACCESS.c, UNITS.c, SITES.c, UNIT_REMOVALS.c


class Place(Struct, frozen=True):
    """A position in the feed: after the unit `after` among the changes of `revision`; "" is before all of them."""

    revision: int
    after: str = ""


class Change(Struct, frozen=True):
    """`unit` is None where the unit is no longer visible."""

    revision: int
    unit_id: UnitId
    unit: SeenUnit | None


def _change(revision: int, unit_id: str, gone: int | None, site_gone: int | None, *values: Any) -> Change:
    living = gone is None and site_gone is None
    return Change(revision, UnitId(unit_id), SeenUnit(*values) if living else None)


def _gone(revision: int, unit_id: str) -> Change:
    return Change(revision, UnitId(unit_id), None)


def _behind(revision: ColumnElement[int], unit_id: ColumnElement[str]) -> ColumnElement[bool]:
    start = bindparam("revision", type_=BigInteger())
    begun = or_(revision > start, unit_id > bindparam("after"))
    return and_(revision >= start, revision <= bindparam("upto", type_=BigInteger()), begun)


def _written(limited: bool) -> Executable:
    # As in store/unit_access, each row of the page looks up its own unit.
    joined = UNIT_ACCESS.join(UNITS, _U.id == _A.unit_id.concat(literal_column("''"))).join(SITES, _S.id == _U.site_id)
    conditions = [_A.customer_id == bindparam("customer_id"), _behind(_A.revision, _A.unit_id)]
    if limited:
        conditions.append(within_membership())
    return (
        select(_A.revision, _A.unit_id.label("changed_id"), _U.disabled_at, _S.disabled_at.label("site_gone"), *SEEN)
        .select_from(joined)
        .where(*conditions)
        .order_by(_A.revision, _A.unit_id)
        .limit(bindparam("most"))
    )


def _removed(limited: bool) -> Executable:
    """With a limited membership, only removals from what it opens."""
    still = [_A.customer_id == _R.customer_id, _A.unit_id == _R.unit_id, *([within_membership()] if limited else [])]
    conditions = [
        _R.customer_id == bindparam("customer_id"),
        _behind(_R.revision, _R.unit_id),
        ~select(_A.unit_id).where(*still).exists(),
    ]
    if limited:
        conditions.append(within_membership(_R))
    return select(_R.revision, _R.unit_id).where(*conditions).order_by(_R.revision, _R.unit_id).limit(bindparam("most"))


WRITTEN: Final = {limited: Statement(partial(_written, limited), _change) for limited in (False, True)}
REMOVED: Final = {limited: Statement(partial(_removed, limited), _gone) for limited in (False, True)}


async def changes_since(db: Reads, reach: Reach, since: Place, *, upto: int, most: int) -> list[Change]:
    """Changes after `since`, up to the revision `upto`. Each unit appears once, as it is now."""
    limited = reach.limited_to is not None
    params: Mapping[str, Any] = {
        **who_of(reach), "revision": since.revision, "after": since.after, "upto": upto, "most": most,
    }  # fmt: skip
    written = await db.slow(WRITTEN[limited], params)
    removed = await db.slow(REMOVED[limited], params)
    return list(islice(merge(written, removed, key=lambda one: (one.revision, one.unit_id)), most))
