"""The first page of the console: what waits, and where everything is."""

from starlette.responses import Response

from hoistway.console.things.registry import THINGS
from hoistway.engine import Engine
from hoistway.portal.visit import Visit
from hoistway.store.proposals import count_proposals
from hoistway.store.request_lists import count_queue
from hoistway.store.subscriptions import count_waiting
from hoistway.store.users import User


async def home(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console"""
    queue, subscriptions = await count_queue(engine.db), await count_waiting(engine.db)
    return engine.pages.portal(
        "console/home.html",
        visit.frame,
        things=tuple(THINGS),
        waiting={
            "/console/requests": queue.get("submitted", 0),
            "/console/subscriptions": subscriptions,
            "/console/changes": await count_proposals(engine.db),
        },
    )
