"""Counts of the sites and units that a customer sees; store/unit_access lists them."""

from functools import partial

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, select
from sqlalchemy.sql.expression import Executable

from hoistway.store.columns import disabled_in
from hoistway.store.db import Reads, Statement
from hoistway.store.seen import Reach, SeenSite
from hoistway.store.sites import SITES
from hoistway.store.unit_access import UNIT_ACCESS, who_of, within_membership
from hoistway.store.units import UNITS

_A, _U, _S = UNIT_ACCESS.c, UNITS.c, SITES.c


def _counted(limited: bool) -> ColumnElement[bool]:
    """For counting, which reads only index entries of the customer. Disabled rows are looked up in small indexes of
    their own."""
    living = (
        not_(disabled_in(UNITS).where(_U.id == _A.unit_id).exists()),
        not_(disabled_in(SITES).where(_S.id == _A.site_id).exists()),
    )
    return and_(_A.customer_id == bindparam("customer_id"), *living, *([within_membership()] if limited else []))


def _sites(limited: bool) -> Executable:
    counted = (
        select(_A.site_id, func.count().label("unit_count"))
        .where(_counted(limited), _A.site_id > bindparam("after"))
        .group_by(_A.site_id)
        .order_by(_A.site_id)
        .limit(bindparam("most"))
        .subquery()
    )
    columns = (_S.id, _S.name, _S.street, _S.postal_code, _S.city, _S.country, counted.c.unit_count)
    return select(*columns).select_from(counted.join(SITES, _S.id == counted.c.site_id)).order_by(_S.id)


def _count(limited: bool) -> Executable:
    return select(func.count()).select_from(UNIT_ACCESS).where(_counted(limited))


def _count_at_once(limited: bool) -> Executable:
    """SQLite does not use the index of the disabled rows for one unit at a time, so it reads that index once instead."""
    own = and_(_A.customer_id == bindparam("customer_id"), *([within_membership()] if limited else []))
    living = (_A.unit_id.not_in(disabled_in(UNITS)), _A.site_id.not_in(disabled_in(SITES)))
    return select(func.count()).select_from(UNIT_ACCESS).where(own, *living)


_SITES = {limited: Statement(partial(_sites, limited), SeenSite) for limited in (False, True)}
_COUNT = {
    limited: Statement(partial(_count, limited), int, on_sqlite=partial(_count_at_once, limited))
    for limited in (False, True)
}


async def seen_sites(db: Reads, reach: Reach, *, after: str = "", most: int) -> list[SeenSite]:
    statement = _SITES[reach.limited_to is not None]
    return await db.slow(statement, {**who_of(reach), "after": after, "most": most}, reach.customer_id)


async def count_units(db: Reads, reach: Reach) -> int:
    """Reads the customer's own index entries."""
    return (await db.slow(_COUNT[reach.limited_to is not None], who_of(reach), reach.customer_id))[0]
