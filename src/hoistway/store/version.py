"""Which change this program needs, and which one a database has."""

from sqlalchemy import column, select, table

from hoistway.store.db import Reader, Statement

NEEDED = "0003"

_FOUND = Statement(select(column("version_num")).select_from(table("alembic_version")), str)


async def schema_is_current(db: Reader) -> bool:
    """True for this version and any later one: changes only add, so an older program runs on a newer schema."""
    found = await db.one(_FOUND, {})
    return found is not None and found >= NEEDED
