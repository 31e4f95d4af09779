"""Finds sites of one customer by a part of their name, address or id, among as many as the customer has; for choosing what a
person sees.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select

from hoistway.protocol.ids import CustomerId, SiteId
from hoistway.store.db import Reads, Statement
from hoistway.store.sites import SITES
from hoistway.store.unit_access import UNIT_ACCESS, pattern_of

SLOTS: Final = 50
_S, _A = SITES.c, UNIT_ACCESS.c


def _own() -> Select[Any]:
    """Walks the customer's own index entries, whatever sites others have."""
    theirs = select(_A.site_id).where(_A.customer_id == bindparam("customer_id")).distinct().subquery()
    where = [_S.id, _S.name, _S.street, _S.city]
    return select(*where).select_from(theirs.join(SITES, _S.id == theirs.c.site_id)).where(_S.disabled_at.is_(None))


def _matching() -> Select[Any]:
    pattern: BindParameter[str] = bindparam("text")
    columns = (_S.id, _S.name, _S.street, _S.city, _S.postal_code)
    matches = or_(*(func.lower(column).like(pattern, escape="\\") for column in columns))
    return _own().where(matches).order_by(_S.name, _S.id).limit(bindparam("most"))


def _row(site_id: str, name: str, street: str, city: str) -> tuple[SiteId, str, str]:
    return SiteId(site_id), name, ", ".join(one for one in (street, city) if one)


_MATCHING = Statement(_matching, _row)
_NAMED = Statement(lambda: _own().where(_S.id.in_([bindparam(f"id_{slot}") for slot in range(SLOTS)])), _row)
OwnSite = tuple[SiteId, str, str]
"""(id, name, address)"""


async def own_sites_matching(db: Reads, customer_id: CustomerId, text: str, most: int) -> list[OwnSite]:
    """Ordered by name."""
    params = {"customer_id": customer_id, "text": pattern_of(text), "most": most}
    return await db.slow(_MATCHING, params, customer_id)


async def own_sites_named(db: Reads, customer_id: CustomerId, ids: Iterable[SiteId]) -> dict[SiteId, OwnSite]:
    """Those of the ids that are sites of this customer; the first SLOTS ids are looked up."""
    asked = sorted(set(ids))[:SLOTS]
    if not asked:
        return {}
    slots = {f"id_{slot}": asked[slot] if slot < len(asked) else asked[0] for slot in range(SLOTS)}
    found = await db.slow(_NAMED, {"customer_id": customer_id, **slots}, customer_id)
    return {row[0]: row for row in found}
