"""Further names under which an API hears subscription keys."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("apis", sa.Column("key_names", sa.Text(), nullable=True))
