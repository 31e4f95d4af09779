"""The index from a unit to its customers can't be walked in order any more (docs/adr/0002-store.md).

As a B-tree it tempted PostgreSQL's planner to read all customers' units in order and filter one customer's.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_unit_access_unit", "unit_access")
        op.create_index("ix_unit_access_unit", "unit_access", ["unit_id"], unique=False, postgresql_using="hash")
