"""The words by which people are found; housekeeping makes those of the people who are there, a few at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_words",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "word", name=op.f("pk_person_words")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_person_words_user_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_person_words_word", "person_words", ["word", "user_id"])
    op.add_column("users", sa.Column("words_rule", sa.BigInteger(), nullable=True))
    wordless = sa.text("words_rule IS NULL")
    op.create_index("ix_users_wordless", "users", ["id"], sqlite_where=wordless, postgresql_where=wordless)
