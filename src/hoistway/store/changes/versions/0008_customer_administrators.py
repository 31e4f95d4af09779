"""What pages of customer administrators need: who disabled a technical account, and when somebody signed in last."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("service_accounts", sa.Column("disabled_by", sa.Text(), nullable=True))
    # Of the audit trail it holds sign-ins alone: no other entry pays for it.
    signed_in = sa.text("event = 'sign_in.succeeded'")
    op.create_index("ix_audit_sign_ins", "audit", ["actor", "at"], sqlite_where=signed_in, postgresql_where=signed_in)
