"""Single-use links of invitation, reset and proof of an address; people whose password was handed over."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_links_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_links_customer_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_links_digest", "links", ["digest"], unique=True)
    op.create_index("ix_links_user_id", "links", ["user_id"])
    op.create_index("ix_links_customer_id", "links", ["customer_id", "kind", "id"])
    op.create_index("ix_links_expires_at", "links", ["expires_at"])
    waits = sa.text("kind = 'asked' AND used_at IS NULL")
    op.create_index("ix_links_waiting", "links", ["id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "handed_over",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("handed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_handed_over")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_handed_over_user_id"), ondelete="CASCADE"),
    )
