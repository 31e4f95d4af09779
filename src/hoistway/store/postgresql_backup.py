"""Backs up and restores PostgreSQL with its own programs (https://www.postgresql.org/docs/current/app-pgdump.html)."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from hoistway.store.db import DatabaseUnavailable
from hoistway.store.sqlite_backup import CannotBackUp
from hoistway.store.tables import TABLES

ASIDE = "hoistway_before"
_OURS = [*(table.name for table in TABLES), "alembic_version"]
_OWN = "SELECT current_schema()"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename = ANY($2)"
_MAY = "SELECT has_database_privilege(current_database(), 'CREATE'), current_database(), current_user"
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)


def _without_password(url: str) -> tuple[str, Mapping[str, str]]:
    """(the URL, the environment with the password): other users can read command lines."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    environment = dict(os.environ)
    if colon:
        environment["PGPASSWORD"] = unquote(password)
    return urlunsplit(parts._replace(netloc=f"{name}{at}{place}")), environment


def _run(program: str, url: str, *words: str) -> None:
    """Raises CannotBackUp with the program's own message."""
    found = shutil.which(program)
    if found is None:
        raise CannotBackUp(
            f"{program} is not on the PATH: install PostgreSQL's client programs, of the server's version or newer"
        )
    place, environment = _without_password(url)
    command = [found, "--no-password", f"--dbname={place}", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  PostgreSQL's own program
    if done.returncode:
        said = " ".join(done.stderr.split())[:1000]
        raise CannotBackUp(f"{program} refused: {said or 'without a word'}")


def dump_postgresql(url: str, target: Path) -> None:
    """A consistent snapshot, taken while the server runs. Tables that an earlier restore kept aside are left out."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    words = ("--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={ASIDE}_*")
    _run("pg_dump", url, *words, f"--file={target}")


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
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


async def _obstacle(connection: Any) -> str | None:
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
    async with _connected(url) as connection:
        return await _obstacle(connection)


async def vacuum_postgresql(url: str) -> None:
    """Frees the space of removed rows, whose content new rows overwrite over time. Raises DatabaseUnavailable, CannotBackUp."""
    async with _connected(url) as connection:
        for name in _OURS:
            await connection.execute(f'VACUUM "{name}"')


async def _keep_aside(url: str, schema: str) -> bool:
    """Moves the tables into the schema, in one transaction. Returns False where there are none."""
    async with _connected(url) as connection, connection.transaction():
        standing = [row[0] for row in await connection.fetch(_TABLES, await connection.fetchval(_OWN), _OURS)]
        if await connection.fetchval(_OTHERS):
            raise CannotBackUp("somebody is connected to this database: stop the server, then restore")
        if not standing:
            return False
        obstacle = await _obstacle(connection)
        if obstacle is not None:
            raise CannotBackUp(f"nothing was changed: {obstacle}")
        await connection.execute(f'CREATE SCHEMA "{schema}"')
        for name in standing:
            await connection.execute(f'ALTER TABLE "{name}" SET SCHEMA "{schema}"')
        return True


async def _move_back(url: str, schema: str) -> None:
    """Drops the restored tables and moves the old ones back, in one transaction."""
    async with _connected(url) as connection, connection.transaction():
        own = await connection.fetchval(_OWN)
        for row in await connection.fetch(_TABLES, own, _OURS):
            await connection.execute(f'DROP TABLE "{row[0]}" CASCADE')
        for row in await connection.fetch(_TABLES, schema, _OURS):
            await connection.execute(f'ALTER TABLE "{schema}"."{row[0]}" SET SCHEMA "{own}"')
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}"')


@contextmanager
def restoring_postgresql(url: str, source: Path, moment: str) -> Iterator[str | None]:
    """Gives the schema where the old tables are kept, None where there were none. If the block raises, they are moved
    back."""
    schema = f"{ASIDE}_{moment.lower()}"
    if shutil.which("pg_restore") is None:
        _run("pg_restore", url)
    is_kept = asyncio.run(_keep_aside(url, schema))
    try:
        words = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        _run("pg_restore", url, *words, str(source))
        yield schema if is_kept else None
    except BaseException:
        asyncio.run(_move_back(url, schema))
        raise
