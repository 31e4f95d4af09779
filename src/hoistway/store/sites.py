"""Sites: the buildings that units stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Table

from hoistway.protocol.ids import SiteId
from hoistway.store.columns import (
    at,
    disabled_index,
    find_in,
    insert_all,
    key,
    optional_at,
    page_of,
    switch_of,
    text,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.overwriting import Overwriting
from hoistway.store.schema import METADATA

SITES = Table(
    "sites",
    METADATA,
    key(),
    text("name"),
    text("street"),
    text("postal_code"),
    text("city"),
    text("country"),
    at("created_at"),
    optional_at("disabled_at"),
    disabled_index("sites"),
)


@dataclass(frozen=True, slots=True)
class Site:
    """`country` is an ISO 3166-1 alpha-2 code. Customers see neither a disabled site nor its units."""

    id: SiteId
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    created_at: int
    disabled_at: int | None = None


_OVERWRITING = Overwriting(SITES, (), ("created_at", "disabled_at"))
_ADD = Statement(insert_all(SITES, ignore=True), nothing)
_FIND = Statement(find_in(SITES), Site)
_LIST = Statement(page_of(SITES), Site)
_DISABLE = Statement(switch_of(SITES), nothing)


async def put_sites(tx: Writer, sites: Sequence[Site], columns: frozenset[str] | None = None) -> None:
    """Writes new sites and overwrites known ones, the last of those with one id; of known ones only `columns`, where they are given.
    A disabled one stays so."""
    await tx.put_rows(_OVERWRITING.of(columns), list({site.id: site for site in sites}.values()))


async def add_sites(tx: Writer, sites: Sequence[Site]) -> None:
    """Writes new sites; known ones stay as they are."""
    await tx.put_rows(_ADD, sites)


async def find_site(db: Reader, site_id: SiteId) -> Site | None:
    """For operators; customers' programs read sites through store/unit_access."""
    return await db.one(_FIND, {"id": site_id})


async def list_sites(db: Reader, after: str = "", most: int = 100) -> list[Site]:
    """For operators."""
    return await db.all(_LIST, {"after": after, "most": most})


async def set_site_disabled(tx: Writer, site_id: SiteId, at: int | None) -> bool:
    return await tx.run(_DISABLE, {"b_id": site_id, "at": at}) == 1
