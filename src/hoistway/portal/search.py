"""The search over guides and reference as a page."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.docs import search as searching
from hoistway.portal.docs.shown import leaves
from hoistway.portal.visit import Visit

LONGEST = 200


async def search(engine: Engine, visit: Visit) -> Response:
    """GET /portal/search?q=…"""
    query = " ".join((visit.query.get("q") or "")[:LONGEST].split())
    hits = searching.search(visit.lang, query)
    side = leaves(visit.lang, visit.path)
    return engine.pages.portal("portal/search.html", visit.frame, query=query, hits=hits, leaves=side)
