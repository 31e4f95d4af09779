"""Migrates in a process of its own, and only where that is needed: Alembic takes half a second and 45 MB."""

import os
import subprocess
import sys

from hoistway.store.causes import Explained
from hoistway.store.open import DriverMissing, open_database
from hoistway.store.version import schema_is_current

URL_VARIABLE = "HOISTWAY_MIGRATE_URL"


async def is_current(database_url: str) -> bool:
    """One look at the version that the database names. Raises DriverMissing, ValueError."""
    try:
        db = await open_database(database_url, connections=1)
        try:
            return await schema_is_current(db)
        finally:
            await db.close()
    except (DriverMissing, ValueError):
        raise
    except Exception:
        # No database, no table, no answer: the migration meets it too, and either makes what is missing or says it.
        return False


def migrate_apart(database_url: str) -> None:
    """Raises Explained, a DatabaseUnavailable, with what the other process said last."""
    command = [sys.executable, "-m", "hoistway.store.migrate"]
    environment = os.environ | {URL_VARIABLE: database_url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  our own module
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Explained(said[-1] if said else "the migration ended without a word")
