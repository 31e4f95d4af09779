"""Tells whether the process is running, and whether it can work."""

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.journal import LOG
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.patience import begin
from hoistway.store.replica import BECAUSE
from hoistway.store.tables import is_whole
from hoistway.store.version import schema_is_current
from hoistway.web.replies import NO_STORE, json_reply

ANSWER_WITHIN = 0.8
_DAMAGED = {"because": "the database is damaged: an operator must look, the log names the statement"}


def _replica(engine: Engine) -> dict[str, object]:
    """How the replica stands, if there is one; the server is ready without it."""
    if engine.replica is None:
        return {}
    health = engine.replica.health
    told: dict[str, object] = {"read": health.because is None}
    if health.age is not None:
        told["age_seconds"] = round(health.age, 3)
    return {"replica": told if health.because is None else {**told, "because": BECAUSE[health.because]}}


async def healthz(_engine: Engine, _request: Request) -> Response:
    """GET /healthz: the process answers."""
    return json_reply({"status": "up"}, headers=NO_STORE)


async def readyz(engine: Engine, _request: Request) -> Response:
    """GET /readyz, within a second. 503 unless the database answers, has no known damage, has the current schema with
    all tables and can be written, and keys are loaded."""
    begin(ANSWER_WITHIN)
    checks = {"database": False, "schema": False, "writable": False, "keys": engine.keyring.is_ready()}
    try:
        await engine.db.ping()
        checks["database"] = True
        checks["schema"] = await schema_is_current(engine.db) and await is_whole(engine.db)
        await engine.db.check_writable()
        checks["writable"] = True
    except DatabaseUnavailable as error:
        LOG.info("not ready", because=str(error), **checks)
    damaged = bool(engine.db.damage.places)
    checks["database"] = checks["database"] and not damaged
    ready = all(checks.values())
    return json_reply(
        {"ready": ready, "checks": checks, **(_DAMAGED if damaged else {}), **_replica(engine)},
        200 if ready else 503,
        NO_STORE if ready else {**NO_STORE, "retry-after": "5"},
    )
