"""Backs up PostgreSQL with its own programs (https://www.postgresql.org/docs/current/app-pgdump.html)."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from hoistway.store.db import DatabaseUnavailable
from hoistway.store.sqlite_backup import CannotBackUp
from hoistway.store.tables import TABLES

ASIDE, BEGUN = "hoistway_before", "hoistway_restoring"
"""How the names of schemas begin in which tables are kept aside, or wait while they are restored."""
OURS = [*(table.name for table in TABLES), "alembic_version"]
_REMOVED = "SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = ANY($1)"
_MAY = "SELECT has_database_privilege(current_database(), 'CREATE'), current_database(), current_user"


def _without_password(url: str) -> tuple[str, Mapping[str, str]]:
    """(the URL, the environment with the password): other users can read command lines."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    environment = dict(os.environ)
    if colon:
        environment["PGPASSWORD"] = unquote(password)
    return urlunsplit(parts._replace(netloc=f"{name}{at}{place}")), environment


def command_of(program: str, *words: str) -> list[str]:
    """Raises CannotBackUp where it is missing."""
    found = shutil.which(program)
    if found is None:
        raise CannotBackUp(
            f"{program} is not on the PATH: install PostgreSQL's client programs, of the server's version or newer"
        )
    return [found, *words]


def _run(program: str, url: str, *words: str) -> None:
    """Raises CannotBackUp with the program's own message. It is killed where this process is told to end."""
    place, environment = _without_password(url)
    command = command_of(program, "--no-password", f"--dbname={place}", *words)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  PostgreSQL's own program
    if done.returncode:
        said = " ".join(done.stderr.split())[:1000]
        raise CannotBackUp(f"{program} refused: {said or 'without a word'}")


def dump_postgresql(url: str, target: Path) -> None:
    """Fills the file with a consistent snapshot, taken while the server runs. Tables of restores are left out."""
    left_out = [f"--exclude-schema={name}_*" for name in (ASIDE, BEGUN)]
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", *left_out, f"--file={target}")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """Raises DatabaseUnavailable, and CannotBackUp where the user lacks a privilege that the block needs."""
    asyncpg: Any = import_module("asyncpg")
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(str(error)) from error
    try:
        yield connection
    except asyncpg.InsufficientPrivilegeError as error:
        raise CannotBackUp(
            f"PostgreSQL refused, and nothing was changed: {error}. The user in HOISTWAY_DATABASE must own Hoistway's tables "
            "(REASSIGN OWNED BY … TO …)"
        ) from error
    finally:
        await connection.close()


async def obstacle_of(connection: Any) -> str | None:
    """Why the existing tables could not be kept aside, with the fix."""
    may, database, user = await connection.fetchrow(_MAY)
    if may:
        return None
    return (
        f"a restore keeps the tables before in a schema of their own, and {user} may not create one in {database}. The user must "
        f'own the database or have CREATE on it: ALTER DATABASE "{database}" OWNER TO "{user}", or GRANT CREATE ON DATABASE '
        f'"{database}" TO "{user}"'
    )


async def restore_obstacle(url: str) -> str | None:
    """Why a restore into this database would be refused, checked in advance. Raises DatabaseUnavailable."""
    async with connected(url) as connection:
        return await obstacle_of(connection)


async def removed_postgresql(url: str) -> int:
    """How many removed rows still take room, as the server estimates. Raises DatabaseUnavailable."""
    async with connected(url) as connection:
        return int(await connection.fetchval(_REMOVED, OURS))


async def vacuum_postgresql(url: str) -> None:
    """Frees the space of removed rows, whose content new rows overwrite over time. Raises DatabaseUnavailable, CannotBackUp."""
    async with connected(url) as connection:
        for name in OURS:
            await connection.execute(f'VACUUM "{name}"')
