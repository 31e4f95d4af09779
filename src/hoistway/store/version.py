"""The schema version that this program needs, and the one that a database has."""

from sqlalchemy import column, func, select, table

from hoistway.store.db import Reader, Statement

NEEDED = "0053"

_SQLITE = Statement(lambda: select(func.sqlite_version()), str)
_POSTGRESQL = Statement(lambda: select(func.current_setting("server_version")), str)
_FOUND = Statement(lambda: select(column("version_num")).select_from(table("alembic_version")), str)


async def found_schema(db: Reader) -> str | None:
    """The newest change that this database has."""
    return await db.one(_FOUND, {})


async def schema_is_current(db: Reader) -> bool:
    """True for this version and any later one: changes only add, so an older program can run on a newer schema."""
    found = await found_schema(db)
    return found is not None and found >= NEEDED


async def server_version(db: Reader) -> str:
    """Of the database engine."""
    return await db.one(_SQLITE if db.engine == "sqlite" else _POSTGRESQL, {}) or "?"
