"""Who made a directory's token; and an index of the operator's people, of whom there are few among many."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scim_tokens", sa.Column("made_by", sa.Text(), nullable=True))
    staff = sa.text("flags <> '[]'")
    op.create_index("ix_users_staff", "users", ["id"], sqlite_where=staff, postgresql_where=staff)
