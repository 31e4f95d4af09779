"""Sites, units and tenants can be disabled; partial indexes hold only those that are, so that counting asks them cheaply."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("sites", "units", "tenants"):
        op.add_column(table, sa.Column("disabled_at", sa.BigInteger(), nullable=True))
    for table in ("sites", "units"):
        disabled = sa.text("disabled_at IS NOT NULL")
        op.create_index(f"ix_{table}_disabled", table, ["id"], sqlite_where=disabled, postgresql_where=disabled)
        if op.get_bind().dialect.name == "postgresql":
            # Until it has counted, the planner takes nearly all rows for disabled.
            op.execute(f"ANALYZE {table}")
