"""Suggestions in the bar of every page, for the operator's people while they type."""

import msgspec
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.found_things import found_things
from hoistway.portal.visit import Visit
from hoistway.store.users import User


async def find(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/find?q=…"""
    lines = await found_things(engine.db, (visit.query.get("q") or "").strip())
    return Response(msgspec.json.encode(lines), media_type="application/json", headers={"cache-control": "no-store"})
