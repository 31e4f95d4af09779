"""Opens the database that a URL names."""

from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from hoistway.store.db import Database
from hoistway.store.replica import Replica
from hoistway.store.sqlite_db import SqliteDatabase


class DriverMissing(Exception):
    """The URL names PostgreSQL, but the extra `hoistway[postgres]` is not installed."""


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///relative` or `sqlite:////absolute` URL; None for another database."""
    if not url.startswith("sqlite:///"):
        return None
    return Path(url.removeprefix("sqlite:///"))


def engine_of(url: str) -> str:
    """sqlite or postgresql."""
    return "postgresql" if sqlite_path(url) is None else "sqlite"


async def open_database(url: str, *, connections: int = 8) -> Database:
    """`connections` is the most that this process opens (PostgreSQL). Raises DatabaseUnavailable, DriverMissing,
    ValueError."""
    path = sqlite_path(url)
    if path is not None:
        return await SqliteDatabase.open(path)
    if urlsplit(url).scheme not in {"postgresql", "postgres"}:
        raise ValueError("the database URL must begin with sqlite:/// or postgresql://")
    try:
        # Imported by name: the driver is an optional extra, and costs 3 MB that a process on SQLite need not carry.
        engine = import_module("hoistway.store.postgresql_db")
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise DriverMissing(
            "install the PostgreSQL driver beside hoistway: pip install asyncpg, or hoistway with the extra postgres"
        ) from error
    opened: Database = await engine.PostgresqlDatabase.open(url, connections)
    return opened


def open_replica(primary: Database, url: str | None, most_age: float, *, connections: int = 8) -> Replica | None:
    """The replica of `primary`, which is a PostgreSQL database that `open_database` opened; None without a URL. The replica
    is not used until its age was measured."""
    if url is None:
        return None
    engine = import_module("hoistway.store.postgresql_replica")
    opened: Replica = engine.PostgresqlReplica(primary, url, most_age, connections)
    return opened
