"""From when a product that requires keys asks for them, and what holds until then; those that are there ask already."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("products", sa.Column("keys_from", sa.BigInteger(), nullable=True))
    op.add_column("products", sa.Column("before_keys", sa.Text(), nullable=True))
