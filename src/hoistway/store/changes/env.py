"""Run by Alembic: migrates over the connection that store/migrate passes."""

from alembic import context

from hoistway.store import tables
from hoistway.store.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=METADATA, render_as_batch=True, transaction_per_migration=False
)
if len(tables.TABLES) != len(METADATA.tables):
    raise RuntimeError("store/tables.py does not list every table")
context.run_migrations()
