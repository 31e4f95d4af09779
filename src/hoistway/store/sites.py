"""Sites: the buildings that units stand in."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Index, Table, bindparam, column, literal_column, select

from hoistway.protocol.ids import SiteId
from hoistway.store.columns import (
    at,
    disabled_index,
    insert_all,
    key,
    number,
    optional_at,
    switch_of,
    text,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.overwriting import Overwriting
from hoistway.store.schema import METADATA
from hoistway.store.unit_marks import mark_sites
from hoistway.store.unit_revisions import CURRENT, next_revision

_CHANGED = column("revision") > 0
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
    # The revision of its last change; 0 for a row that was only added.
    number("revision"),
    Index("ix_sites_name", "name", "id"),
    Index("ix_sites_street", "street", "id"),
    Index("ix_sites_postal_code", "postal_code", "id"),
    Index("ix_sites_city", "city", "id"),
    Index("ix_sites_revision", "revision", sqlite_where=_CHANGED, postgresql_where=_CHANGED),
)


class Site(Struct, frozen=True):
    """`country` is an ISO 3166-1 alpha-2 code. Customers see neither a disabled site nor its units."""

    id: SiteId
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    created_at: int
    disabled_at: int | None = None


_OVERWRITING = Overwriting(SITES, literal_column("0"), never=("created_at", "disabled_at"))
_READ = select(*(SITES.c[name] for name in Site.__struct_fields__))
_ADD = Statement(lambda: insert_all(SITES, ignore=True, but="revision"), nothing)
_FIND = Statement(lambda: _READ.where(SITES.c.id == bindparam("id")), Site)
_LIST = Statement(
    lambda: _READ.where(SITES.c.id > bindparam("after")).order_by(SITES.c.id).limit(bindparam("most")), Site
)
_DISABLE = Statement(lambda: switch_of(SITES).values(revision=CURRENT), nothing)


async def put_sites(tx: Writer, sites: Sequence[Site], columns: frozenset[str] | None = None) -> None:
    """Adds new sites and overwrites known ones; of several with one id the last counts. Where `columns` are given, only
    these are overwritten. A disabled site stays disabled."""
    await next_revision(tx)
    await tx.put_rows(_OVERWRITING.of(columns), list({site.id: site for site in sites}.values()))
    await mark_sites(tx)


async def add_sites(tx: Writer, sites: Sequence[Site]) -> None:
    """Adds new sites; known ones stay as they are."""
    await tx.put_rows(_ADD, sites)


async def find_site(db: Reader, site_id: SiteId) -> Site | None:
    """For operators. Customers' programs read sites through store/unit_access."""
    return await db.one(_FIND, {"id": site_id})


async def list_sites(db: Reader, after: str = "", most: int = 100) -> list[Site]:
    """For operators."""
    return await db.all(_LIST, {"after": after, "most": most})


async def set_site_disabled(tx: Writer, site_id: SiteId, at: int | None) -> bool:
    await next_revision(tx)
    done = await tx.run(_DISABLE, {"b_id": site_id, "at": at}) == 1
    await mark_sites(tx)
    return done
