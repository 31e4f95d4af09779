"""Sites: the buildings that units stand in."""

from dataclasses import asdict, dataclass

from sqlalchemy import Table, bindparam, select

from hoistway.protocol.ids import SiteId
from hoistway.store.columns import at, key, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
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
)


@dataclass(frozen=True, slots=True)
class Site:
    """`country` is an ISO 3166-1 alpha-2 code."""

    id: SiteId
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    created_at: int


_UPSERT = Statement(upsert(SITES, keep=("created_at",)), nothing)
_FIND = Statement(select(SITES).where(SITES.c.id == bindparam("id")), Site)
_LIST = Statement(
    select(SITES).where(SITES.c.id > bindparam("after")).order_by(SITES.c.id).limit(bindparam("most")), Site
)


async def put_sites(tx: Writer, sites: list[Site]) -> None:
    await tx.run_many(_UPSERT, [asdict(site) for site in sites])


async def find_site(db: Reader, site_id: SiteId) -> Site | None:
    """For operators; customers' programs read sites through store/unit_access."""
    return await db.one(_FIND, {"id": site_id})


async def list_sites(db: Reader, after: str = "", most: int = 100) -> list[Site]:
    return await db.all(_LIST, {"after": after, "most": most})
