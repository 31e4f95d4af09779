"""Until when what was given to an account, for a customer or by an application counts no more, though it is enabled again.
What is disabled now ended when it was disabled."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("users", "service_accounts", "customers", "clients"):
        op.add_column(name, sa.Column("ended_at", sa.BigInteger(), nullable=True))
        table = sa.table(name, sa.column("disabled_at"), sa.column("ended_at"))
        op.execute(sa.update(table).where(table.c.disabled_at.is_not(None)).values(ended_at=table.c.disabled_at))
