"""What a session knows of its browser, and browsers in which people signed in before."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("last_network", sa.Text(), nullable=True),
        sa.Column("earlier_ids", sa.Text(), nullable=True),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("sessions", column)
    op.add_column("remembered_devices", sa.Column("browser_digest", sa.LargeBinary(), nullable=True))
    op.create_table(
        "known_browsers",
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("password_changed_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("browser_digest", "user_id", name=op.f("pk_known_browsers")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_known_browsers_user_id_users"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_known_browsers_user_id", "known_browsers", ["user_id", "last_used_at"])
    op.create_index("ix_known_browsers_last_used_at", "known_browsers", ["last_used_at"])
    failed = sa.text("event IN ('sign_in.failed', 'factor.failed')")
    op.create_index("ix_audit_failures", "audit", ["actor", "at"], sqlite_where=failed, postgresql_where=failed)
