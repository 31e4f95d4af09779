"""Whose revoking, whose flows, and from where a refresh token was repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revocations", sa.Column("made_by", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("policy", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("rotated_from", sa.Text(), nullable=True))
    for name in ("repeats", "repeats_elsewhere"):
        op.add_column("grants", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "flow_uses",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_flow_uses_client_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("actor", "client_id", "flow", "day", name=op.f("pk_flow_uses")),
    )
    op.create_index("ix_flow_uses_last_used_at", "flow_uses", ["last_used_at"])
