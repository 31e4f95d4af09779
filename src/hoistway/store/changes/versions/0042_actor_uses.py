"""Who called the APIs through which application, by the day."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "actor_uses",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "day", "kind", "actor", "client_id", name=op.f("pk_actor_uses")),
    )
    op.create_index("ix_actor_uses_day", "actor_uses", ["day"])
    op.create_index("ix_actor_uses_actor", "actor_uses", ["actor"])
