"""Whether an employee who acts for a customer began a family of refresh tokens, or its member: the one does not go on as the other.
Of families of the version before it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grants", sa.Column("acting", sa.BigInteger(), nullable=True))
