"""Scopes that were taken away, until what people had agreed to under their names is removed; and the index by which it is found."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withdrawn_scopes",
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=False),
        sa.Column("behind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("api_id", "scope", name=op.f("pk_withdrawn_scopes")),
    )
    op.create_index("ix_consented_scopes_scope", "consented_scopes", ["api_id", "scope"])
