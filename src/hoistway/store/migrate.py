"""Brings a database's schema up to date with Alembic, under a lock in case several processes start at once."""

import asyncio
import os
import sys
from pathlib import Path

import alembic.command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hoistway.store.apart import URL_VARIABLE
from hoistway.store.causes import Explained, sentence_of
from hoistway.store.open import sqlite_path
from hoistway.store.sqlite_file import DURABLE

_LOCK = 7_274_655_381
_ASIDE = (
    "SELECT max(schemaname) FROM pg_tables WHERE starts_with(schemaname, 'hoistway_before_') AND tablename = 'alembic_version' "
    "AND NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'alembic_version')"
)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "changes"))
    config.attributes["connection"] = connection
    return config


def _check_not_aside(connection: Connection) -> None:
    """Makes no empty database where a restore of an older version was ended between the old tables and the new ones.
    Raises Explained."""
    aside = connection.execute(text(_ASIDE)).scalar()
    if aside is not None:
        raise Explained(
            f"a restore was interrupted: the tables lie in the schema {aside}, and nothing is in their place. Repeat `hoistway "
            "restore FILE`, which reads there who was erased since; or remove that schema to begin with an empty database"
        )


def _upgrade(connection: Connection, to: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _check_not_aside(connection)
    alembic.command.upgrade(_config(connection), to)


def _upgrade_sqlite(path: Path, to: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": 30})
    try:
        with engine.connect() as connection:
            for name, value in DURABLE.items():
                connection.exec_driver_sql(f"PRAGMA {name} = {value}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _upgrade(connection, to)
            connection.commit()
    finally:
        engine.dispose()


async def _upgrade_postgresql(url: str, to: str) -> None:
    place = make_url(url).set(drivername="postgresql+asyncpg")
    # The driver reads it out of a URL; SQLAlchemy does not.
    schema = place.query.get("search_path")
    arguments = {} if schema is None else {"server_settings": {"search_path": schema}}
    place = place.difference_update_query(["search_path"])
    engine = create_async_engine(place, poolclass=NullPool, connect_args=arguments)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, to)
    finally:
        await engine.dispose()


def migrate(database_url: str, to: str = "head") -> None:
    """Creates or upgrades the schema to the newest change, or to the one given as `to`. Raises what the driver raises
    where the database can't be reached."""
    path = sqlite_path(database_url)
    if path is not None:
        _upgrade_sqlite(path, to)
    else:
        asyncio.run(_upgrade_postgresql(database_url, to))


def main() -> int:
    """`python -m hoistway.store.migrate`. The URL is passed in the environment, because other users can read command
    lines."""
    url = os.environ[URL_VARIABLE]
    try:
        migrate(url)
    except Exception as error:
        sys.stderr.write(f"{sentence_of(error, url)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
