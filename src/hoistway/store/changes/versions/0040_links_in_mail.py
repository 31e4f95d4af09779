"""The secret of a link in a mail that waits is sealed; mails that wait already stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("sealed", sa.LargeBinary(), nullable=True))
