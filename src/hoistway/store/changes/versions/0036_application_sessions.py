"""Which applications know of a session, and where they are told that it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("backchannel_logout_uri", sa.Text(), nullable=True))
    op.add_column("clients", sa.Column("backchannel_logout_session_required", sa.BigInteger(), nullable=True))
    op.create_table(
        "application_sessions",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sid", "client_id", "issuer", name=op.f("pk_application_sessions")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_application_sessions_client_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_application_sessions_session_id", "application_sessions", ["session_id"])
    op.create_index("ix_application_sessions_user_id", "application_sessions", ["user_id"])
    op.create_index("ix_application_sessions_expires_at", "application_sessions", ["expires_at"])
    due = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_application_sessions_due",
        "application_sessions",
        ["client_id", "next_at"],
        sqlite_where=due,
        postgresql_where=due,
    )
