"""The console's first page: what waits, and links to everything."""

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.glance import waiting_for_operators
from hoistway.portal.visit import Visit
from hoistway.store.users import User


async def home(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console"""
    return engine.pages.portal(
        "console/home.html",
        visit.frame,
        waiting=await waiting_for_operators(engine),
    )
