"""Runs migrations in a separate process, and only where one is due: Alembic costs half a second and 45 MB."""

import os
import subprocess
import sys

from hoistway.store.causes import Explained
from hoistway.store.open import DriverMissing, open_database
from hoistway.store.version import schema_is_current

URL_VARIABLE = "HOISTWAY_MIGRATE_URL"


async def is_current(database_url: str) -> bool:
    """Compares the version that the database names with this program's, in one query. Raises DriverMissing, ValueError."""
    try:
        db = await open_database(database_url, connections=1)
        try:
            return await schema_is_current(db)
        finally:
            await db.close()
    except (DriverMissing, ValueError):
        raise
    except Exception:
        # There is no database, no table or no answer. The migration meets the same, and either creates what is missing
        # or reports it.
        return False


def migrate_apart(database_url: str) -> None:
    """Raises Explained, a DatabaseUnavailable, with the last thing that the other process reported."""
    command = [sys.executable, "-m", "hoistway.store.migrate"]
    environment = os.environ | {URL_VARIABLE: database_url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  our own module
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Explained(said[-1] if said else "the migration ended without a word")
