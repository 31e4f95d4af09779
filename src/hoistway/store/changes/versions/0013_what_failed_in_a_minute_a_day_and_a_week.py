"""Failed sign-ins of a minute, a day and a week, beside those that lock."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for span in ("minute", "day", "week"):
        for name in (f"{span}_at", f"{span}_failures"):
            op.add_column("throttle", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
