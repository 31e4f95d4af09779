"""What the changes feed of units counts by: a revision of each unit, site and view of a unit, and what went out of sight.

The defaults are for programs of the version before: what they write is in no feed until they are replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("units", "sites", "unit_access"):
        op.add_column(table, sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0"))
    changed = sa.text("revision > 0")
    for table in ("units", "sites"):
        op.create_index(f"ix_{table}_revision", table, ["revision"], sqlite_where=changed, postgresql_where=changed)
    op.create_index("ix_unit_access_revision", "unit_access", ["customer_id", "revision", "unit_id"])
    op.create_table(
        "unit_removals",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_unit_removals_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "unit_id", "site_id", name=op.f("pk_unit_removals")),
    )
    op.create_index("ix_unit_removals_customer", "unit_removals", ["customer_id", "revision", "unit_id"])
    op.create_index("ix_unit_removals_at", "unit_removals", ["at"])
    revisions = op.create_table(
        "unit_revisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("forgotten", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_revisions")),
    )
    op.bulk_insert(revisions, [{"id": "units", "revision": 1, "forgotten": 0}])
