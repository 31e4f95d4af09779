"""Restores PostgreSQL beside the living tables, which change places with the restored ones in one transaction
(docs/adr/0019-backup-and-keys.md).

Until then nothing of the restored rows can be seen, and an end of this process at any time leaves the database as it was.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from hoistway.store.db import DatabaseUnavailable
from hoistway.store.postgresql_backup import ASIDE, BEGUN, OURS, command_of, connected, obstacle_of
from hoistway.store.postgresql_script import play, script_of
from hoistway.store.sqlite_backup import CannotBackUp

_OWN = "SELECT current_schema()"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename = ANY($2)"
_SCHEMAS = (
    "SELECT n.nspname FROM pg_namespace n WHERE starts_with(n.nspname, $1) AND EXISTS "
    "(SELECT FROM pg_tables t WHERE t.schemaname = n.nspname AND t.tablename = 'alembic_version') ORDER BY n.nspname"
)
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)


class _Places(Struct, frozen=True):
    """Names of schemas: where the tables live, where the restored ones wait, and where the ones before are kept."""

    own: str
    begun: str
    aside: str


def _within(url: str, schema: str) -> str:
    """The URL of the same database, in which tables are looked for in this schema alone."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), ("search_path", schema)])))


async def _move(connection: Any, source: str, target: str) -> bool:
    """Moves our tables into a new or existing schema. Returns False where there are none."""
    standing = [row[0] for row in await connection.fetch(_TABLES, source, OURS)]
    for name in standing:
        await connection.execute(f'ALTER TABLE "{source}"."{name}" SET SCHEMA "{target}"')
    return bool(standing)


async def _check_alone(connection: Any) -> None:
    """Raises CannotBackUp."""
    if await connection.fetchval(_OTHERS):
        raise CannotBackUp("somebody is connected to this database: stop the server, then restore")


async def _begin(url: str, places: _Places, command: list[str]) -> None:
    """Restores the rows into `begun`. Their script names the schema where the living tables are, which step aside for it
    inside the transaction. Raises CannotBackUp, DatabaseUnavailable."""
    driver: Any = import_module("asyncpg")
    async with connected(url) as connection:
        try:
            async with connection.transaction():
                await _check_alone(connection)
                obstacle = await obstacle_of(connection)
                if obstacle is not None:
                    raise CannotBackUp(f"nothing was changed: {obstacle}")
                for row in await connection.fetch(_SCHEMAS, BEGUN):
                    await connection.execute(f'DROP SCHEMA "{row[0]}" CASCADE')
                for name in (places.begun, places.aside):
                    await connection.execute(f'CREATE SCHEMA "{name}"')
                await _move(connection, places.own, places.aside)
                with script_of(command) as script:
                    await play(connection, script)
                if not await _move(connection, places.own, places.begun):
                    raise CannotBackUp(f"the backup has no tables of Hoistway in the schema {places.own}")
                await _move(connection, places.aside, places.own)
                await connection.execute(f'DROP SCHEMA "{places.aside}"')
        except driver.InsufficientPrivilegeError:
            raise
        except driver.PostgresError as error:
            raise CannotBackUp(f"the backup can't be restored, and nothing was changed: {error}") from error


async def _exchange(url: str, places: _Places) -> None:
    async with connected(url) as connection, connection.transaction():
        await _check_alone(connection)
        await connection.execute(f'CREATE SCHEMA "{places.aside}"')
        if not await _move(connection, places.own, places.aside):
            await connection.execute(f'DROP SCHEMA "{places.aside}"')
        await _move(connection, places.begun, places.own)
        await connection.execute(f'DROP SCHEMA "{places.begun}"')


async def _drop(url: str, schema: str) -> None:
    async with connected(url) as connection:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


async def _look(url: str) -> tuple[str, bool]:
    """(the schema of the tables, whether any are there)."""
    async with connected(url) as connection:
        own = await connection.fetchval(_OWN)
        return own, bool(await connection.fetch(_TABLES, own, OURS))


@contextmanager
def restoring_postgresql(url: str, source: Path, moment: str, *, only_try: bool) -> Iterator[tuple[str, str | None]]:
    """Gives (the URL of the restored tables, the schema where those before will be kept or None). They change places when
    the block ends, unless it is only tried; if it raises, nothing has changed."""
    command = command_of("pg_restore", "--file=-", "--no-owner", "--no-privileges", str(source))
    own, standing = asyncio.run(_look(url))
    at = moment.lower()
    places = _Places(own, f"{BEGUN}_{at}_{os.getpid()}", f"{ASIDE}_{at}")
    try:
        asyncio.run(_begin(url, places, command))
        yield _within(url, places.begun), places.aside if standing else None
        if not only_try:
            asyncio.run(_exchange(url, places))
            return
    except BaseException:
        # The server may be why it failed; the next restore removes what is left.
        with suppress(DatabaseUnavailable, CannotBackUp):
            asyncio.run(_drop(url, places.begun))
        raise
    asyncio.run(_drop(url, places.begun))


async def _schemas(url: str, beginning: str) -> list[str]:
    async with connected(url) as connection:
        return [row[0] for row in await connection.fetch(_SCHEMAS, beginning)]


def newest_aside(url: str) -> str | None:
    """The URL of the tables that the last restore kept aside. Raises DatabaseUnavailable."""
    found = asyncio.run(_schemas(url, f"{ASIDE}_"))
    return _within(url, found[-1]) if found else None


def interrupted_postgresql(url: str) -> list[str]:
    """The schemas that an interrupted restore left. Raises DatabaseUnavailable."""
    return [f"schema {name}" for name in asyncio.run(_schemas(url, f"{BEGUN}_"))]
