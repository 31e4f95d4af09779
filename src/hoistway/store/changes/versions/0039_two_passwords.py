"""Technical accounts have a second password, an end of each, and addresses from which they may be used."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (
        ("password_expires_at", sa.BigInteger()),
        ("second_digest", sa.Text()),
        ("second_changed_at", sa.BigInteger()),
        ("second_expires_at", sa.BigInteger()),
        ("addresses", sa.Text()),
    ):
        op.add_column("service_accounts", sa.Column(name, kind, nullable=True))
    op.create_table(
        "password_uses",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("which", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "which", name=op.f("pk_password_uses")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["service_accounts.id"], name=op.f("fk_password_uses_account_id"), ondelete="CASCADE"
        ),
    )
