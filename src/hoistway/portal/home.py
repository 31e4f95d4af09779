"""The first page of the portal: what is here, and the three steps to a first call."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.visit import Visit


async def home(engine: Engine, visit: Visit) -> Response:
    """GET /portal"""
    return engine.pages.portal("portal/home.html", visit.frame)
