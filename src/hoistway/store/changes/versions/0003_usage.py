"""Counted use by hour and day, the last requests of applications, what could not be counted; legacy uses by day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = ("customer_id", "at", "client_id", "subscription_id", "surface", "operation", "status", "cause")
NUMBERS = {"at": sa.BigInteger(), "status": sa.Integer()}


def upgrade() -> None:
    for name in ("usage_hours", "usage_days"):
        op.create_table(
            name,
            *(sa.Column(column, NUMBERS.get(column, sa.Text()), nullable=False) for column in KEY),
            sa.Column("calls", sa.BigInteger(), nullable=False),
            *(sa.Column(f"b{place:02}", sa.BigInteger(), nullable=True) for place in range(24)),
            sa.PrimaryKeyConstraint(*KEY),
        )
        op.create_index(f"ix_{name}_at", name, ["at"])
    op.create_table(
        "usage_writers",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("wrote_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_usage_writers_wrote_at", "usage_writers", ["wrote_at"])
    op.create_table(
        "usage_losses",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_usage_losses_customer", "usage_losses", ["customer_id", "to_at"])
    op.create_index("ix_usage_losses_to_at", "usage_losses", ["to_at"])
    _requests()
    op.create_index("ix_legacy_uses_day", "legacy_uses", ["day", "flow"])


def _requests() -> None:
    name = "recent_requests"
    texts = ("customer_id", "client_id", "subscription_id", "surface", "operation")
    op.create_table(
        name,
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(column, sa.Text(), nullable=False) for column in texts),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
    )
    op.create_index("ix_recent_requests_customer", name, ["customer_id", "id"])
    op.create_index("ix_recent_requests_client", name, ["customer_id", "client_id", "failed", "id"])
    op.create_index("ix_recent_requests_correlation", name, ["customer_id", "correlation_id"])
    op.create_index("ix_recent_requests_at", name, ["at"])
