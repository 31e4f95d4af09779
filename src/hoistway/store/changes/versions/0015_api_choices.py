"""What signs an API's tokens on B2C-shaped paths, where it is not RS256."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("apis", sa.Column("b2c_signing_alg", sa.Text(), nullable=True))
