"""Sites in which the token's customer has units."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.api.bodies import Site, SitePage
from hoistway.api.guard import admit
from hoistway.api.paging import page_of, page_reply, read_page, write_cursor
from hoistway.engine import Engine
from hoistway.store.seen import SeenSite
from hoistway.store.unit_counts import seen_sites


def site_body(site: SeenSite) -> Site:
    return Site(
        site_id=site.id,
        name=site.name,
        street=site.street,
        postal_code=site.postal_code,
        city=site.city,
        country=site.country,
        unit_count=site.unit_count,
    )


async def list_sites(engine: Engine, request: Request) -> Response:
    """GET /api/v1/sites"""
    caller = await admit(engine, request, "units.read")
    params, limit, after = read_page(request, frozenset())
    rows = await seen_sites(engine.reads, caller.reach, after=after, most=limit + 1)
    cursor = write_cursor(request, rows[limit - 1].id, params, frozenset()) if len(rows) > limit else None
    page = page_of(SitePage([site_body(row) for row in rows[:limit]], cursor), cursor)
    return page_reply(engine, request, page, params)
