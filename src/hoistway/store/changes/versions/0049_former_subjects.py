"""Imports ask by subject alone who is known from the old system's providers."""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_former_identities_subject", "former_identities", ["subject"])
