"""For which customer a legacy flow was used; of technical accounts it is known anyway."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flow_uses", sa.Column("customer_id", sa.Text(), nullable=True))
