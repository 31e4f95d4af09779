"""Migrates in a process of its own: what Alembic needs in memory is not carried by the workers for ever."""

import os
import subprocess
import sys

from hoistway.store.db import DatabaseUnavailable

URL_VARIABLE = "HOISTWAY_MIGRATE_URL"


def migrate_apart(database_url: str) -> None:
    """Raises DatabaseUnavailable with what the other process said last."""
    command = [sys.executable, "-m", "hoistway.store.migrate"]
    environment = os.environ | {URL_VARIABLE: database_url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  our own module
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise DatabaseUnavailable(said[-1] if said else "the migration ended without a word")
