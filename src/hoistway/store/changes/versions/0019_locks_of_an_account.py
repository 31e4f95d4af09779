"""Which account a counter of one account at one place is about, so that an operator can unlock it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Empty for counters of before: they end by themselves within hours, or say whose they are at the next failure.
    op.add_column("throttle", sa.Column("account", sa.Text(), nullable=True))
    op.create_index("ix_throttle_account", "throttle", ["account"])
