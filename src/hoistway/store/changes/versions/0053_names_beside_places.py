"""The name of a person beside each of their places, by which the people of a customer are listed; housekeeping writes those of the
places that are there, a few at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("memberships", sa.Column("person_name", sa.Text(), nullable=True))
    op.create_index("ix_memberships_person_name", "memberships", ["customer_id", "person_name", "user_id"])
    unnamed = sa.text("person_name IS NULL")
    op.create_index(
        "ix_memberships_unnamed",
        "memberships",
        ["customer_id", "user_id"],
        sqlite_where=unnamed,
        postgresql_where=unnamed,
    )
