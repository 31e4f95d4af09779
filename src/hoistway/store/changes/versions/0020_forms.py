"""Forms that were carried out, by their one-time numbers; forms that were filled in and could not be carried out yet."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "used_forms",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_used_forms_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_used_forms")),
    )
    op.create_index("ix_used_forms_used_at", "used_forms", ["used_at"])
    op.create_index("ix_used_forms_user_id", "used_forms", ["user_id"])
    op.create_table(
        "kept_forms",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_kept_forms_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "browser", name=op.f("pk_kept_forms")),
    )
    op.create_index("ix_kept_forms_kept_at", "kept_forms", ["kept_at"])
