"""Jobs that run by themselves, and what is running here: versions and the database."""

import platform
import sys

from starlette.responses import Response

from hoistway import __version__
from hoistway.engine import Engine
from hoistway.portal.visit import Visit
from hoistway.store.jobs import all_jobs
from hoistway.store.users import User
from hoistway.store.version import NEEDED, found_schema, server_version


async def jobs(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/jobs"""
    versions = (
        ("Hoistway", __version__),
        ("Python", f"{platform.python_implementation()} {sys.version.split()[0]}"),
        (engine.db.engine, await server_version(engine.db)),
        ("schema", f"{await found_schema(engine.db)} (≥ {NEEDED})"),
    )
    return engine.pages.portal(
        "console/jobs.html",
        visit.frame,
        jobs=await all_jobs(engine.db),
        versions=versions,
        issuer=engine.settings.base_url,
    )
