"""Is the process up, and can it work?"""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.version import schema_is_current
from hoistway.web.replies import NO_STORE, json_reply


async def healthz(_engine: Engine, _request: Request) -> Response:
    """GET /healthz: the process answers."""
    return json_reply({"status": "up"}, headers=NO_STORE)


async def readyz(engine: Engine, _request: Request) -> Response:
    """GET /readyz: database reachable, schema current, keys loaded; 503 where one of them is not so."""
    checks = {"database": False, "schema": False, "keys": engine.keyring.is_ready()}
    try:
        await engine.db.ping()
        checks["database"] = True
        checks["schema"] = await schema_is_current(engine.db)
    except DatabaseUnavailable:
        pass
    ready = all(checks.values())
    return json_reply(
        {"ready": ready, "checks": checks},
        200 if ready else 503,
        NO_STORE if ready else {**NO_STORE, "retry-after": "5"},
    )
