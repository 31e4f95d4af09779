"""PostgreSQL's own programs make and read backups (https://www.postgresql.org/docs/current/app-pgdump.html)."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from hoistway.store.db import DatabaseUnavailable
from hoistway.store.sqlite_backup import CannotBackUp
from hoistway.store.tables import TABLES

ASIDE = "hoistway_before"
_OURS = [*(table.name for table in TABLES), "alembic_version"]
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename = ANY($2)"
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)


def _without_password(url: str) -> tuple[str, Mapping[str, str]]:
    """(the URL, the environment with the password): a command line can be read by other users."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    environment = dict(os.environ)
    if colon:
        environment["PGPASSWORD"] = unquote(password)
    return urlunsplit(parts._replace(netloc=f"{name}{at}{place}")), environment


def _run(program: str, url: str, *words: str) -> None:
    """Raises CannotBackUp with what it said."""
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
    """As of one moment; the server goes on. What a restore kept aside is left out."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    words = ("--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={ASIDE}_*")
    _run("pg_dump", url, *words, f"--file={target}")


async def _change(url: str, *, into: str, back: bool) -> None:
    """Moves the tables into the schema, or drops what stands there and moves them back; in one transaction."""
    asyncpg: Any = import_module("asyncpg")
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(str(error)) from error
    try:
        async with connection.transaction():
            own = await connection.fetchval("SELECT current_schema()")
            standing = [row[0] for row in await connection.fetch(_TABLES, own, _OURS)]
            if back:
                for name in standing:
                    await connection.execute(f'DROP TABLE "{name}" CASCADE')
                kept = [row[0] for row in await connection.fetch(_TABLES, into, _OURS)]
                for name in kept:
                    await connection.execute(f'ALTER TABLE "{into}"."{name}" SET SCHEMA "{own}"')
                await connection.execute(f'DROP SCHEMA "{into}"')
                return
            if await connection.fetchval(_OTHERS):
                raise CannotBackUp("somebody is connected to this database: stop the server, then restore")
            await connection.execute(f'CREATE SCHEMA "{into}"')
            for name in standing:
                await connection.execute(f'ALTER TABLE "{name}" SET SCHEMA "{into}"')
    finally:
        await connection.close()


@contextmanager
def restoring_postgresql(url: str, source: Path, suffix: str) -> Iterator[str]:
    """The schema where the tables before are kept. Where the block raises, they are moved back."""
    aside = f"{ASIDE}_{''.join(letter for letter in suffix if letter.isalnum()).lower()}"
    if shutil.which("pg_restore") is None:
        _run("pg_restore", url)
    asyncio.run(_change(url, into=aside, back=False))
    try:
        words = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        _run("pg_restore", url, *words, str(source))
        yield aside
    except BaseException:
        asyncio.run(_change(url, into=aside, back=True))
        raise
