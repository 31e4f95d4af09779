"""What customers' directories push over SCIM: their tokens, people and groups."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def _reference(name: str, table: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_{table}_{name}"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "scim_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_tokens")),
        _reference("customer_id", "scim_tokens", "customers.id"),
    )
    op.create_index("ix_scim_tokens_customer", "scim_tokens", ["customer_id"])
    op.create_index("ix_scim_tokens_digest", "scim_tokens", ["token_digest"], unique=True)
    op.create_table(
        "scim_people",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("user_name_key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("emails_key", sa.Text(), nullable=False),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_scim_people")),
        _reference("customer_id", "scim_people", "customers.id"),
        _reference("user_id", "scim_people", "users.id"),
    )
    op.create_index("ix_scim_people_name", "scim_people", ["customer_id", "user_name_key"], unique=True)
    op.create_index("ix_scim_people_user", "scim_people", ["customer_id", "user_id"], unique=True)
    op.create_index("ix_scim_people_user_id", "scim_people", ["user_id"])
    op.create_index("ix_scim_people_external", "scim_people", ["customer_id", "external_id"])
    op.create_table(
        "scim_groups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_groups")),
        _reference("customer_id", "scim_groups", "customers.id"),
    )
    op.create_index("ix_scim_groups_name", "scim_groups", ["customer_id", "name_key"], unique=True)
    op.create_table(
        "scim_group_members",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "person_id", name=op.f("pk_scim_group_members")),
        _reference("group_id", "scim_group_members", "scim_groups.id"),
        sa.ForeignKeyConstraint(
            ["customer_id", "person_id"],
            ["scim_people.customer_id", "scim_people.id"],
            name=op.f("fk_scim_group_members_customer_id_person_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_scim_group_members_person", "scim_group_members", ["customer_id", "person_id"])
