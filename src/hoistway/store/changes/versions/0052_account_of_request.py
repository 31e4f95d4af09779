"""The technical account that a request for an application names."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("requests", sa.Column("service_account_id", sa.Text(), nullable=True))
