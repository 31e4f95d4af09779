"""The page of the search over guides and reference; the operator's people also find people, customers and units."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.docs import search as searching
from hoistway.portal.docs.shown import leaves
from hoistway.portal.found_things import found_things
from hoistway.portal.visit import Visit

LONGEST = 200


async def search(engine: Engine, visit: Visit) -> Response:
    """GET /portal/search?q=…"""
    query = " ".join((visit.query.get("q") or "")[:LONGEST].split())
    hits = searching.search(visit.lang, query)
    side = leaves(visit.lang, visit.path)
    things = await found_things(engine.db, query) if visit.frame.acts else []
    return engine.pages.portal("portal/search.html", visit.frame, query=query, hits=hits, leaves=side, things=things)
